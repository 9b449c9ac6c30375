import Basics
import Cryptography

/// Seals offers and answers between two people: `Noise_IK_25519_ChaChaPoly_BLAKE2b` (Noise revision 34) with the prologue
/// `"roost punch/1 " ‖ mailbox`. The static keys are those of the two people, so that each knows whom the addresses are of; the mailbox
/// is that of the one who is asked.
struct WaySeal {
    private let suite: CipherSuite
    private let keys: KeyPair

    init(_ profile: ProfileKey, suite: CipherSuite) {
        self.suite = suite
        keys = KeyPair(secret: profile.agreementSecret, suite: suite)
    }

    private func handshake(_ mailbox: MailboxID) -> Handshake {
        Handshake(prologue: Array("roost punch/1 ".utf8) + mailbox.bytes.array, suite: suite)
    }

    /// Seals an offer to a peer; nil where their ID is none.
    func offer(
        _ message: WayMessage, to peer: PeerID, in mailbox: MailboxID, ephemeral: SecretKey
    ) -> (state: InitiatorHandshake, bytes: [UInt8])? {
        guard let key = peer.agreementKey(suite) else { return nil }
        let ephemeral = KeyPair(secret: ephemeral, suite: suite)
        return InitiatorHandshake.createInitiation(
            handshake(mailbox), local: keys, remote: key, ephemeral: ephemeral, payload: message.bytes.span.bytes
        ).map { ($0.0, $0.message) }
    }

    /// Opens the answer to an offer; nil where it isn't the peer's.
    func open(_ answer: [UInt8], to offer: InitiatorHandshake) -> WayMessage? {
        offer.consumeResponse(answer.span.bytes).flatMap { WayMessage($0.payload.span.bytes) }
    }

    /// Opens an offer; nil where it is none, or is not of the peer whom it names.
    func open(
        offer: [UInt8], in mailbox: MailboxID
    ) -> (message: WayMessage, question: WayMessage.Question, state: ResponderHandshake)? {
        let read = ResponderHandshake.consumeInitiation(handshake(mailbox), local: keys, message: offer.span.bytes)
        guard let (state, payload) = read, let message = WayMessage(payload.span.bytes),
            let question = message.question, question.peer.agreementKey(suite) == state.remote
        else { return nil }
        return (message, question, state)
    }

    /// Seals the answer to an offer.
    func answer(_ message: WayMessage, to offer: ResponderHandshake, ephemeral: SecretKey) -> [UInt8]? {
        let ephemeral = KeyPair(secret: ephemeral, suite: suite)
        return offer.createResponse(ephemeral: ephemeral, payload: message.bytes.span.bytes)?.message
    }
}
