import Basics
import Exchange
import Wire

/// Mail that can't be opened here stays with the buddies: only who holds the prekey that it was sealed to may call it
/// useless (docs/conversations.md, "Who may call an envelope useless").
extension PeerAgent {
    /// Mail that waits for this person and can't be opened here, as it is written down on disk; nil where there is none.
    public var unopened: UnopenedStanding? { UnopenedStanding(view.durable.unopenedMail()) }

    /// Throws all mail away that waits and can't be opened here, at its buddies as well, for good once `lastWrite` is durable;
    /// returns how many envelopes. Whoever holds the keys they were sealed to gets none of them any more, and their senders hear that
    /// they were collected.
    public mutating func discardUnopened() -> Int {
        let entries = unopenedMail.removeAll()
        guard !entries.isEmpty else { return 0 }
        view.removeUnopened(entries)
        for entry in entries {
            let key = InboxTable.doneKey(entry.expiry, entry.envelope)
            awaited.append((view.put(.inbox, key, DoneEntry().encoded), .clear(entry)))
        }
        return entries.count
    }

    /// An envelope that lies in a mailbox doesn't open.
    mutating func keepUnopened(_ entry: UnopenedMail.Entry, _ index: Int, _ now: Now) {
        switch unopenedMail.remember(entry, now: now.monotonic) {
        case .remembered: view.putUnopened(entry)
        case .full: mailboxes[index].ignore(entry.envelope, until: now.monotonic + OwnMailbox.patience)
        }
    }

    /// An envelope that didn't open before has been opened: that is forgotten in the batch in which it is taken in.
    mutating func forgetUnopened(_ envelope: EnvelopeID) {
        if let entry = unopenedMail.remove(envelope) { view.removeUnopened([entry]) }
    }

    /// What was discarded unopened is durably done: the buddies are told.
    mutating func clearDiscarded(_ entry: UnopenedMail.Entry, _ now: Now) {
        guard let index = mailboxIndex(entry.mailbox) else { return }
        clear(entry.envelope, expiry: entry.expiry, index, now)
    }

    /// A mailbox was looked into: what most of its buddies would have offered, and none did, waits no longer.
    mutating func endLook(into epoch: Epoch, _ tally: Tally) {
        guard tally.done * 2 > tally.found else { return }
        view.removeUnopened(unopenedMail.endLook(into: epoch))
    }
}
