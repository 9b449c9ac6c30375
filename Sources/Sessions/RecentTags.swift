/// The Poly1305 tags of the last datagrams sent on a session: who repeats one has seen that datagram, so that nobody off
/// the path can talk us out of a session.
///
/// The first 32 bits of each tag are kept: with the random part of the index, which must fit as well, that is out of reach
/// for something that costs a handshake at most.
struct RecentTags: Sendable {
    private var tags = SIMD8<UInt32>()
    private var count: UInt32 = 0

    mutating func record(_ tag: UInt32) {
        tags[Int(count % 8)] = tag
        // Kept between 8 and 15 once all places are taken.
        count = count < 15 ? count + 1 : 8
    }

    func contains(_ tag: UInt32) -> Bool {
        (0..<Int(min(count, 8))).contains { tags[$0] == tag }
    }

    /// A tag is believed once.
    mutating func removeAll() { count = 0 }
}
