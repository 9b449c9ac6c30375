/// The counters of one session that have been received. Each is accepted once, and only while it is not too old.
///
/// It is a ring with one bit for each counter. Whole words are cleared as the newest counter moves on, so that nothing
/// is ever shifted (RFC 6479 §2):
///
///     ring of 32 words, 64 counters each        newest counter
///     … | word 29 | word 30 | word 31 | word 0 | word 1 | …
///                                                ^ cleared when the first counter of it arrives
///
/// Most sessions see few datagrams. So the first word is stored in the window itself, and the others are added as the
/// counters grow. Counters have 32 bits, as no session gets farther (`Limits.datagramsPerSession`).
public struct ReplayWindow: Sendable {
    /// How far a counter may lie behind the newest and still be accepted.
    public static let size: UInt32 = wordCount * 64 - 64

    private static let wordCount: UInt32 = 32

    private var first: UInt64 = 0
    /// The words after the first; those beyond the end are zero.
    private var others: [UInt64] = []
    /// The newest counter received.
    private(set) var newest: UInt32 = 0

    public init() {}

    /// Whether a counter would be accepted. Asked before decrypting; nothing changes.
    public func accepts(_ counter: UInt32) -> Bool {
        if counter > newest { return true }
        guard newest - counter <= ReplayWindow.size else { return false }
        return word(index(of: counter)) & bit(of: counter) == 0
    }

    /// Records a counter that `accepts` allowed, once its datagram has proved authentic.
    public mutating func record(_ counter: UInt32) {
        if counter > newest { advance(to: counter) }
        let index = index(of: counter)
        if index == 0 { first |= bit(of: counter) } else { others[index - 1] |= bit(of: counter) }
    }

    private mutating func advance(to counter: UInt32) {
        let block = counter / 64
        while others.count < Int(ReplayWindow.wordCount) - 1, others.count < Int(block) { others.append(0) }
        var next = newest / 64
        // More words than the ring has need not be cleared twice.
        if block - next > ReplayWindow.wordCount { next = block - ReplayWindow.wordCount }
        while next < block {
            next += 1
            let index = Int(next % ReplayWindow.wordCount)
            if index == 0 { first = 0 } else { others[index - 1] = 0 }
        }
        newest = counter
    }

    /// Bytes held elsewhere on the heap, including what the runtime adds.
    var memory: Int { others.isEmpty ? 0 : 32 + others.capacity * MemoryLayout<UInt64>.stride }

    private func word(_ index: Int) -> UInt64 { index == 0 ? first : others[index - 1] }

    /// A short ring holds only counters below its end, so the remainder by the full size is right for it as well.
    private func index(of counter: UInt32) -> Int { Int(counter / 64 % ReplayWindow.wordCount) }

    private func bit(of counter: UInt32) -> UInt64 { 1 << UInt64(counter % 64) }
}
