import Basics
import Cryptography
import Wire

extension SessionTable {
    /// Reads a datagram. Its content is in `plaintext` (capacity `Limits.datagramSize`, reused) until the next call.
    ///
    /// An initiation that carries a request must be answered by `reply` before anything else is received.
    public mutating func receive(
        _ datagram: RawSpan, over path: Path, now: Instant, plaintext: inout ByteWriter,
        into queue: inout DatagramQueue
    ) -> Received {
        plaintext.reset()
        dropAnswerDue()
        dropOverdue(now: now)
        guard path.endpoint.isUsable, let kind = try? DatagramKind(of: datagram) else { return .nothing(.malformed) }
        switch kind {
        case .transport:
            return receiveTransport(datagram, over: path, now: now, plaintext: &plaintext, into: &queue)
        case .initiation:
            return receiveInitiation(datagram, over: path, now: now, plaintext: &plaintext, into: &queue)
        case .response:
            return receiveResponse(datagram, over: path, now: now, plaintext: &plaintext, into: &queue)
        case .unknownSession: return receiveHint(datagram, over: path)
        case .hello: return answerHello(datagram, from: path.endpoint, now: now, into: &queue)
        case .helloAnswer:
            guard let answer = HelloAnswer(datagram) else { return .nothing(.malformed) }
            return .helloAnswer(answer)
        case .cookie: return receiveCookie(datagram, over: path, now: now, into: &queue)
        }
    }

    // MARK: Transport

    private mutating func receiveTransport(
        _ datagram: RawSpan, over path: Path, now: Instant, plaintext: inout ByteWriter,
        into queue: inout DatagramQueue
    ) -> Received {
        let index: UInt32 = datagram.bigEndian(at: TransportLayout.receiverIndex)
        guard let slot = sessions.slot(withIndex: index) else {
            // The other side may have answered our handshake, and this datagram overtook the response.
            if handshakes.place(of: index) != nil {
                marks.insert(.datagramOvertookHandshake)
                return .nothing(.unexpected)
            }
            return sendHint(answering: datagram, over: path, now: now, into: &queue)
        }
        let isElsewhere = sessions.entries[slot].path != path
        // Its opener has proved nothing, neither here nor there. Unread, so that a copy takes nothing from the original.
        guard !isElsewhere || sessions.entries[slot].isProven else {
            return sendHint(answering: datagram, over: path, now: now, into: &queue)
        }
        let isNewest = isElsewhere && sessions.entries[slot].isNewest(datagram.bigEndian(at: TransportLayout.counter))
        if let reason = sessions.open(datagram, at: slot, into: &plaintext, now: now) {
            marks.insert(reason == .replayed ? .datagramReplayed : .datagramUnauthentic)
            // A copy may have been faster than the original, whose sender is here and must open a session anew.
            if reason == .replayed, isElsewhere, !otherPaths.isTried(path, of: sessions.entries[slot].id) {
                _ = sendHint(answering: datagram, over: path, now: now, into: &queue)
            }
            return .nothing(reason)
        }
        let id = sessions.entries[slot].id
        // It is read in any case: it may be a copy, and the original will count as received.
        if isElsewhere, !observe(slot, over: path, datagram.byteCount, isNewest, now: now, into: &queue) {
            _ = sendHint(answering: datagram, over: path, now: now, into: &queue)
        }
        let isFirst = !sessions.entries[slot].isProven
        if isFirst { prove(slot) }
        // What comes from where the session isn't followed says nothing of its own path, except an answer to what went there.
        let isSign = !isElsewhere || otherPaths.isTried(path, of: id)
        guard let header = plaintext.withSpan({ try? RPCHeader(decoding: $0) }) else {
            if isSign { sessions.entries[slot].recordSignOfLife() }
            return isFirst ? .proven(id) : .nothing(plaintext.isEmpty ? .empty : .malformed)
        }
        // Challenges and their answers don't show that anything else is answered: somebody may send them alone on.
        let isChallenge = header.kind == .ping && plaintext.withSpan { PathChallenge.read(from: $0) } != nil
        guard header.isResponse else {
            if isSign, !isChallenge { sessions.entries[slot].recordSignOfLife() }
            return .request(id, .transport(id), header)
        }
        if !otherPaths.isEmpty, header.kind == .ping,
            let verdict = plaintext.withSpan({ verdict(on: $0, header, of: id, over: path, now: now) })
        {
            if case .refuses(isSeen: true) = verdict {
                _ = sendHint(answering: datagram, over: path, now: now, into: &queue)
            }
            follow(verdict, slot, now: now, into: &queue)
            return .challengeAnswered(id)
        }
        if !isChallenge { sessions.entries[slot].recordSignOfLife() }
        return .response(id, header)
    }

    private mutating func prove(_ slot: Int) {
        let id = sessions.entries[slot].id
        unproven.removeAll { $0 == id }
        discount(slot)
        sessions.entries[slot].prove()
        handshakeOutcomes.accepted += 1
        admit(slot)
    }

