import Basics
import Mailboxes
import Storage
import Wire

/// Who has brought which envelopes to this node: they are told at once when the mailbox's owner has collected one.
///
/// That only hastens what they learn anyway, by the owner's receipt or when they bring the envelope again. So little is remembered, no
/// longer than the session lasts in which it came, and what finds no room is forgotten, oldest first. The proof that they are told is the
/// owner's tombstone: this node has no word in it.
package struct Depositors {
    /// What one depositor is to be told.
    package struct Collected: Equatable {
        package let client: NodeID
        package let mailbox: MailboxID
        /// At most `Limits.tombstonesPerDiscard`.
        package let envelopes: [EnvelopeID]
    }

    private struct Deposit {
        let client: NodeID
        /// The session in which it came.
        let session: UInt64
        let mailbox: MailboxID
        let envelope: EnvelopeID
        /// Once it is collected: its tombstone is durable with this.
        var ticket: Ticket?
    }

    /// Oldest first.
    private var deposits: [Deposit] = []
    private var collected: [Deposit] = []

    package init() {}

    /// A client has brought an envelope, and hears that it is kept.
    package mutating func observeKept(
        _ envelope: EnvelopeID, in mailbox: MailboxID, broughtBy client: NodeID, _ source: Source
    ) {
        guard source.isProven else { return }
        deposits.removeAll { $0.envelope == envelope && $0.client == client && $0.mailbox == mailbox }
        if deposits.count(where: { $0.session == source.session }) >= Limits.depositsRememberedPerSession,
            let oldest = deposits.firstIndex(where: { $0.session == source.session })
        {
            deposits.remove(at: oldest)
        } else if deposits.count >= Limits.depositsRemembered {
            deposits.removeFirst()
        }
        deposits.append(Deposit(client: client, session: source.session, mailbox: mailbox, envelope: envelope))
    }

    /// An owner's tombstones will be durable with this ticket.
    package mutating func observeDiscard(_ envelopes: [EnvelopeID], in mailbox: MailboxID, _ ticket: Ticket) {
        for index in deposits.indices
        where deposits[index].mailbox == mailbox && envelopes.contains(deposits[index].envelope) {
            deposits[index].ticket = ticket
        }
    }

    /// The writes up to a ticket are durable, or lost: then the owner says it again.
    package mutating func observeCommit(through ticket: Ticket, isDurable: Bool) {
        guard deposits.contains(where: { $0.ticket.map { $0 <= ticket } ?? false }) else { return }
        if isDurable {
            collected += deposits.filter { $0.ticket.map { $0 <= ticket } ?? false }
            deposits.removeAll { $0.ticket.map { $0 <= ticket } ?? false }
        } else {
            for index in deposits.indices where deposits[index].ticket.map({ $0 <= ticket }) ?? false {
                deposits[index].ticket = nil
            }
        }
    }

    /// What a depositor is to be told now; called until nil.
    package mutating func next() -> Collected? {
        guard let first = collected.first else { return nil }
        let all = collected.filter { $0.client == first.client && $0.mailbox == first.mailbox }
        let envelopes = all.prefix(Limits.tombstonesPerDiscard).map(\.envelope)
        collected.removeAll {
            $0.client == first.client && $0.mailbox == first.mailbox && envelopes.contains($0.envelope)
        }
        return Collected(client: first.client, mailbox: first.mailbox, envelopes: envelopes)
    }

    /// A session has ended, and what came in it is forgotten.
    package mutating func forget(session: UInt64) {
        deposits.removeAll { $0.session == session }
        collected.removeAll { $0.session == session }
    }
}
