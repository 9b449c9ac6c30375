import Basics
import Wire

/// Sessions follow their other side to another path once that has answered there, and no longer on the session's own.
extension SessionTable {
    /// An authentic datagram of the session in a slot, which is proven, came over another path than its own. Returns false where its sender
    /// is to get a hint, as the session isn't followed there.
    mutating func observe(
        _ slot: Int, over path: Path, _ bytes: Int, _ isNewest: Bool, now: Instant, into queue: inout DatagramQueue
    ) -> Bool {
        let (id, own) = (sessions.entries[slot].id, sessions.entries[slot].path)
        let sighting = otherPaths.observe(id, over: path, own: own, bytes: bytes, isNewest: isNewest, now: now) {
            PathValidation.Challenge(requestID: UInt32(truncatingIfNeeded: random.next()), nonce: random.next())
        }
        switch sighting {
        case .nothing: break
        case .asks(let place):
            marks.insert(.sessionSeenElsewhere)
            challenge(place, now: now, into: &queue)
        case .refused:
            marks.insert(.sessionNotFollowed)
            return false
        }
        return true
    }

    /// Challenges the paths whose turn it is, and moves the sessions whose other path has answered alone. Calling it too early is harmless.
    public mutating func repeatChallenges(now: Instant, into queue: inout DatagramQueue) {
        while let step = otherPaths.nextStep(now: now) {
            switch step {
            case .challenge(let place): challenge(place, now: now, into: &queue)
            case .silence:
                marks.insert(.otherPathSilent)
                pathOutcomes.unproven += 1
            case .moves(let session, let path, let seenAt):
                guard let slot = sessions.slot(of: session) else { break }
                marks.insert(.sessionMoved)
                pathOutcomes.followed += 1
                move(slot, to: path, seenAt: seenAt)
            }
        }
    }

    /// Challenges a session's own path, while it isn't decided where it goes, and the other one, as far as that may get so much.
    private mutating func challenge(_ place: Int, now: Instant, into queue: inout DatagramQueue) {
        let other = otherPaths[place]
        otherPaths.recordChallenge(at: place, now: now)
        guard let slot = sessions.slot(of: other.session) else { return }
        if other.isUndecided { ask(other.ownChallenge, over: slot, along: other.own, into: &queue) }
        let bytes = TransportLayout.overhead + PathChallenge.byteCount
        // Where the session went before has proved itself once.
        guard other.state == .left || other.state == .asked && other.allowance >= bytes else { return }
        guard mayReach(other.path.endpoint, now: now) else {
            marks.insert(.otherPathWithheld)
            return
        }
        otherPaths.recordSent(bytes, at: place)
        ask(other.challenge, over: slot, along: other.path, into: &queue)
    }

    private mutating func ask(
        _ challenge: PathValidation.Challenge, over slot: Int, along path: Path, into queue: inout DatagramQueue
    ) {
        var body = ByteWriter(capacity: PathChallenge.byteCount)
        PathChallenge.encode(challenge.nonce, requestID: challenge.requestID, into: &body)
        body.withSpan { _ = sessions.seal($0, as: .request(.ping), over: slot, along: path, into: &queue) }
    }

    /// Sends a request over the other path of the session in a slot as well, if that has proved itself: the own path may lead nowhere.
    mutating func repeatElsewhere(
        _ body: RawSpan, as kind: Traffic.Kind, over slot: Int, into queue: inout DatagramQueue
    ) {
        guard let place = otherPaths.place(of: sessions.entries[slot].id), otherPaths[place].state == .proven else {
            return
        }
        _ = sessions.seal(body, as: kind, over: slot, along: otherPaths[place].path, into: &queue)
    }

    // MARK: Answers of this side's

    /// Answers a ping that came over another path than the session's own over that path alone, once it has proved itself: the answer says where
    /// the ping's sender is seen there, which of a copy is where the copier is. `replyOverOwnPath` follows.
    public mutating func replyElsewhere(
        _ body: RawSpan, as kind: Traffic.Kind, over session: SessionID, along path: Path, now: Instant,
        into queue: inout DatagramQueue
    ) {
        guard let slot = sessions.slot(of: session), let place = otherPaths.place(of: session),
            otherPaths[place].path == path
        else { return }
        switch otherPaths[place].state {
        case .asked: otherPaths.hold(body, as: kind, at: place)
        case .proven: _ = sessions.seal(body, as: kind, over: slot, along: path, into: &queue)
        case .left, .refused: break
        }
    }

