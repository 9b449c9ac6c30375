import Basics
import Exchange

/// What became of the mail that strangers offered to one person's mailbox.
struct StrangersLedger {
    private(set) var figures = StrangersFigures()
    /// What is being brought: for each command whether a quorum has taken it.
    private var underWay: [CommandID: Bool] = [:]

    /// An envelope of so many bytes is offered.
    mutating func begin(_ command: CommandID, bytes: Int) {
        underWay[command] = false
        figures.offered += 1
        figures.bytesOffered += bytes
    }

    /// What a node says of a command.
    mutating func hear(_ event: NodeEvent) {
        switch event {
        case .depositProgress(let command, let tally) where tally.hasQuorum: wasStored(command)
        case .depositFinished(let command, let tally, _):
            if tally.hasQuorum { wasStored(command) }
            underWay[command] = nil
        case .busy(let command): underWay[command] = nil
        default: break
        }
    }

    private mutating func wasStored(_ command: CommandID) {
        guard underWay[command] == false else { return }
        underWay[command] = true
        figures.stored += 1
    }

    /// One buddy keeps so many bytes in the mailbox.
    mutating func observeKept(_ bytes: Int) { figures.mostBytesKept = max(figures.mostBytesKept, bytes) }
}
