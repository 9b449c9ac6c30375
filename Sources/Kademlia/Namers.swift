/// Who named whom in a lookup, and what came of it. Names of somebody whose names lead nowhere are tried last: so a liar
/// costs a lookup a few names of its own, and not all that it can invent.
///
/// Sets of namers are bits, in the order in which they answered; the first bit is the node's own routing table, which is
/// never doubted.
struct Namers: Sendable {
    /// Names of somebody that led nowhere, before it is doubted: one may have left just now.
    private static let missesBeforeDoubt = 2

    private var found: [Int] = [0]
    private var missed: [Int] = [0]
    private var doubted: UInt128 = 0

    /// The node's own table.
    static let own: UInt128 = 1

    /// Whether anybody is doubted.
    var hasDoubts: Bool { doubted != 0 }

    /// One who answers with names. Those beyond the last bit share it.
    mutating func add() -> UInt128 {
        if found.count < UInt128.bitWidth {
            found.append(0)
            missed.append(0)
        }
        return 1 << UInt128(found.count - 1)
    }

    /// Whether only those named somebody who are doubted.
    func doubt(_ namers: UInt128) -> Bool { namers & ~doubted == 0 }

    /// Somebody whom they named has answered; `wasMissed`: after it had seemed not to.
    mutating func observeFound(by namers: UInt128, wasMissed: Bool) {
        change(namers) { found, missed in
            found += 1
            if wasMissed { missed -= 1 }
        }
    }

    /// Somebody whom they named doesn't answer in good time.
    mutating func observeMiss(by namers: UInt128) { change(namers) { _, missed in missed += 1 } }

    private mutating func change(_ namers: UInt128, _ body: (inout Int, inout Int) -> Void) {
        var rest = namers & ~Namers.own
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
