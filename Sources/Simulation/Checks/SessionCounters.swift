import Basics

/// What one machine calls a session: whom it is with, and how that one names it, until a handshake gives the name to
/// another key.
package struct SessionName: Hashable {
    /// Never 0.
    fileprivate let word: UInt64

    package init(_ receiver: HostID, _ index: UInt32) {
        word = UInt64(truncatingIfNeeded: receiver.index + 1) << 32 | UInt64(index)
    }
}

/// The counters of the datagrams that one machine seals, by session: under each key they rise.
///
/// Every datagram is looked up in it, so it is a plain table with open addressing (Knuth, The Art of Computer Programming,
/// volume 3, §6.4, algorithm L), and not a dictionary.
package struct SessionCounters {
    /// The last counters under the newest keys that go by one name. A handshake that comes again is answered again, each
    /// time with a new key; and a datagram doesn't say which of them it is sealed under.
    private struct Counters {
        /// The word of the session's name; 0: the place is free.
        var name: UInt64 = 0
        /// Of each key, the newest first. −1: nothing was sealed yet; −2: there is no such key. An initiation is sent
        /// four times at most, and each may come twice.
        private var lasts = SIMD8<Int32>(repeating: -2)
        /// Of the handshake that made the newest key; 0: it wasn't seen.
        var mark: UInt64 = 0

        init(name: UInt64 = 0) {
            self.name = name
            lasts[0] = -1
        }

        /// The last under the newest key.
        var newest: Int64 { Int64(lasts[0]) }

        mutating func addKey(mark: UInt64) {
            for place in (1..<8).reversed() { lasts[place] = lasts[place - 1] }
            lasts[0] = -1
            self.mark = mark
        }

        /// Whether the counter is above the last under one of the keys, as far as can be told the one that comes closest.
        mutating func see(_ counter: Int64) -> Bool {
            let counter = Int32(clamping: counter)
            var closest: Int?
            for place in 0..<8 where lasts[place] >= -1 && lasts[place] < counter {
                if closest.map({ lasts[place] > lasts[$0] }) ?? true { closest = place }
            }
            guard let closest else { return false }
            lasts[closest] = counter
            return true
        }
    }

    /// A power of two of places, at most three quarters of which are taken; none at first.
    private var places: [Counters] = []
    private var count = 0
    private let isFollowed: Bool

    /// The machines that are followed: those with lower numbers, each with so many sessions at most. All together take some
    /// 270 MiB then.
    static let followedHosts = 1 << 14
    static let followedSessions = 256

    /// Those of a machine.
    package init(of host: HostID) { isFollowed = host.index < SessionCounters.followedHosts }

    /// The machine seals a datagram with a counter. Where it came before: the last one under that key.
    package mutating func count(_ counter: UInt64, _ name: SessionName) -> Int64? {
        guard isFollowed else { return nil }
        let number = Int64(clamping: counter)
        let (place, _) = place(of: name)
        let last = places[place].newest
        return places[place].see(number) ? nil : last
    }

    /// The machine counts anew under a name, unless the handshake with that mark was seen already.
    package mutating func addKey(_ name: SessionName, mark: UInt64) {
        guard isFollowed else { return }
        let (place, isKnown) = place(of: name)
        if isKnown, places[place].mark == mark { return }
        if isKnown { places[place].addKey(mark: mark) } else { places[place].mark = mark }
    }

    /// The place of a session, and whether it had one. With too many sessions it begins anew.
    private mutating func place(of name: SessionName) -> (place: Int, isKnown: Bool) {
        if !places.isEmpty {
            let place = SessionCounters.place(of: name.word, in: places)
            if places[place].name == name.word { return (place, true) }
        }
        if count >= SessionCounters.followedSessions { (places, count) = ([], 0) }
        if 4 * (count + 1) > 3 * places.count { grow() }
        count += 1
        let place = SessionCounters.place(of: name.word, in: places)
        places[place] = Counters(name: name.word)
        return (place, false)
    }

    private mutating func grow() {
        var larger = [Counters](repeating: Counters(), count: max(8, 2 * places.count))
        for counters in places where counters.name != 0 {
            larger[SessionCounters.place(of: counters.name, in: larger)] = counters
        }
        places = larger
    }

    /// Where a name is, or the free place where it would be.
    private static func place(of word: UInt64, in places: [Counters]) -> Int {
        let mask = places.count - 1
        // The upper bits of a product are moved by all bits of the factor.
        var place = Int(truncatingIfNeeded: (word &* 0x9fb2_1c65_1e98_df25) >> 32) & mask
        while places[place].name != 0, places[place].name != word { place = (place + 1) & mask }
        return place
    }
}
