import Basics
import Wire

/// Sessions follow their other side to another path once that has answered there.
extension SessionTable {
    /// An authentic datagram of the session in a slot, which is proven, came over another path than the session's own. Returns how a
    /// request in it is answered, and whether its sender is to get a hint as well, as the session isn't followed there.
    mutating func observe(
        _ slot: Int, over path: Path, _ bytes: Int, _ isNewest: Bool, now: Instant, into queue: inout DatagramQueue
    ) -> (carrier: ReplyCarrier, isRefused: Bool) {
        let (id, own) = (sessions.entries[slot].id, sessions.entries[slot].path)
        let sighting = newPaths.observe(id, over: path, besides: own, bytes: bytes, isNewest: isNewest, now: now) {
            PathValidation.Challenge(
                requestID: UInt32(truncatingIfNeeded: random.next()), nonce: random.next())
        }
        switch sighting {
        case .nothing: return (.transport(id), false)
        case .refused(let isOneTooMany):
            if isOneTooMany { marks.insert(.newPathsUsedUp) }
            return (.transport(id), mayReach(path.endpoint, now: now))
        case .awaited(let place, let isNew):
            let number = newPaths[place].number
            if isNew {
                marks.insert(.sessionSeenElsewhere)
                repeatChallenges(now: now, into: &queue)
            }
            return (.newPath(id, number), false)
        }
    }

    /// Challenges the paths whose turn it is, and moves the sessions whose new path has answered alone. Calling it too early is harmless.
    public mutating func repeatChallenges(now: Instant, into queue: inout DatagramQueue) {
        guard !newPaths.isEmpty else { return }
        newPaths.forgetOld(now: now)
        while let step = newPaths.nextStep(now: now) {
            switch step {
            case .challenge(let place): challenge(place, now: now, into: &queue)
            case .silence: marks.insert(.newPathSilent)
            case .moves(let place, let seenAt):
                let new = newPaths[place]
                guard let slot = sessions.slot(of: new.session) else { break }
                marks.insert(.sessionMoved)
                move(slot, to: new.path, seenAt: seenAt)
            }
        }
    }

    /// Challenges a new path, and the one that it is to replace or has replaced.
    private mutating func challenge(_ place: Int, now: Instant, into queue: inout DatagramQueue) {
        let new = newPaths[place]
        newPaths.recordChallenge(at: place, now: now)
        guard let slot = sessions.slot(of: new.session) else { return }
        ask(new.formerChallenge, over: slot, along: new.former, into: &queue)
        let bytes = TransportLayout.overhead + PathChallenge.byteCount
        guard new.state == .challenged, new.allowance >= bytes else { return }
        guard mayReach(new.path.endpoint, now: now) else {
            marks.insert(.newPathWithheld)
            return
        }
        newPaths.recordSent(bytes, at: place)
        ask(new.challenge, over: slot, along: new.path, into: &queue)
    }

    private mutating func ask(
        _ challenge: PathValidation.Challenge, over slot: Int, along path: Path, into queue: inout DatagramQueue
    ) {
        var body = ByteWriter(capacity: PathChallenge.byteCount)
        PathChallenge.encode(challenge.nonce, requestID: challenge.requestID, into: &body)
        body.withSpan { _ = sessions.seal($0, as: .request(.ping), over: slot, along: path, into: &queue) }
    }

    /// Answers a request over a new path of the session in a slot: at once as far as the path may get that much, and else once it has
    /// proved itself. Nothing is done once it is decided where the session goes.
    mutating func reply(
        _ body: RawSpan, as kind: Traffic.Kind, over slot: Int, along number: PathNumber, now: Instant,
        into queue: inout DatagramQueue
    ) {
        guard body.byteCount <= Limits.bodySize, let place = newPaths.place(of: number) else { return }
        let new = newPaths[place]
        if new.state != .proven {
            let bytes = TransportLayout.overhead + body.byteCount
            guard new.allowance >= bytes, mayReach(new.path.endpoint, now: now) else {
                marks.insert(.answerHeldForProof)
                return newPaths.hold(body, as: kind, for: number)
            }
            newPaths.recordSent(bytes, at: place)
        }
        _ = sessions.seal(body, as: kind, over: slot, along: new.path, into: &queue)
    }

    /// Reads the answer to a ping. Returns whether that was a challenge.
    mutating func observeAnswer(
        _ body: RawSpan, _ header: RPCHeader, in slot: Int, over path: Path, now: Instant,
        into queue: inout DatagramQueue
    ) -> Bool {
        let (id, own) = (sessions.entries[slot].id, sessions.entries[slot].path)
        let verdict = newPaths.observeAnswer(
            header.requestID, nonce: PathChallenge.read(from: body), in: id, over: path, own: own, now: now)
        switch verdict {
        case .none: return false
        case .undecided: break
        case .stays: marks.insert(.sessionStays)
        case .knowsNone(let place): strangers.recordAnswer(from: path.endpoint, after: newPaths[place].sends)
        case .proves(let place):
            strangers.recordAnswer(from: path.endpoint, after: newPaths[place].sends)
            for (kind, body) in newPaths.takeAnswers(at: place) {
                _ = sessions.seal(body.span.bytes, as: kind, over: slot, along: path, into: &queue)
            }
            repeatChallenges(now: now, into: &queue)
        case .movesBack(let former):
            marks.insert(.sessionMovedBack)
            move(slot, to: former, seenAt: nil)
        }
        return true
    }

    /// The session in a slot goes over another path from now on, and is charged to the address there.
    private mutating func move(_ slot: Int, to path: Path, seenAt: Instant?) {
        moved.append(
            SessionMove(session: sessions.entries[slot].id, former: sessions.entries[slot].path, seenAt: seenAt))
        proven.remove(slot)
        sessions.move(slot, to: path)
        makeRoom(for: slot)
    }

    /// The sessions that go over another path since the last call: the other side has shown that it is there.
    public mutating func takeMoved() -> [SessionMove] {
        guard !moved.isEmpty else { return [] }
        defer { moved = [] }
        return moved
    }
}
