/// The Poly1305 tags of the last datagrams sent on a session. A node that repeats one has seen that datagram, so an
/// attacker off the path can't make us give up a session.
///
/// The first 32 bits of each tag are kept. The random part of the index must match as well, so guessing both is out of
/// reach for a gain of one handshake at most. Four tags are enough, as each of our datagrams is answered by a hint of
/// its own: if more are sent before the first hint comes, one of the last hints is believed.
struct RecentTags: Sendable {
    /// The newest first; 0 where there is none.
    private var tags: (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)

    mutating func record(_ tag: UInt32) { tags = (tag, tags.0, tags.1, tags.2) }

    /// One tag in 2³² is 0 and never believed.
    func contains(_ tag: UInt32) -> Bool {
        tag != 0 && (tag == tags.0 || tag == tags.1 || tag == tags.2 || tag == tags.3)
    }

    /// A tag is believed once.
    mutating func removeAll() { tags = (0, 0, 0, 0) }
}
