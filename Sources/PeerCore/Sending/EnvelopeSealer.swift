import Basics
import Conversations
import Cryptography
import Storage
import Wire

/// Seals pending messages to their recipients, and finds what was sealed.
struct EnvelopeSealer {
    private let suite: CipherSuite
    private let cipher: EnvelopeCipher
    private var keys = PeerKeys()

    init(cipher: EnvelopeCipher, suite: CipherSuite) {
        self.suite = suite
        self.cipher = cipher
    }

    /// An envelope, and the key of the mailbox that it was sealed for.
    struct Sealed {
        let key: BlindedKey
        let envelope: [UInt8]
    }

    /// Whether this can be a person's key.
    mutating func isValid(_ peer: PeerID) -> Bool { keys.isValid(peer, suite) }

    /// The wish for a way to the recipient of a pending message; receipts have none.
    mutating func wish(for pending: PendingMessage, _ turn: Turn) -> [SendingDirective] {
        guard pending.entry.kind == .message,
            let mailbox = keys.mailbox(of: pending.entry.to, in: turn.now.utc.epoch, suite)
        else { return [] }
        return [.wantWay(pending.entry.to, mailbox.location)]
    }

    /// Seals a pending message: retries send these bytes to this place, until it is sealed again. What sealing changes
    /// of the conversation is written in the same batch as the envelope, so that no key is used twice. `doubting`: a
    /// session in which the recipient doesn't seem to have opened it. Nil where the record can't be sealed to.
    ///
    /// Whoever the person writes to is accepted: every text carries what they need to sign their replies. (A receipt
    /// doesn't: it answers whoever wrote.) And it carries the person's name, unless the recipient was told lately; the content on
    /// disk then bears it as well, so that its receipt says that they do.
    mutating func seal(
        _ pending: PendingMessage, to record: PeerRecord, doubting doubted: SessionName?, _ turn: inout Turn
    ) -> SealedEnvelope? {
        let peer = pending.entry.to
        let epoch = turn.now.utc.epoch
        guard var content = turn.view.outboxContent(pending.id),
            let mailbox = keys.mailbox(of: peer, in: epoch, suite)?.location
        else { return nil }
        if case .text = content.body {
            let name = turn.view.nameToTell(peer, in: record.generation, today: turn.now.utc.day)
            if name != content.name {
                content.name = name
                turn.view.put(.outbox, OutboxTable.contentKey(pending.id), content.encoded)
            }
            content.deliverySecret = cipher.deliverySecret
        }
        var conversation = turn.view.conversation(with: peer)
        guard
            let envelope = try? conversation.seal(
                content, to: record, mailbox: mailbox, expiry: pending.entry.expiry,
                signer: turn.view.deliverySecret(of: peer)?.signer(in: epoch, suite: suite), doubting: doubted,
                as: turn.standing, today: turn.now.utc.day, with: cipher, generator: &turn.secrets)
        else { return nil }
        turn.putConversation(with: peer, conversation)
        if pending.entry.epoch != nil { turn.mark(.sealedAgain) }
        return envelope
    }

    /// Whether a pending message was sealed in a session in which its recipient doesn't seem to open messages.
    func isDoubted(_ pending: PendingMessage, _ view: StoreView) -> Bool {
        guard let session = pending.entry.sealing?.session else { return false }
        return view.conversation(with: pending.entry.to).isDoubted(session)
    }

    /// The envelope of a pending message, as it was last sealed.
    mutating func sealed(_ pending: PendingMessage, _ view: StoreView) -> Sealed? {
        guard let epoch = pending.entry.epoch, let key = keys.mailbox(of: pending.entry.to, in: epoch, suite),
            let envelope = view.value(.outbox, OutboxTable.envelopeKey(pending.id))
        else { return nil }
        return Sealed(key: key, envelope: envelope)
    }

    /// The same, where it may go straight to these contacts of its recipient.
    mutating func sealed(_ pending: PendingMessage, toGoStraightTo contacts: [Contact], _ turn: Turn) -> Sealed? {
        let mayGoStraight = turn.endpointReaders.allowStraight(pending.entry, from: cipher.peer, turn.view)
        guard !contacts.isEmpty, mayGoStraight else { return nil }
        return sealed(pending, turn.view)
    }

    /// Whether the recipient says that they are done with exactly the envelope of a pending message.
    mutating func isProof(_ tombstone: Tombstone?, of pending: PendingMessage, _ view: StoreView) -> Bool {
        guard let tombstone, let sealed = sealed(pending, view) else { return false }
        return tombstone.envelope == EnvelopeID(hashing: sealed.envelope.span.bytes)
            && tombstone.isSigned(by: sealed.key, suite: suite)
    }
}
