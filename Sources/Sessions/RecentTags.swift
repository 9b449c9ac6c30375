/// The Poly1305 tags of the last datagrams sent on a session: who repeats one has seen that datagram, so that nobody off
/// the path can talk us out of a session.
///
/// The first 32 bits of each tag are kept: with the random part of the index, which must fit as well, that is out of reach
/// for something that costs a handshake at most.
struct RecentTags: Sendable {
    /// Two tags a word, the newest in the low half of the first.
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    private var count: UInt32 = 0

    mutating func record(_ tag: UInt32) {
        words.3 = words.3 << 32 | words.2 >> 32
        words.2 = words.2 << 32 | words.1 >> 32
        words.1 = words.1 << 32 | words.0 >> 32
        words.0 = words.0 << 32 | UInt64(tag)
        count = min(count + 1, 8)
    }

    func contains(_ tag: UInt32) -> Bool {
        let words = [words.0, words.1, words.2, words.3]
        return (0..<Int(count)).contains { UInt32(truncatingIfNeeded: words[$0 / 2] >> UInt64($0 % 2 * 32)) == tag }
    }

    /// A tag is believed once.
    mutating func removeAll() { count = 0 }
}
