import Basics
import Wire

/// Sessions follow their other side to another path once that has answered there.
extension SessionTable {
    /// An authentic datagram of the session in a slot came over another path than the session's own. Returns how a request in it is
    /// answered; nil where the session isn't followed there, so that a handshake must follow.
    mutating func observe(
        _ slot: Int, over path: Path, _ bytes: Int, _ isNewest: Bool, now: Instant, into queue: inout DatagramQueue
    ) -> ReplyCarrier? {
        // Its opener has proved nothing, neither here nor there.
        guard sessions.entries[slot].isProven else { return nil }
        let (id, own) = (sessions.entries[slot].id, sessions.entries[slot].path)
        let sighting = newPaths.observe(id, over: path, besides: own, bytes: bytes, isNewest: isNewest, now: now) {
            PathValidation.Challenge(
                requestID: UInt32(truncatingIfNeeded: random.next()), nonce: random.next())
        }
        switch sighting {
        case .nothing: return .transport(id)
        case .refused(let isOneTooMany):
            if isOneTooMany { marks.insert(.newPathsUsedUp) }
            return nil
        case .awaited(let place, let isNew):
            let number = newPaths[place].number
            if isNew {
                marks.insert(.sessionSeenElsewhere)
                repeatChallenges(now: now, into: &queue)
            }
            return .newPath(id, number)
        }
    }

    /// Challenges the new paths whose turn it is, and gives up those that have been challenged often enough. Calling it too early is
    /// harmless.
    public mutating func repeatChallenges(now: Instant, into queue: inout DatagramQueue) {
        guard !newPaths.isEmpty else { return }
        while let step = newPaths.nextStep(now: now) {
            switch step {
            case .challenge(let place): challenge(place, now: now, into: &queue)
            case .stays(let place): stay(place, into: &queue)
            case .silence: marks.insert(.newPathSilent)
            }
        }
    }

    /// Challenges a new path, and the session's own with it.
    private mutating func challenge(_ place: Int, now: Instant, into queue: inout DatagramQueue) {
        let new = newPaths[place]
        newPaths.recordChallenge(at: place, now: now)
        guard let slot = sessions.slot(of: new.session) else { return }
        let bytes = TransportLayout.overhead + PathChallenge.byteCount
        guard new.allowance >= bytes else { return }
        guard mayReach(new.path.endpoint, now: now) else {
            marks.insert(.newPathWithheld)
            return
        }
        newPaths.recordSent(bytes, at: place)
        ask(new.challenge, over: slot, along: new.path, into: &queue)
        ask(new.formerChallenge, over: slot, along: new.former, into: &queue)
    }

    private mutating func ask(
        _ challenge: PathValidation.Challenge, over slot: Int, along path: Path, into queue: inout DatagramQueue
    ) {
        var body = ByteWriter(capacity: PathChallenge.byteCount)
        PathChallenge.encode(challenge.nonce, requestID: challenge.requestID, into: &body)
        body.withSpan { _ = sessions.seal($0, as: .request(.ping), over: slot, along: path, into: &queue) }
    }

    /// Answers a request that came over a new path of the session in a slot.
    mutating func reply(
        _ body: RawSpan, as kind: Traffic.Kind, over slot: Int, along number: PathNumber, now: Instant,
        into queue: inout DatagramQueue
    ) -> Bool {
        // It is decided where the other side is.
        guard let place = newPaths.place(of: number) else {
            return sessions.seal(body, as: kind, over: slot, into: &queue)
        }
        let bytes = TransportLayout.overhead + body.byteCount
        guard body.byteCount <= Limits.bodySize, newPaths[place].allowance >= bytes,
            mayReach(newPaths[place].path.endpoint, now: now)
        else {
            marks.insert(.answerHeldForProof)
            return body.byteCount <= Limits.bodySize && newPaths.hold(body, as: kind, for: number)
        }
        newPaths.recordSent(bytes, at: place)
        return sessions.seal(body, as: kind, over: slot, along: newPaths[place].path, into: &queue)
    }

    /// Reads the answer to a ping; nil where that was no challenge.
    mutating func observeAnswer(
        _ body: RawSpan, _ header: RPCHeader, in slot: Int, over path: Path, now: Instant,
        into queue: inout DatagramQueue
    ) -> Received? {
        let (id, own) = (sessions.entries[slot].id, sessions.entries[slot].path)
        let verdict = newPaths.observeAnswer(
            header.requestID, nonce: PathChallenge.read(from: body), in: id, over: path, own: own, now: now)
        switch verdict {
        case .none: return nil
        case .undecided: return .challengeAnswered(id)
        case .stays(let place):
            if path == newPaths[place].path {
                strangers.recordAnswer(from: path.endpoint, after: newPaths[place].sends)
            }
            stay(place, into: &queue)
            return .challengeAnswered(id)
        case .moves(let place):
            marks.insert(.sessionMoved)
            strangers.recordAnswer(from: path.endpoint, after: newPaths[place].sends)
            sendHeld(at: place, over: slot, along: path, into: &queue)
            return move(slot, to: path)
        case .movesBack(let place):
            marks.insert(.sessionMovedBack)
            return move(slot, to: newPaths[place].former)
        }
    }

    /// The other side is where it was, and gets there what waited.
    private mutating func stay(_ place: Int, into queue: inout DatagramQueue) {
        marks.insert(.sessionStays)
        guard let slot = sessions.slot(of: newPaths[place].session) else { return }
        sendHeld(at: place, over: slot, into: &queue)
    }

    private mutating func sendHeld(
        at place: Int, over slot: Int, along path: Path? = nil, into queue: inout DatagramQueue
    ) {
        for (kind, body) in newPaths.takeAnswers(at: place) {
            _ = sessions.seal(body.span.bytes, as: kind, over: slot, along: path, into: &queue)
        }
    }

    /// The session in a slot goes over another path from now on, and is charged to the address there.
    private mutating func move(_ slot: Int, to path: Path) -> Received {
        let (id, former) = (sessions.entries[slot].id, sessions.entries[slot].path)
        proven.remove(slot)
        sessions.move(slot, to: path)
        makeRoom(for: slot)
        return .moved(id, from: former)
    }
}
