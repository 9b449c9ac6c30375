/// Which counters of one session have been received: each is accepted once, and only while it is not too old.
///
/// A ring of bits, one for each counter, of which whole words are cleared as the newest counter moves on, so that
/// nothing is ever shifted (RFC 6479 §2):
///
///     ring of 32 words, 64 counters each        newest counter
///     … | word 29 | word 30 | word 31 | word 0 | word 1 | …
///                                                ^ cleared when the first counter of it arrives
///
/// A session of few datagrams has a short ring: it grows up to its full size as the counters do.
public struct ReplayWindow: Sendable {
    /// How far a counter may lie behind the newest and still be accepted.
    public static let size: UInt64 = wordCount * 64 - 64

    private static let wordCount: UInt64 = 32

    private var words: [UInt64] = [0]
    /// The newest counter received.
    private(set) var newest: UInt64 = 0

    public init() {}

    /// Whether a counter would be accepted. Asked before decrypting; nothing changes.
    public func accepts(_ counter: UInt64) -> Bool {
        if counter > newest { return true }
        guard newest - counter <= ReplayWindow.size else { return false }
        return words[index(of: counter)] & bit(of: counter) == 0
    }

    /// Records a counter that `accepts` allowed, once its datagram has proved authentic.
    public mutating func record(_ counter: UInt64) {
        if counter > newest { advance(to: counter) }
        words[index(of: counter)] |= bit(of: counter)
    }

    private mutating func advance(to counter: UInt64) {
        let block = counter / 64
        while words.count < ReplayWindow.wordCount, UInt64(words.count) <= block { words.append(0) }
        var next = newest / 64
        // More words than the ring has need not be cleared twice.
        if block - next > ReplayWindow.wordCount { next = block - ReplayWindow.wordCount }
        while next < block {
            next += 1
            words[Int(next % ReplayWindow.wordCount)] = 0
        }
        newest = counter
    }

    /// A short ring holds only counters below its end, so the remainder by the full size is right for it as well.
    private func index(of counter: UInt64) -> Int { Int(counter / 64 % ReplayWindow.wordCount) }

    private func bit(of counter: UInt64) -> UInt64 { 1 << (counter % 64) }
}
