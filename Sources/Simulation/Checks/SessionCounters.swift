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
    /// The last counters under the two newest keys that go by one name. A handshake that comes twice is answered twice, each
    /// time with a new key; and a datagram doesn't say which of them it is sealed under.
    private struct Counters {
        /// The word of the session's name; 0: the place is free.
        var name: UInt64 = 0
        /// Of the newest key; −1: nothing was sealed yet.
        var newest: Int64 = -1
        /// Of the key before it; −2: there was none.
        var older: Int64 = -2
        /// Of the handshake that made the newest key; 0: it wasn't seen.
        var mark: UInt64 = 0

        /// Whether the counter is above the last under one of the keys, as far as can be told the one that comes closest.
        mutating func see(_ counter: Int64) -> Bool {
            if older >= -1, older < counter, newest >= counter || older > newest {
                older = counter
                return true
            }
            guard newest < counter else { return false }
            newest = counter
            return true
        }
    }

    /// A power of two of places, at most three quarters of which are taken; none at first.
    private var places: [Counters] = []
    private var count = 0
    private let isFollowed: Bool

    /// The machines that are followed: those with lower numbers, each with so many sessions at most. All together take some
    /// 200 MiB then.
    static let followedHosts = 1 << 14
    static let followedSessions = 256

    /// Those of a machine.
    package init(of host: HostID) { isFollowed = host.index < SessionCounters.followedHosts }

    /// The machine seals a datagram with a counter. Where it came before: the last one under that key.
    package mutating func count(_ counter: UInt64, _ name: SessionName) -> Int64? {
        guard isFollowed else { return nil }
        let number = Int64(clamping: counter)
        let (place, isKnown) = place(of: name)
        guard isKnown else {
            places[place].newest = number
            return nil
        }
        let last = places[place].newest
        return places[place].see(number) ? nil : last
    }

    /// The machine counts anew under a name, unless the handshake with that mark was seen already.
    package mutating func addKey(_ name: SessionName, mark: UInt64) {
        guard isFollowed else { return }
        let (place, isKnown) = place(of: name)
        if isKnown, places[place].mark == mark { return }
        let older = isKnown ? places[place].newest : -2
        places[place] = Counters(name: name.word, newest: -1, older: older, mark: mark)
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
