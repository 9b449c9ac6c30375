import Basics
import Wire

/// The paths over which sessions were seen lately besides their own, and what was found out about them.
///
/// A datagram that opens under a session's keys, and whose counter is above all before, may come from elsewhere: the other side has
/// moved, its NAT has forgotten it, or somebody on the way sends a copy on. The other side alone can answer a challenge. So the new path and
/// the session's own are both challenged, and the session goes over the one from which it is answered (RFC 9000, §8.2 and §9.3):
///
///     seen ──▶ challenged ──answer over the new path──▶ taken ──answer over the own path, within a second──▶ stays
///                  │                └─the own path has answered before─▶ stays
///                  ├─three challenges, an answer over the own path alone──▶ stays
///                  └─three challenges, no answer──▶ silent
///
/// A table of its own, as hardly any session has a new path at a time.
struct PathValidation: Sendable {
    /// What is known of a new path.
    enum State: Equatable {
        /// Its answer is awaited.
        case challenged
        /// The session went over it; until then the former path may show that the other side has stayed there.
        case taken(until: Instant)
        /// The other side is where it was. What comes over this path is served, and answered over the session's own; some seconds later it
        /// is challenged again, as the other side may have come there since.
        case stays
        /// It has not answered, or it answers as versions do that know no challenges: a handshake must follow.
        case silent
        /// It counts no more, but as one of the session's new paths of the last minute.
        case over
    }

    /// A question that only the other side can answer.
    struct Challenge {
        let requestID: UInt32
        let nonce: UInt64
    }

    struct NewPath {
        let number: PathNumber
        let session: SessionID
        let path: Path
        /// The session's path when this one was seen first.
        private(set) var former: Path
        let seenAt: Instant
        /// One for each of the two paths: so an answer tells which of them it is of.
        private(set) var challenge: Challenge
        private(set) var formerChallenge: Challenge
        var state = State.challenged
        /// Bytes that came over it, and bytes sent over it.
        var received = 0
        var sent = 0
        /// Datagrams sent over it that count as unanswered until it answers.
        var sends = 0
        /// How often it was challenged, or would have been if that had been allowed.
        var challenges = 0
        var nextChallenge: Instant
        /// When it was challenged last.
        var challengedAt: Instant?
        /// Whether the other side has answered over the former path.
        var isFormerAlive = false

        /// It was not taken, or was left since, and is challenged again.
        mutating func challengeAnew(
            besides own: Path, _ challenge: Challenge, _ formerChallenge: Challenge, now: Instant
        ) {
            (former, self.challenge, self.formerChallenge) = (own, challenge, formerChallenge)
            (state, challenges, sends, isFormerAlive, nextChallenge) = (.challenged, 0, 0, false, now)
        }

        /// Bytes that may be sent over it now.
        var allowance: Int { Limits.amplification * received - sent }

        /// The narrower scope is the better path: within one household the inner one.
        var isBetter: Bool { path.endpoint.scope < former.endpoint.scope }
    }

    /// An answer that waits for its path's proof.
    private struct Answer {
        var number: PathNumber
        let kind: Traffic.Kind
        let body: [UInt8]
    }

    /// Oldest first.
    private var paths: [NewPath] = []
    private var answers: [Answer] = []
    private var lastNumber: UInt32 = 0

    var isEmpty: Bool { paths.isEmpty }
    /// All of them. For tests.
    var all: [NewPath] { paths }
    /// Bytes of the room reserved.
    var memory: Int {
        paths.capacity * MemoryLayout<NewPath>.stride + answers.capacity * MemoryLayout<Answer>.stride
            + answers.reduce(0) { $0 + $1.body.capacity }
    }

    /// When a challenge is to be repeated, or a path given up.
    private(set) var nextDue: Instant?

    // MARK: What is seen

    /// What a datagram from elsewhere means.
    enum Sighting: Equatable {
        /// The place of its path, whose answer is awaited; `isNew`: it was seen for the first time.
        case awaited(Int, isNew: Bool)
        /// Nothing: the session stays where it is.
        case nothing
        /// The session isn't followed there.
        case refused(isOneTooMany: Bool)
    }

