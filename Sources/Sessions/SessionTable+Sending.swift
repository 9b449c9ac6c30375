import Basics
import Cryptography
import Wire

extension SessionTable {
    /// Sends a request: over an established session, inside a new handshake, or behind one under way.
    ///
    /// A request that the handshake under way has already is a retry: the same initiation is sent again. An aged session
    /// keeps serving while the handshake for the next is under way.
    /// - Parameters:
    ///   - body: At most `Limits.bodySize` bytes.
    ///   - requestID: Tells a retry from another request.
    ///   - id: The hash of `key`.
    ///   - path: What a handshake goes over. A session has a path of its own, which has proved itself.
    public mutating func sendRequest(
        _ body: RawSpan, requestID: UInt32, as identity: IdentityID, to key: PublicKey, id: NodeID,
        over path: Path, now: Instant, into queue: inout DatagramQueue
    ) -> SendOutcome {
        precondition(body.byteCount <= Limits.bodySize)
        dropOverdue(now: now)
        identities.touch(identity)
        let pair = SessionPair(identity: identity, remote: id)
        let underWay = handshakes.place(of: pair)
        if let slot = sessions.current(of: pair),
            !sessions.entries[slot].isSilent(at: now),
            underWay != nil
                || !sessions.entries[slot].needsRenewal(
                    at: now, mode: mode(of: identity), sessions.budget),
            sessions.seal(body, over: slot, into: &queue)
        {
            sessions.entries[slot].noteRequest(at: now)
            return .sent
        }
        if let underWay {
            if let outcome = handshakes.entries[underWay].outcome(of: requestID) {
                if handshakes.entries[underWay].maySend(over: path, now: now), mayReach(path.endpoint, now: now) {
                    handshakes.entries[underWay].send(over: path, now: now, into: &queue)
                }
                return outcome
            }
            return handshakes.entries[underWay].enqueue(body, requestID: requestID) ? .queued : .full
        }
        return beginHandshake(body, requestID: requestID, pair: pair, key: key, over: path, now: now, into: &queue)
    }

    /// Whether there is a session with a remote key that a request would go over; or one that states another mode than we
    /// have by now, which a request would tell it by opening the next.
    public func serves(_ remote: NodeID, as identity: IdentityID, now: Instant) -> Bool {
        guard let slot = sessions.current(of: SessionPair(identity: identity, remote: remote)),
            !sessions.entries[slot].isSilent(at: now), now < sessions.entries[slot].endsAt
        else { return false }
        return !sessions.entries[slot].needsRenewal(at: now, mode: sessions.entries[slot].localMode, budget)
    }

    /// Asks the node at an address for its static key: the answer comes as `.helloAnswer` with the same nonce.
    /// False where the address has been sent all that an address may get that doesn't answer.
    public mutating func sendHello(
        nonce: UInt64, to endpoint: Endpoint, now: Instant, into queue: inout DatagramQueue
    ) -> Bool {
        guard mayReach(endpoint, now: now) else { return false }
        queue.append(over: .direct(endpoint), count: HelloLayout.byteCount) { datagram in
            datagram.initializeMemory(as: UInt8.self, repeating: 0)
            datagram.storeBytes(of: DatagramKind.hello.rawValue, as: UInt8.self)
            datagram.storeBytes(of: nonce.bigEndian, toByteOffset: HelloLayout.nonce, as: UInt64.self)
        }
        return true
    }

    /// A hello that was sent so often has been answered from where it went.
    public mutating func noteHelloAnswer(from endpoint: Endpoint, after sends: Int) {
        strangers.noteAnswer(from: endpoint, after: sends)
    }

    /// Takes leave to send something to an address before anything authentic has come from it.
    private mutating func mayReach(_ endpoint: Endpoint, now: Instant) -> Bool {
        strangers.takes(endpoint, isKnown: sessions.contains(hostOf: endpoint, where: \.isProven), at: now)
    }

    private mutating func beginHandshake(
        _ body: RawSpan, requestID: UInt32, pair: SessionPair, key: PublicKey, over path: Path, now: Instant,
        into queue: inout DatagramQueue
    ) -> SendOutcome {
        guard handshakes.count < Limits.handshakes else { return .full }
        guard let local = identities.keys(of: pair.identity) else { return .impossible }
        guard mayReach(path.endpoint, now: now) else { return .withheld }
        var payload = ByteWriter(capacity: InitiationLayout.payloadByteCount)
        HandshakePayload.encode(
            mode: mode(of: pair.identity), body: body, alternate: alternate(toldTo: path.endpoint, as: pair.identity),
            paddedTo: InitiationLayout.payloadByteCount, into: &payload)
        let ephemeral = KeyPair(secret: random.secretKey(), suite: handshake.suite)
        let created = payload.withSpan { payload in
            InitiatorHandshake.createInitiation(
                handshake, local: local, remote: key, ephemeral: ephemeral, payload: payload)
        }
        guard let (state, message) = created else { return .impossible }
        guard let index = sessions.reserve(random: randomIndexBits()) else { return .full }

        var datagram = ByteWriter(capacity: InitiationLayout.byteCount)
        datagram.u8(DatagramKind.initiation.rawValue)
        datagram.u32(index)
        datagram.zeros(InitiationLayout.cookieByteCount)
        datagram.array(message)
        var outgoing = OutgoingHandshake(
            id: makeSessionID(for: index), index: index, pair: pair, remoteKey: key, localMode: mode(of: pair.identity),
            path: path, state: state, datagram: datagram.bytes, carrying: requestID, now: now)
        outgoing.send(over: path, now: now, into: &queue)
        handshakes.append(outgoing)
        noteExpectation()
        return .carried
    }
}