    /// Tells the sender that this node doesn't have its session, or doesn't follow it to this path.
    private mutating func sendHint(
        answering datagram: RawSpan, over path: Path, now: Instant, into queue: inout DatagramQueue
    ) -> Received {
        guard hints.takes(at: now) else {
            marks.insert(.hintsLimited)
            return .nothing(.rateLimited)
        }
        marks.insert(.hintSent)
        queue.append(over: path, as: .other, count: UnknownSessionLayout.byteCount) { hint in
            hint.storeBytes(of: DatagramKind.unknownSession.rawValue, as: UInt8.self)
            datagram.withUnsafeBytes { datagram in
                UnsafeMutableRawBufferPointer(rebasing: hint[UnknownSessionLayout.receiverIndex...]).copyMemory(
                    from: UnsafeRawBufferPointer(
                        rebasing: datagram[TransportLayout.receiverIndex..<TransportLayout.counter]))
                UnsafeMutableRawBufferPointer(rebasing: hint[UnknownSessionLayout.tag...]).copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: datagram.suffix(NoiseSizes.tag)))
            }
        }
        return .nothing(.unknownSession)
    }

    /// A hint counts only if it repeats the tag of a datagram that we sent lately. Then the session is no longer used
    /// for sending, but it still receives: a node that saw the datagram could have forged the hint.
    private mutating func receiveHint(_ datagram: RawSpan, over path: Path) -> Received {
        let index: UInt32 = datagram.bigEndian(at: UnknownSessionLayout.receiverIndex)
        guard let slot = sessions.slot(withRemoteIndex: index, over: path),
            sessions.entries[slot].consumeHint(tag: datagram.bigEndian(at: UnknownSessionLayout.tag))
        else {
            marks.insert(.hintUnfounded)
            return .nothing(.unexpected)
        }
        marks.insert(.hintBelieved)
        let pair = sessions.entries[slot].pair
        if sessions.entries[slot].isCurrent { retire(slot) }
        return .lost(as: pair.identity, pair.remote)
    }

    // MARK: Handshakes

    private mutating func receiveInitiation(
        _ datagram: RawSpan, over path: Path, now: Instant, plaintext: inout ByteWriter,
        into queue: inout DatagramQueue
    ) -> Received {
        if let reason = challenge(datagram, over: path, now: now, into: &queue) { return .nothing(reason) }
        let message = datagram.extracting(InitiationLayout.noise..<datagram.byteCount)
        guard
            let (state, bytes) = ResponderHandshake.consumeInitiation(
                handshake, local: identities.node, message: message),
            state.remote != identities.node.publicKey
        else {
            marks.insert(.initiationUnauthentic)
            return .nothing(.unauthentic)
        }
        guard let payload = try? HandshakePayload(decoding: bytes.span.bytes) else { return .nothing(.malformed) }
        let body = bytes.span.bytes.extracting(payload.body.bounds)
        let header = try? RPCHeader(decoding: body)
        guard body.isEmpty || header?.isResponse == false else { return .nothing(.malformed) }

        guard let index = sessions.reserve(random: randomIndexBits()) else {
            marks.insert(.sessionSlotsFull)
            return .nothing(.full)
        }
        let id = makeSessionID(for: index)
        answerDue = AnswerDue(
            id: id, index: index, remoteIndex: datagram.bigEndian(at: InitiationLayout.senderIndex), path: path,
            remoteMode: payload.mode, pair: SessionPair(identity: .node, remote: state.remote.nodeID), state: state)
        alternateStated = payload.alternate.map { (id, $0) }
        guard let header else {
            _ = reply(RawSpan(), as: .other, over: .handshake(id), now: now, into: &queue)
            return .nothing(.answered)
        }
        plaintext.span(body)
        return .request(id, .handshake(id), header)
    }

    private mutating func receiveResponse(
        _ datagram: RawSpan, over path: Path, now: Instant, plaintext: inout ByteWriter,
        into queue: inout DatagramQueue
    ) -> Received {
        let index: UInt32 = datagram.bigEndian(at: ResponseLayout.receiverIndex)
        guard let place = handshakes.place(of: index), handshakes.entries[place].wasSent(over: path) else {
            marks.insert(.handshakeAnswerUnexpected)
            return .nothing(.unexpected)
        }
        let message = datagram.extracting(ResponseLayout.noise..<datagram.byteCount)
        guard let (bytes, keys) = handshakes.entries[place].consumeResponse(message) else {
            marks.insert(.handshakeAnswerUnauthentic)
            return .nothing(.unauthentic)
        }
        guard let payload = try? HandshakePayload(decoding: bytes.span.bytes) else { return .nothing(.malformed) }
        guard let outgoing = handshakes.remove(index) else { return .nothing(.unexpected) }
        strangers.recordAnswer(from: path.endpoint, after: outgoing.sends, isKnown: isKnown(path.endpoint))

        let session = Session(
            id: outgoing.id, identity: outgoing.pair.identity,
            remote: remotes(outgoing.pair.remote, outgoing.remoteKey), remoteMode: payload.mode,
            localMode: outgoing.localMode, path: path, remoteIndex: datagram.bigEndian(at: ResponseLayout.senderIndex),
            isInitiator: true,
            handshakeHash: keys.handshakeHash, allowance: 0, now: now)
        let slot = sessions.insert(session, keys, at: index)
        admit(slot)
        alternateStated = payload.alternate.map { (session.id, $0) }
        handshakeOutcomes.completed += 1
        recordUse(at: now)
        for (kind, body) in outgoing.waiting {
            _ = sessions.seal(body.span.bytes, as: kind, over: slot, into: &queue)
            sessions.entries[slot].recordRequest(at: now)
        }
        // If there is nothing to send, an empty datagram proves our address.
        if outgoing.waiting.isEmpty { _ = sessions.seal(RawSpan(), as: .other, over: slot, into: &queue) }

        let body = bytes.span.bytes.extracting(payload.body.bounds)
        guard let header = try? RPCHeader(decoding: body), header.isResponse else {
            return .established(session.id, response: nil)
        }
        plaintext.span(body)
        return .established(session.id, response: header)
    }

    /// Drops an initiation that was not answered in its turn: it never will be.
    mutating func dropAnswerDue() {
        guard let due = answerDue else { return }
        answerDue = nil
        sessions.release(due.index)
    }

    // MARK: Hello

    private mutating func answerHello(
        _ datagram: RawSpan, from endpoint: Endpoint, now: Instant, into queue: inout DatagramQueue
    ) -> Received {
        guard helloAnswers.takes(at: now) else {
            marks.insert(.helloAnswersLimited)
            return .nothing(.rateLimited)
        }
        let nonce: UInt64 = datagram.bigEndian(at: HelloLayout.nonce)
        let (key, mode) = (identities.node.publicKey.bytes, mode)
        queue.append(over: .direct(endpoint), as: .hello, count: HelloAnswerLayout.byteCount) { answer in
            answer.storeBytes(of: DatagramKind.helloAnswer.rawValue, as: UInt8.self)
            answer.storeBytes(of: nonce.bigEndian, toByteOffset: HelloAnswerLayout.nonce, as: UInt64.self)
            key.withUnsafeBytes {
                UnsafeMutableRawBufferPointer(rebasing: answer[HelloAnswerLayout.key...]).copyMemory(from: $0)
            }
            answer.storeBytes(of: mode.rawValue, toByteOffset: HelloAnswerLayout.mode, as: UInt8.self)
            let address = HelloAnswerLayout.address
            answer.storeBytes(of: endpoint.high.bigEndian, toByteOffset: address, as: UInt64.self)
            answer.storeBytes(of: endpoint.low.bigEndian, toByteOffset: address + 8, as: UInt64.self)
            answer.storeBytes(of: endpoint.port.bigEndian, toByteOffset: HelloAnswerLayout.port, as: UInt16.self)
        }
        return .hello(nonce: nonce)
    }
}