    /// An authentic datagram of a session came over another path than the session's own. `isNewest`: its counter is above all before.
    /// `draw`: makes a challenge.
    mutating func observe(
        _ session: SessionID, over path: Path, besides own: Path, bytes: Int, isNewest: Bool, now: Instant,
        draw: () -> Challenge
    ) -> Sighting {
        forgetOld(now: now)
        if let known = paths.lastIndex(where: { $0.session == session && $0.path == path }) {
            paths[known].received += bytes
            let pause: Duration
            switch paths[known].state {
            case .challenged: return .awaited(known, isNew: false)
            case .silent: return .refused(isOneTooMany: false)
            case .stays: pause = SessionTimes.challengedAgain
            case .taken, .over: pause = Limits.challengeSpacing
            }
            let isLate = paths[known].challengedAt.map { now - $0 >= pause } ?? true
            guard isNewest, isLate, !isDecided(session, path, own, now: now) else { return .nothing }
            paths[known].challengeAnew(besides: own, draw(), draw(), now: now)
            findNextDue()
            return .awaited(known, isNew: true)
        }
        guard isNewest, !isDecided(session, path, own, now: now) else { return .nothing }
        guard paths.count(where: { $0.session == session }) < Limits.newPaths else {
            return .refused(isOneTooMany: true)
        }
        if paths.count >= Limits.newPathsRemembered { remove(0) }
        lastNumber &+= 1
        paths.append(
            NewPath(
                number: PathNumber(number: lastNumber), session: session, path: path, former: own, seenAt: now,
                challenge: draw(), formerChallenge: draw(), received: bytes, nextChallenge: now))
        findNextDue()
        return .awaited(paths.count - 1, isNew: true)
    }

    /// Whether a session has left this path a moment ago, and may come back to it by an answer that is on its way.
    private func isDecided(_ session: SessionID, _ path: Path, _ own: Path, now: Instant) -> Bool {
        paths.contains {
            guard case .taken(let until) = $0.state else { return false }
            return $0.session == session && $0.path == own && $0.former == path && now <= until
        }
    }

    private mutating func findNextDue() {
        nextDue = nil
        for path in paths where path.state == .challenged {
            nextDue = min(nextDue ?? path.nextChallenge, path.nextChallenge)
        }
    }

    private mutating func forgetOld(now: Instant) {
        while let first = paths.first, now - first.seenAt >= Limits.newPathTime { remove(0) }
    }

    private mutating func remove(_ place: Int) {
        dropAnswers(of: paths[place].number)
        paths.remove(at: place)
        if paths.isEmpty { paths = [] }
        findNextDue()
    }

    /// A session has ended.
    mutating func forget(_ session: SessionID) {
        guard !paths.isEmpty else { return }
        while let place = paths.firstIndex(where: { $0.session == session }) { remove(place) }
    }

    // MARK: Challenges

    /// What is to be done.
    enum Step {
        /// The path at this place is to be challenged.
        case challenge(Int)
        /// The path at this place has not answered in its time, but the session's own has: the answers that waited can go.
        case stays(Int)
        /// Neither has.
        case silence
    }

    /// The first that is due; called until nil, with `recordChallenge` after each challenge.
    mutating func nextStep(now: Instant) -> Step? {
        guard let place = paths.firstIndex(where: { $0.state == .challenged && $0.nextChallenge <= now }) else {
            return nil
        }
        guard paths[place].challenges < Limits.challengeSends else {
            guard paths[place].isFormerAlive else {
                conclude(place, .silent)
                return .silence
            }
            stay(place)
            return .stays(place)
        }
        // One session's challenges keep their distance, whatever paths they go over.
        let session = paths[place].session
        let last = paths.filter { $0.session == session }.compactMap(\.challengedAt).max()
        if let last, now - last < Limits.challengeSpacing {
            paths[place].nextChallenge = last + Limits.challengeSpacing
            findNextDue()
            return nextStep(now: now)
        }
        return .challenge(place)
    }

    /// The path at a place was challenged, or was left out as it may get no more.
    mutating func recordChallenge(at place: Int, now: Instant) {
        paths[place].challengedAt = now
        paths[place].nextChallenge = now + SessionTimes.challenge * (1 << paths[place].challenges)
        paths[place].challenges += 1
        findNextDue()
    }

    /// A datagram was sent over the path at a place.
    mutating func recordSent(_ bytes: Int, at place: Int) {
        paths[place].sent += bytes
        paths[place].sends += 1
    }

