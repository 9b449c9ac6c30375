import Basics

extension CompactDuration {
    static let retryDelay = CompactDuration(Limits.retryDelay)
    static let doubtDelay = CompactDuration(Limits.doubtDelay)
    static let checkIntervalNear = CompactDuration(Limits.checkIntervalNear)
    static let checkIntervalNearLongest = CompactDuration(Limits.checkIntervalNearLongest)
    static let checkIntervalFar = CompactDuration(Limits.checkIntervalFar)
    static let checkIntervalOfClient = CompactDuration(Limits.checkIntervalOfClient)
    static let checkCourtesy = CompactDuration(Limits.checkCourtesy)
    static let upkeepStep = CompactDuration(Limits.upkeepStep)
    static let checkStep = CompactDuration(Limits.checkStep)
    static let refreshInterval = CompactDuration(Limits.refreshInterval)
    static let refreshOfClient = CompactDuration(Limits.refreshIntervalOfClient)
    static let filling = CompactDuration(Limits.refreshIntervalFilling)
    /// How much later a bucket is refreshed that is nearly full.
    static let patience = CompactDuration(Limits.refreshInterval - Limits.refreshIntervalFilling)
    static let refreshDelay = CompactDuration(Limits.refreshDelay)
}
