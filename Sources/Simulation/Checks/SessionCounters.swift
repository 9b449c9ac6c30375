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
/// The sessions used last are followed: when there are too many, those are forgotten that were not used while as many others
/// were.
package struct SessionCounters {
    private var recent = CounterTable()
    private var earlier = CounterTable()
    /// Whether any session was forgotten.
    private var hasForgotten = false
    private let isFollowed: Bool

    /// The machines that are followed: those with lower numbers, each with at least so many sessions, and at most twice as many.
    /// All together take some 270 MiB then.
    static let followedHosts = 1 << 13
    package static let followedSessions = 256

    /// Those of a machine.
    package init(of host: HostID) { isFollowed = host.index < SessionCounters.followedHosts }

    /// The machine seals a datagram with a counter. Where it came before: the last one under that key.
    package mutating func count(_ counter: UInt64, _ name: SessionName) -> Int64? {
        guard isFollowed else { return nil }
        let number = Int64(clamping: counter)
        // What was forgotten may have had several keys.
        let place = place(of: name) ?? insert(KeyCounters(name: name.word, isNew: !hasForgotten))
        let last = recent[place].newest
        return recent[place].see(number) ? nil : last
    }

    /// The machine counts anew under a name, unless the handshake with that mark was seen already.
    package mutating func addKey(_ name: SessionName, mark: UInt64) {
        guard isFollowed else { return }
        guard let place = place(of: name) else {
            let place = insert(KeyCounters(name: name.word, isNew: true))
            recent[place].mark = mark
            return
        }
        if recent[place].mark != mark { recent[place].addKey(mark: mark) }
    }

    /// The place of a session among the recent ones; nil where it is not known.
    private mutating func place(of name: SessionName) -> Int? {
        if let place = recent.place(of: name.word) { return place }
        guard let place = earlier.place(of: name.word) else { return nil }
        return insert(earlier[place])
    }

    private mutating func insert(_ counters: KeyCounters) -> Int {
        if recent.count >= SessionCounters.followedSessions {
            hasForgotten = hasForgotten || earlier.count > 0
            (earlier, recent) = (recent, CounterTable())
        }
        return recent.insert(counters)
    }
}

/// The last counters under the newest keys that go by one name. A handshake that comes again is answered again, each
/// time with a new key; and a datagram doesn't say which of them it is sealed under.
private struct KeyCounters {
    /// The word of the session's name; 0: the place is free.
    var name: UInt64 = 0
    /// Of each key, the newest first. −1: nothing was sealed yet; −2: there is no such key. An initiation is sent
    /// four times at most, and each may come twice.
    private var lasts = SIMD8<Int32>(repeating: -2)
    /// Of the handshake that made the newest key; 0: it wasn't seen.
    var mark: UInt64 = 0

    /// `isNew`: there is one key, under which nothing was sealed. Else there may be as many as are followed.
    init(name: UInt64 = 0, isNew: Bool = true) {
        self.name = name
        if isNew { lasts[0] = -1 } else { lasts = SIMD8(repeating: -1) }
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

/// Counters by session. Every datagram is looked up in it, so it is a plain table with open addressing (Knuth, The Art of
/// Computer Programming, volume 3, §6.4, algorithm L), and not a dictionary.
private struct CounterTable {
    /// A power of two of places, at most three quarters of which are taken; none at first.
    private var places: [KeyCounters] = []
    private(set) var count = 0

    subscript(place: Int) -> KeyCounters {
        get { places[place] }
        _modify { yield &places[place] }
    }

    /// Where a session is; nil where it isn't.
    func place(of word: UInt64) -> Int? {
        guard !places.isEmpty else { return nil }
        let place = CounterTable.place(of: word, in: places)
        return places[place].name == word ? place : nil
    }

    /// Adds those of a session that it doesn't have, and returns where.
    mutating func insert(_ counters: KeyCounters) -> Int {
        if 4 * (count + 1) > 3 * places.count { grow() }
        count += 1
        let place = CounterTable.place(of: counters.name, in: places)
        places[place] = counters
        return place
    }

    private mutating func grow() {
        var larger = [KeyCounters](repeating: KeyCounters(), count: max(8, 2 * places.count))
        for counters in places where counters.name != 0 {
            larger[CounterTable.place(of: counters.name, in: larger)] = counters
        }
        places = larger
    }

    /// Where a name is, or the free place where it would be.
    private static func place(of word: UInt64, in places: [KeyCounters]) -> Int {
        let mask = places.count - 1
        // The upper bits of a product are moved by all bits of the factor.
        var place = Int(truncatingIfNeeded: (word &* 0x9fb2_1c65_1e98_df25) >> 32) & mask
        while places[place].name != 0, places[place].name != word { place = (place + 1) & mask }
        return place
    }
}
