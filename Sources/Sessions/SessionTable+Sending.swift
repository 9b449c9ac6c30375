import Basics
import Cryptography
import Wire

extension SessionTable {
    /// Sends a request: over an established session, inside a new handshake, or queued behind one under way.
    ///
    /// If the handshake under way has the request already, this is a retransmission: the same initiation is sent again.
    /// An aged session stays in use while the handshake for the next is under way.
    /// - Parameters:
    ///   - body: At most `Limits.bodySize` bytes.
    ///   - kind: What a datagram with nothing but this request is counted as.
    ///   - requestID: Tells a retry from another request.
    ///   - id: The hash of `key`.
    ///   - path: What a handshake goes over. A session goes over its own path, which has proved itself.
    public mutating func sendRequest(
        _ body: RawSpan, kind: Traffic.Kind, requestID: UInt32, as identity: IdentityID, to key: PublicKey,
        id: NodeID, over path: Path, now: Instant, into queue: inout DatagramQueue
    ) -> SendOutcome {
        precondition(body.byteCount <= Limits.bodySize)
        dropOverdue(now: now)
        identities.touch(identity)
        let pair = SessionPair(identity: identity, remote: id)
        let underWay = handshakes.place(of: pair)
        if let slot = sessions.current(of: pair), !sessions.isSilent(slot, at: now),
            underWay != nil || !sessions.needsRenewal(slot, at: now, mode: mode(of: identity)),
            sessions.seal(body, as: kind, over: slot, into: &queue)
        {
            sessions.entries[slot].recordRequest(at: now)
            if !otherPaths.isEmpty { repeatElsewhere(body, as: kind, over: slot, into: &queue) }
            return .sent
        }
        if let underWay {
            if let outcome = handshakes.entries[underWay].outcome(of: requestID) {
                if handshakes.entries[underWay].maySend(over: path, now: now), mayReach(path.endpoint, now: now) {
                    marks.insert(.initiationRepeated)
                    handshakes.entries[underWay].send(over: path, now: now, into: &queue)
                }
                return outcome
            }
            let isQueued = handshakes.entries[underWay].enqueue(body, as: kind, requestID: requestID)
            marks.insert(isQueued ? .requestQueued : .handshakeCarriesNoMore)
            return isQueued ? .queued : .full
        }
        return beginHandshake(body, requestID: requestID, pair: pair, key: key, over: path, now: now, into: &queue)
    }

    /// Whether a request to a remote key would go over an existing session. Also true for a session that states another
    /// mode than our present one: a request would open the next session, which tells the other side our mode.
    public func serves(_ remote: NodeID, as identity: IdentityID, now: Instant) -> Bool {
        guard let slot = sessions.current(of: SessionPair(identity: identity, remote: remote)),
            !sessions.isSilent(slot, at: now), now < sessions.end(of: slot)
        else { return false }
        return !sessions.needsRenewal(slot, at: now, mode: sessions.entries[slot].localMode)
    }

    /// Asks the node at an address for its static key: the answer comes as `.helloAnswer` with the same nonce. False
    /// where the limit for addresses that don't answer is reached. `isAttested`: a node in between has just seen there who has agreed to it.
    public mutating func sendHello(
        nonce: UInt64, to endpoint: Endpoint, isAttested: Bool = false, now: Instant, into queue: inout DatagramQueue
    ) -> Bool {
        guard mayReach(endpoint, isAttested: isAttested, now: now) else {
            marks.insert(.helloWithheld)
            return false
        }
        queue.append(over: .direct(endpoint), as: .hello, count: HelloLayout.byteCount) { datagram in
            datagram.initializeMemory(as: UInt8.self, repeating: 0)
            datagram.storeBytes(of: DatagramKind.hello.rawValue, as: UInt8.self)
            datagram.storeBytes(of: nonce.bigEndian, toByteOffset: HelloLayout.nonce, as: UInt64.self)
        }
        return true
    }

    /// A hello that was sent `sends` times has been answered from the endpoint it was sent to.
    public mutating func recordHelloAnswer(from endpoint: Endpoint, after sends: Int) {
        strangers.recordAnswer(from: endpoint, after: sends, isKnown: isKnown(endpoint))
    }

    /// Asks the limits for permission to send to an address from which nothing authentic has come yet.
    mutating func mayReach(_ endpoint: Endpoint, isAttested: Bool = false, now: Instant) -> Bool {
        strangers.takes(endpoint, isKnown: isKnown(endpoint), isAttested: isAttested, at: now)
    }

    /// Whether there is a session with a node at an address.
    func isKnown(_ endpoint: Endpoint) -> Bool { sessions.contains(hostOf: endpoint, where: \.isProven) }

    private mutating func beginHandshake(
        _ body: RawSpan, requestID: UInt32, pair: SessionPair, key: PublicKey, over path: Path, now: Instant,
        into queue: inout DatagramQueue
    ) -> SendOutcome {
        guard handshakes.count < Limits.handshakes else {
            marks.insert(.handshakesFull)
            return .full
        }
        if let slot = sessions.current(of: pair) {
            marks.insert(sessions.isSilent(slot, at: now) ? .silentSessionReplaced : .sessionRenewed)
        }
        guard let local = identities.keys(of: pair.identity) else { return .impossible }
        guard mayReach(path.endpoint, now: now) else {
            marks.insert(.addressWithheld)
            return .withheld
        }
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
        recordExpectation()
        return .carried
    }
}
