import Basics

/// How many chunks of one transfer may be under way: grows by one for each that arrives until the first loss, then by
/// one a window; halves on a loss, once a window (additive increase, multiplicative decrease, as RFC 5681 §3.1).
struct ChunkWindow {
    private(set) var size = Limits.initialWindow
    private var threshold = Limits.largestWindow
    /// Arrivals since the last growth.
    private var credit = 0
    /// Chunks sent before this number belong to a window for which a loss was counted.
    private var countedBefore: UInt32 = 0
    /// Windows with a loss since anything arrived.
    private(set) var failures = 0

    mutating func observeArrival() {
        failures = 0
        credit += 1
        guard credit >= (size < threshold ? 1 : size) else { return }
        credit = 0
        size = min(size + 1, Limits.largestWindow)
    }

    /// `number` counts the sendings: that of the chunk lost, and that of the next to be sent.
    mutating func observeLoss(of number: UInt32, next: UInt32) {
        guard number >= countedBefore else { return }
        countedBefore = next
        failures += 1
        credit = 0
        size = max(Limits.smallestWindow, size / 2)
        threshold = size
    }
}