    subscript(place: Int) -> NewPath { paths[place] }

    /// The place of a path whose answer is awaited.
    func place(of number: PathNumber) -> Int? {
        paths.firstIndex { $0.number == number && $0.state == .challenged }
    }

    // MARK: Answers

    /// What an answer to a challenge means.
    enum Verdict: Equatable {
        /// It answers no challenge.
        case none
        /// The session stays as it is. The answers that waited for the path at this place can go.
        case stays(Int)
        /// Nothing yet.
        case undecided
        /// The session goes over the path at this place.
        case moves(Int)
        /// The session goes back to the former path of the one at this place.
        case movesBack(Int)
    }

    /// The other side of a session, which goes over `own` now, has answered a ping with this ID over a path. `nonce`: of the answer.
    mutating func observeAnswer(
        _ requestID: UInt32, nonce: UInt64?, in session: SessionID, over path: Path, own: Path, now: Instant
    ) -> Verdict {
        let place = paths.lastIndex {
            $0.session == session
                && ($0.challenge.requestID == requestID || $0.formerChallenge.requestID == requestID)
        }
        guard let place else { return .none }
        let new = paths[place]
        if new.challenge.requestID == requestID {
            guard new.state == .challenged else { return .undecided }
            // It has got the challenge by somebody who sends copies on, and is where it was.
            if path == own {
                stay(place)
                return .stays(place)
            }
            guard path == new.path else { return .undecided }
            guard nonce == new.challenge.nonce else {
                conclude(place, .silent)
                return .undecided
            }
            guard !new.isFormerAlive || new.isBetter else {
                stay(place)
                return .stays(place)
            }
            paths[place].state = .taken(until: now + SessionTimes.formerPath)
            findNextDue()
            // The others were challenged together with a path that is not the session's own any more.
            for other in paths.indices where other != place && paths[other].session == session {
                for answer in answers.indices where answers[answer].number == paths[other].number {
                    answers[answer].number = new.number
                }
                conclude(other, .over)
            }
            return .moves(place)
        }
        // Over whatever path: whoever sends copies on may be faster with this answer as well.
        guard nonce == new.formerChallenge.nonce else { return .undecided }
        paths[place].isFormerAlive = true
        guard case .taken(let until) = new.state, now <= until, own == new.path, !new.isBetter else {
            return .undecided
        }
        paths[place].state = .stays
        return .movesBack(place)
    }

    /// The session stays on its own path.
    private mutating func stay(_ place: Int) {
        paths[place].state = .stays
        findNextDue()
    }

    /// Its answers are dropped: it gets none.
    private mutating func conclude(_ place: Int, _ state: State) {
        paths[place].state = state
        findNextDue()
        dropAnswers(of: paths[place].number)
    }

    // MARK: Answers that wait

    /// Keeps an answer until its path has proved itself; false where there is no room.
    mutating func hold(_ body: RawSpan, as kind: Traffic.Kind, for number: PathNumber) -> Bool {
        guard answers.count < Limits.answersHeld,
            answers.count(where: { $0.number == number }) < Limits.answersHeldPerPath
        else { return false }
        answers.append(Answer(number: number, kind: kind, body: body.withUnsafeBytes { [UInt8]($0) }))
        return true
    }

    /// Hands over the answers that waited for the path at a place.
    mutating func takeAnswers(at place: Int) -> [(kind: Traffic.Kind, body: [UInt8])] {
        let number = paths[place].number
        defer { dropAnswers(of: number) }
        return answers.filter { $0.number == number }.map { ($0.kind, $0.body) }
    }

    private mutating func dropAnswers(of number: PathNumber) {
        guard !answers.isEmpty else { return }
        answers.removeAll { $0.number == number }
        if answers.isEmpty { answers = [] }
    }

    /// Traps where an invariant doesn't hold. For tests.
    func checkInvariants() {
        precondition(paths.count <= Limits.newPathsRemembered && answers.count <= Limits.answersHeld)
        let awaited = Set(paths.filter { $0.state == .challenged }.map(\.number))
        precondition(
            answers.allSatisfy { awaited.contains($0.number) }, "answers wait only for paths that are challenged")
        let areWithin = paths.allSatisfy { $0.sent <= Limits.amplification * $0.received }
        precondition(areWithin, "no path gets more than three times what came over it before it has proved itself")
    }
}
