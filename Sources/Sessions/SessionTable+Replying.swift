import Basics
import Cryptography
import Wire

extension SessionTable {
    /// Answers a request; false where the answer is longer than `maximumReply`, or the session is gone.
    ///
    /// A handshake is answered exactly once, before anything else is received. If the real answer comes later, reply to
    /// the handshake with an empty body, and send the answer over `laterCarrier`.
    /// - Parameter kind: What the datagram is counted as.
    public mutating func reply(
        _ body: RawSpan, as kind: Traffic.Kind, over carrier: ReplyCarrier, now: Instant,
        into queue: inout DatagramQueue
    ) -> Bool {
        dropOverdue(now: now)
        switch carrier {
        case .transport(let id):
            guard let slot = sessions.slot(of: id) else { return false }
            if !otherPaths.isEmpty { replyElsewhere(body, as: kind, over: slot, now: now, into: &queue) }
            return sessions.seal(body, as: kind, over: slot, into: &queue)
        case .handshake(let id):
            guard let due = answerDue, due.id == id, body.byteCount <= Limits.bodySize else { return false }
            answerDue = nil
            guard answer(due, with: body, as: kind, now: now, into: &queue) else {
                sessions.release(due.index)
                return false
            }
            return true
        }
    }

    /// The carrier of an answer that is sent after the empty one to the handshake.
    public func laterCarrier(of carrier: ReplyCarrier) -> ReplyCarrier {
        switch carrier {
        case .handshake(let id), .transport(let id): .transport(id)
        }
    }

    /// The longest body that may be sent as an answer now: an unproven address gets no more bytes than came from it. 0
    /// where the session is gone.
    public func maximumReply(over carrier: ReplyCarrier) -> Int {
        switch carrier {
        case .handshake(let id): answerDue?.id == id ? Limits.bodySize : 0
        case .transport(let id): sessions.slot(of: id).map { sessions.entries[$0].maximumBody } ?? 0
        }
    }

    private mutating func answer(
        _ due: AnswerDue, with body: RawSpan, as kind: Traffic.Kind, now: Instant, into queue: inout DatagramQueue
    ) -> Bool {
        var payload = ByteWriter(
            capacity: HandshakePayload.byteCount + Limits.bodySize + AlternateEndpoint.byteCount)
        let alternate = alternate(toldTo: due.path.endpoint, as: .node)
        HandshakePayload.encode(mode: mode, body: body, alternate: alternate, into: &payload)
        let ephemeral = KeyPair(secret: random.secretKey(), suite: handshake.suite)
        guard let (message, keys) = payload.withSpan({ due.state.createResponse(ephemeral: ephemeral, payload: $0) })
        else { return false }
        // A response is never longer than the initiation it answers.
        let count = ResponseLayout.noise + message.count
        queue.append(over: due.path, as: kind, count: count) { datagram in
            datagram.storeBytes(of: DatagramKind.response.rawValue, as: UInt8.self)
            datagram.storeBytes(of: due.index.bigEndian, toByteOffset: ResponseLayout.senderIndex, as: UInt32.self)
            datagram.storeBytes(
                of: due.remoteIndex.bigEndian, toByteOffset: ResponseLayout.receiverIndex, as: UInt32.self)
            datagram[ResponseLayout.noise...].copyBytes(from: message)
        }
        let session = Session(
            id: due.id, identity: due.pair.identity, remote: remotes(due.pair.remote, due.state.remote),
            remoteMode: due.remoteMode, localMode: mode, path: due.path, remoteIndex: due.remoteIndex,
            isInitiator: false, handshakeHash: keys.handshakeHash, allowance: InitiationLayout.byteCount - count,
            now: now)
        makeRoom(forUnprovenFrom: due.path.endpoint)
        let slot = sessions.insert(session, keys, at: due.index)
        pretenders.insert(slot, at: due.path.endpoint)
        unproven.append(due.id)
        recordExpectation()
        recordUse(at: now)
        return true
    }
}