/// What an answer to a hello says.
public struct HelloAnswer: Hashable, Sendable {
    /// The hello's nonce.
    public let nonce: UInt64
    /// The static key that the answer claims.
    public let key: PublicKey
    /// The mode that the responder claims.
    public let mode: NodeMode
    /// The address from which the responder saw the hello come.
    public let observed: Endpoint

    package init(nonce: UInt64, key: PublicKey, mode: NodeMode, observed: Endpoint) {
        (self.nonce, self.key, self.mode, self.observed) = (nonce, key, mode, observed)
    }

    /// Reads a datagram; nil where it is not the answer to a hello.
    public init?(_ datagram: RawSpan) {
        guard (try? DatagramKind(of: datagram)) == .helloAnswer,
            let key = Bytes32(datagram, at: HelloAnswerLayout.key),
            let mode = NodeMode(rawValue: datagram.bigEndian(at: HelloAnswerLayout.mode))
        else { return nil }
        nonce = datagram.bigEndian(at: HelloAnswerLayout.nonce)
        self.key = PublicKey(key)
        self.mode = mode
        observed = Endpoint(
            high: datagram.bigEndian(at: HelloAnswerLayout.address),
            low: datagram.bigEndian(at: HelloAnswerLayout.address + 8),
            port: datagram.bigEndian(at: HelloAnswerLayout.port))
    }
}

extension RawSpan {
    /// The big-endian integer at `offset`, which must lie within the span with all its bytes.
    func bigEndian<Value: FixedWidthInteger & BitwiseCopyable>(at offset: Int) -> Value {
        precondition(offset >= 0 && offset + MemoryLayout<Value>.size <= byteCount)
        return Value(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: Value.self))
    }
}
