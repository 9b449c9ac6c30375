/// The Poly1305 tags of the last datagrams sent on a session: who repeats one has seen that datagram, so that nobody off
/// the path can talk us out of a session.
///
/// The first 64 bits of each tag are kept; guessing one in 2⁶⁴ is out of reach.
struct RecentTags: Sendable {
    private var tags = SIMD8<UInt64>()
    private var count: UInt64 = 0

    mutating func record(_ tag: UInt64) {
        tags[Int(count % 8)] = tag
        count += 1
    }

    func contains(_ tag: UInt64) -> Bool {
        (0..<Int(min(count, 8))).contains { tags[$0] == tag }
    }

    /// A tag is believed once.
    mutating func removeAll() { count = 0 }
}
