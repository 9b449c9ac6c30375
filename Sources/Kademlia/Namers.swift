/// Which nodes named which candidates in a lookup, and whether those answered. Candidates named only by nodes whose
/// earlier candidates didn't answer are tried last: a liar delays a lookup by a few invented contacts, not by all that
/// it can invent.
///
/// Sets of namers are bits, in the order in which they answered. The first two bits are the node's own routing table, which is never
/// doubted: for contacts that live as far as it knows, and for those that have been silent.
struct Namers: Sendable {
    /// Candidates of one node that don't answer before the node is doubted: a single one may have left just now.
    private static let missesBeforeDoubt = 2

    private var found = [0, 0]
    private var missed = [0, 0]
    private var doubted: UInt128 = 0

    /// The node's own table, of contacts that live as far as it knows.
    static let own: UInt128 = 1
    /// The same, of contacts that have been silent.
    static let ownOfSilent: UInt128 = 2

    /// Whether any node is doubted.
    var hasDoubts: Bool { doubted != 0 }

    /// Adds a node that answered with contacts; returns its bit. Nodes beyond the last bit share it.
    mutating func add() -> UInt128 {
        if found.count < UInt128.bitWidth {
            found.append(0)
            missed.append(0)
        }
        return 1 << UInt128(found.count - 1)
    }

    /// Whether all of these namers are doubted.
    func doubt(_ namers: UInt128) -> Bool { namers & ~doubted == 0 }

    /// A candidate that they named answered. `wasMissed`: it was counted as a miss before.
    mutating func observeFound(by namers: UInt128, wasMissed: Bool) {
        change(namers) { found, missed in
            found += 1
            if wasMissed { missed -= 1 }
        }
    }

    /// A candidate that they named didn't answer in time.
    mutating func observeMiss(by namers: UInt128) { change(namers) { _, missed in missed += 1 } }

    private mutating func change(_ namers: UInt128, _ body: (inout Int, inout Int) -> Void) {
        var rest = namers & ~(Namers.own | Namers.ownOfSilent)
        while rest != 0 {
            let index = rest.trailingZeroBitCount
            rest &= rest - 1
            body(&found[index], &missed[index])
            let bit: UInt128 = 1 << UInt128(index)
            if missed[index] >= Namers.missesBeforeDoubt, missed[index] > found[index] {
                doubted |= bit
            } else {
                doubted &= ~bit
            }
        }
    }
}
