import Basics

extension CompactDuration {
    static let retryDelay = CompactDuration(Limits.retryDelay)
    static let doubtDelay = CompactDuration(Limits.doubtDelay)
    static let checkIntervalNear = CompactDuration(Limits.checkIntervalNear)
    static let checkIntervalFar = CompactDuration(Limits.checkIntervalFar)
    static let checkCourtesy = CompactDuration(Limits.checkCourtesy)
    static let checkStep = CompactDuration(Limits.checkStep)
    static let refreshInterval = CompactDuration(Limits.refreshInterval)
    static let filling = CompactDuration(Limits.refreshIntervalFilling)
    static let refreshDelay = CompactDuration(Limits.refreshDelay)
}
