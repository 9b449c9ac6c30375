import Basics

/// A Diffie-Hellman key with its public half, which is costly to compute.
public struct KeyPair: Sendable {
    public let secret: SecretKey
    public let publicKey: PublicKey

    public init(secret: SecretKey, suite: CipherSuite) {
        self.secret = secret
        publicKey = suite.publicKey(of: secret)
    }
}

/// The result of a handshake: a key for each direction, whose counters begin at zero, and the handshake hash.
public struct TransportKeys: Sendable {
    public let send: SecretKey
    public let receive: SecretKey
    public let handshakeHash: Digest512
}

/// What both sides must agree on before the first byte: `Noise_IK_25519_ChaChaPoly_BLAKE2b` or, with a pre-shared key,
/// `Noise_IKpsk2_…`, and the prologue.
///
///     <- s
///     ...
///     -> e, es, s, ss
///     <- e, ee, se [, psk]
public struct Handshake: Sendable {
    package let suite: CipherSuite
    let preSharedKey: SecretKey?
    private let start: SymmetricState

    public init(prologue: [UInt8], preSharedKey: SecretKey? = nil, suite: CipherSuite = .sodium) {
        self.suite = suite
        self.preSharedKey = preSharedKey
        let pattern = preSharedKey == nil ? "IK" : "IKpsk2"
        var state = SymmetricState(protocolName: "Noise_\(pattern)_25519_ChaChaPoly_BLAKE2b", suite: suite)
        state.mixHash(prologue.span.bytes)
        start = state
    }

    /// The state after the pre-message: the initiator knows the responder's static key.
    func begin(responder: PublicKey) -> SymmetricState {
        var state = start
        state.mixHash(responder)
        return state
    }

    /// The token `e`.
    func mixEphemeral(_ key: PublicKey, into state: inout SymmetricState) {
        state.mixHash(key)
        if preSharedKey != nil { state.mixKey(key) }
    }

    /// A Diffie-Hellman token; false where the public key is of low order.
    func mixShared(_ secret: SecretKey, _ key: PublicKey, into state: inout SymmetricState) -> Bool {
        guard let shared = suite.sharedSecret(secret, key) else { return false }
        state.mixKey(shared)
        return true
    }

    /// The token `psk`, where the pattern has it.
    func mixPreShared(into state: inout SymmetricState) {
        if let preSharedKey { state.mixKeyAndHash(preSharedKey) }
    }
}

/// Our handshake from its first message on. It doesn't change until an authentic response comes.
public struct InitiatorHandshake: Sendable {
    private let handshake: Handshake
    private let state: SymmetricState
    private let local: KeyPair
    private let ephemeral: KeyPair

    /// Writes message 1: `e (32) ‖ s sealed (48) ‖ payload sealed (n + 16)`. Nil where the remote key is of low order.
    /// An ephemeral key must never be used for a second handshake.
    public static func createInitiation(
        _ handshake: Handshake, local: KeyPair, remote: PublicKey, ephemeral: KeyPair, payload: RawSpan
    ) -> (InitiatorHandshake, message: [UInt8])? {
        var state = handshake.begin(responder: remote)
        var message = ephemeral.publicKey.bytes.array
        handshake.mixEphemeral(ephemeral.publicKey, into: &state)
        guard handshake.mixShared(ephemeral.secret, remote, into: &state) else { return nil }
        local.publicKey.bytes.withUnsafeBytes { state.encryptAndHash($0.bytes, into: &message) }
        guard handshake.mixShared(local.secret, remote, into: &state) else { return nil }
        state.encryptAndHash(payload, into: &message)
        let initiator = InitiatorHandshake(handshake: handshake, state: state, local: local, ephemeral: ephemeral)
        return (initiator, message)
    }

    /// Reads message 2. Nil where it is not authentic: then the right one may still come.
    public func consumeResponse(_ message: RawSpan) -> (payload: [UInt8], keys: TransportKeys)? {
        var state = state
        guard let remoteEphemeral = Bytes32(message).map(PublicKey.init) else { return nil }
        handshake.mixEphemeral(remoteEphemeral, into: &state)
        guard handshake.mixShared(ephemeral.secret, remoteEphemeral, into: &state),
            handshake.mixShared(local.secret, remoteEphemeral, into: &state)
        else { return nil }
        handshake.mixPreShared(into: &state)
        guard let payload = state.decryptAndHash(message.extracting(droppingFirst: NoiseSizes.key)) else { return nil }
        let (initiators, responders) = state.split()
        return (payload, TransportKeys(send: initiators, receive: responders, handshakeHash: state.hash))
    }
}

/// An incoming handshake, between its two messages.
public struct ResponderHandshake: Sendable {
    /// The initiator's static key. Only a transport datagram proves that the initiator has it: message 1 alone may be a
    /// replay.
    public let remote: PublicKey
    private let handshake: Handshake
    private let state: SymmetricState
    private let remoteEphemeral: PublicKey

    /// Reads message 1; nil where it is not authentic.
    public static func consumeInitiation(
        _ handshake: Handshake, local: KeyPair, message: RawSpan
    ) -> (ResponderHandshake, payload: [UInt8])? {
        var state = handshake.begin(responder: local.publicKey)
        guard message.byteCount >= NoiseSizes.key + NoiseSizes.sealedKey + NoiseSizes.tag,
            let remoteEphemeral = Bytes32(message).map(PublicKey.init)
        else { return nil }
        handshake.mixEphemeral(remoteEphemeral, into: &state)
        guard handshake.mixShared(local.secret, remoteEphemeral, into: &state) else { return nil }
        let afterKey = NoiseSizes.key + NoiseSizes.sealedKey
        guard let remote = state.decryptAndHash(message.extracting(NoiseSizes.key..<afterKey)).flatMap(Bytes32.init),
            handshake.mixShared(local.secret, PublicKey(remote), into: &state),
            let payload = state.decryptAndHash(message.extracting(afterKey..<message.byteCount))
        else { return nil }
        let responder = ResponderHandshake(
            remote: PublicKey(remote), handshake: handshake, state: state, remoteEphemeral: remoteEphemeral)
        return (responder, payload)
    }

    /// Writes message 2: `e (32) ‖ payload sealed (n + 16)`.
    /// Nil only for keys of low order, which reading message 1 has ruled out.
    public func createResponse(ephemeral: KeyPair, payload: RawSpan) -> (message: [UInt8], keys: TransportKeys)? {
        var state = state
        var message = ephemeral.publicKey.bytes.array
        handshake.mixEphemeral(ephemeral.publicKey, into: &state)
        guard handshake.mixShared(ephemeral.secret, remoteEphemeral, into: &state),
            handshake.mixShared(ephemeral.secret, remote, into: &state)
        else { return nil }
        handshake.mixPreShared(into: &state)
        state.encryptAndHash(payload, into: &message)
        let (initiators, responders) = state.split()
        return (message, TransportKeys(send: responders, receive: initiators, handshakeHash: state.hash))
    }
}
