import Basics
import Wire

/// What others say of pending messages, and what changes around them.
extension Sending {
    /// A buddy says at once that envelopes were collected which were brought to it. It is believed where it shows the owner's word for that.
    /// A tombstone says nothing of who has read the message: it is not delivered before its receipt comes.
    mutating func envelopesWereCollected(_ tombstones: [Tombstone], _ turn: inout Turn) {
        for tombstone in tombstones {
            guard let id = deposited[tombstone.envelope], let before = pending[id], before.isForMailbox else {
                continue
            }
            guard sealer.isProof(tombstone, of: before, turn.view) else {
                turn.mark(.collectionNotProven)
                continue
            }
            turn.mark(.collectedToldAtOnce)
            pending.change(id) { $0.wasCollected(turn.now.utc) }
            deposited.remove(id)
            writeChange(from: before, &turn)
        }
    }

    // MARK: Surroundings

    /// The clock can be used: counts the time of what was accepted by a clock in doubt from now on.
    mutating func dateMessages(_ turn: inout Turn) {
        let now = turn.now.utc
        for id in turn.view.activeMessageIDs() {
            guard let before = pending[id], pending.change(id, { $0.date(now) }) == true else { continue }
            turn.mark(.messageDatedLate)
            writeChange(from: before, &turn)
        }
    }

    /// A peer was heard of: they have come here just now.
    mutating func peerWasHeard(_ peer: PeerID, _ turn: inout Turn) {
        if ways.hear(of: peer, now: turn.now.monotonic) == .returned { retryQueued(for: peer, &turn) }
    }

    /// Retries at once what no buddy keeps yet, for a peer who is there again, in the order in which it was written:
    /// otherwise each message would rest for as long as it has failed.
    mutating func retryQueued(for peer: PeerID, _ turn: inout Turn) {
        turn.mark(.peerReturned)
        for id in turn.view.activeMessageIDs() {
            guard let entry = entry(of: id), entry.to == peer, entry.state == .queued else { continue }
            pending.change(id) { $0.forgiveFailures() }
            becomeReady(id, &turn)
        }
    }

    /// Retries at once what no buddy keeps yet: others can be reached now. Where the network came back, what was stored just now as
    /// well: then only a few nodes could be reached, and by now the recipient may be among those that can be.
    mutating func retryUnstored(andStoredLately: Bool = false, _ turn: inout Turn) {
        for id in turn.view.activeMessageIDs() {
            guard let message = pending[id] else { continue }
            let isStoredLately = andStoredLately && message.entry.wasStoredLately(turn.now.utc)
            guard message.entry.state == .queued || isStoredLately else { continue }
            pending.change(id) { $0.forgiveFailures() }
            if message.isResting { turn.schedule(.attempt(id), in: .zero) }
        }
    }

    /// The network is another. What is on its way may wait for answers that can't come any more, and has counted nodes
    /// that were silent meanwhile as gone: it begins again. So does what a few buddies keep since just now: the straight
    /// way was given up while there was no network. Buddies keep the chunks that they have.
    mutating func startOver(_ turn: inout Turn) {
        for id in turn.view.activeMessageIDs() where pending[id]?.isOnItsFirstWay(turn.now.utc) == true {
            turn.mark(.sendingCalledOff)
            beginAgain(id, &turn)
        }
        ways.reopen()
    }

    /// The lookups that these messages waited for were called off: they begin again.
    mutating func lookupsWereCalledOff(_ ids: [MessageID], _ turn: inout Turn) {
        turn.mark(ids.isEmpty ? nil : .recordLookupCalledOff)
        for id in ids where pending.change(id, { $0.lookupWasCalledOff() }) == true { becomeReady(id, &turn) }
    }

    /// The program is about to end: receipts leave now, and those on their way take the mailbox as well.
    mutating func hurryReceipts(_ turn: inout Turn) {
        for id in turn.view.activeMessageIDs() where entry(of: id)?.kind == .receipt {
            becomeReady(id, &turn)
            tryMailbox(id, &turn)
        }
    }
}
