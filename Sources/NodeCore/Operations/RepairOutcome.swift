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
    /// How the comparison ended; nil where it was cut off.
    var end: Reconciliation.End?
    /// Whether the partner answered at all.
    var isAnswered = false
    /// Things that this node lacked and has fetched, and their bytes.
    var fetched = 0
    var bytesFetched = 0
    /// What the partner lacks, as much as one round brings it.
    private(set) var offered: [ItemKey] = []

    mutating func offer(_ items: [ItemKey]) {
        offered += items.prefix(Limits.offersPerRound - offered.count)
    }
}
