import Basics
import Mailboxes
import Wire

/// Something that a node has given to one that lacked it.
enum RepairedThing {
    /// An envelope or a record.
    case bytes([UInt8], of: ItemKey)
    case tombstone(Tombstone, by: BlindedKey, in: MailboxID)
}

/// What a round of repair has come to.
struct RepairOutcome {
    /// Whether the partner answered at all.
    var isAnswered = false
    /// Whether all was compared, and all that was lacking here was fetched. A round of a node that only gives is complete as well.
    var isComplete = true
    /// What the partner lacks, as much as one round brings it.
    private(set) var offered: [ItemKey] = []

    /// Some envelopes that were here before and that the partner says to keep as well, as they are among no differences.
    var claimed: [ItemKey] = []

    mutating func offer(_ items: [ItemKey]) {
        offered += items.prefix(Limits.offersPerRound - offered.count)
    }
}