    /// Answers a ping over the session's own path alone.
    public mutating func replyOverOwnPath(
        _ body: RawSpan, as kind: Traffic.Kind, over session: SessionID, now: Instant, into queue: inout DatagramQueue
    ) {
        guard let slot = sessions.slot(of: session) else { return }
        _ = sessions.seal(body, as: kind, over: slot, into: &queue)
    }

    /// Sends an answer over the other path of the session in a slot as well: at once as far as the path may get so much, and else once it has
    /// proved itself.
    mutating func replyElsewhere(
        _ body: RawSpan, as kind: Traffic.Kind, over slot: Int, now: Instant, into queue: inout DatagramQueue
    ) {
        guard body.byteCount <= Limits.bodySize, let place = otherPaths.place(of: sessions.entries[slot].id) else {
            return
        }
        let other = otherPaths[place]
        guard other.state != .refused else { return }
        if other.state != .proven {
            let bytes = TransportLayout.overhead + body.byteCount
            guard other.allowance >= bytes, other.sends < PathValidation.OtherPath.answersAtOnce,
                mayReach(other.path.endpoint, now: now)
            else {
                guard other.state == .asked else { return }
                marks.insert(.answerHeldForProof)
                return otherPaths.hold(body, as: kind, at: place)
            }
            otherPaths.recordSent(bytes, at: place)
        }
        _ = sessions.seal(body, as: kind, over: slot, along: other.path, into: &queue)
    }

    // MARK: Answers of the other side's

    /// What the answer to a ping says of a path, or nil where that was no challenge.
    mutating func verdict(
        on body: RawSpan, _ header: RPCHeader, of session: SessionID, over path: Path, now: Instant
    ) -> PathValidation.Verdict? {
        let verdict = otherPaths.observeAnswer(
            header.requestID, nonce: PathChallenge.read(from: body), in: session, over: path, now: now)
        if case .none = verdict { return nil }
        return verdict
    }

    /// Follows what the answer to a challenge of the session in a slot has shown.
    mutating func follow(
        _ verdict: PathValidation.Verdict, _ slot: Int, now: Instant, into queue: inout DatagramQueue
    ) {
        switch verdict {
        case .none, .undecided: break
        case .stays:
            marks.insert(.sessionStays)
            pathOutcomes.stayed += 1
        case .refuses:
            marks.insert(.otherPathNotProven)
            pathOutcomes.unproven += 1
        case .proves(let place):
            let other = otherPaths[place]
            strangers.recordAnswer(
                from: other.path.endpoint, after: other.sends, isKnown: isKnown(other.path.endpoint))
            for (kind, body) in otherPaths.takeAnswers(at: place) {
                _ = sessions.seal(body.span.bytes, as: kind, over: slot, along: other.path, into: &queue)
            }
        case .movesBack(let former):
            marks.insert(.sessionMovedBack)
            pathOutcomes.returned += 1
            move(slot, to: former, seenAt: nil)
        }
    }

    /// The session in a slot goes over another path from now on, and is charged to the address there. Requests go over it again where a hint from
    /// its former path had ended that.
    private mutating func move(_ slot: Int, to path: Path, seenAt: Instant?) {
        moved.append(
            SessionMove(session: sessions.entries[slot].id, former: sessions.entries[slot].path, seenAt: seenAt))
        if sessions.entries[slot].isLost, sessions.current(of: sessions.entries[slot].pair) == nil {
            sessions.entries[slot].isCurrent = true
        }
        proven.remove(slot)
        sessions.move(slot, to: path)
        makeRoom(for: slot)
    }

    /// Over which path a session goes; nil where it is gone.
    public func path(of session: SessionID) -> SessionPath? {
        guard let slot = sessions.slot(of: session) else { return nil }
        return SessionPath(path: sessions.entries[slot].path, isMoving: otherPaths.isInDoubt(session))
    }

    /// The sessions that go over another path since the last call: the other side has shown that it is there.
    public mutating func takeMoved() -> [SessionMove] {
        guard !moved.isEmpty else { return [] }
        defer { moved = [] }
        return moved
    }
}
