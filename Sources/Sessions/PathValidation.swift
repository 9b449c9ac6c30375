import Basics
import Wire

/// The paths over which sessions were seen lately besides their own, and what was found out about them.
///
/// A datagram that opens under a session's keys, and whose counter is above all before, may come from elsewhere: the other side has
/// moved, its NAT has forgotten it, or somebody on the way sends a copy on. The other side alone can answer a challenge. So the new path and
/// the session's own are both challenged (RFC 9000, §8.2 and §9.3). The session goes over the new path when that has answered, and its own
/// has left two challenges unanswered:
///
///     seen ──▶ challenged ──answer over the new path──▶ proven ──two challenges of the own path unanswered──▶ taken
///                  │ └─three challenges, no answer──▶ silent │                                                  │
///                  └──────────answer from the own path───────┴──▶ stays ◀──answer from the former path──────────┘
///
/// Somebody who sends copies on, and may be faster than the original, can't keep back what the other side answers from its own path. So
/// an answer to the own path's challenge counts over whatever path it comes. After a move the former path is challenged for as long as
/// the new one is remembered: whatever was lost meanwhile, who still answers from there has the session back.
///
/// A table of its own, as hardly any session has a new path at a time.
struct PathValidation: Sendable {
    /// What is known of a new path.
    enum State: Equatable {
        /// Its answer is awaited.
        case challenged
        /// It has answered; the answer of the session's own path is awaited.
        case proven
        /// The session went over it. The former path may still show that the other side has stayed there.
        case taken
        /// The other side is where it was; some seconds later this path is challenged again, as the other side may have come there since.
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
        /// When the session went over it, or else when it was last seen as one that might be taken.
        private(set) var lastAt: Instant
        /// One for each of the two paths: so an answer tells which of them it is of.
        private(set) var challenge: Challenge
        private(set) var formerChallenge: Challenge
        fileprivate(set) var state = State.challenged
        /// Bytes that came over it, and bytes sent over it before it had answered.
        var received = 0
        var sent = 0
        /// Datagrams sent over it that count as unanswered until it answers.
        var sends = 0
        /// How often the two were challenged.
        var challenges = 0
        var nextChallenge: Instant
        /// When they were challenged last.
        var challengedAt: Instant?

        init(
            _ number: PathNumber, of session: SessionID, _ path: Path, besides own: Path, _ challenge: Challenge,
            _ formerChallenge: Challenge, received: Int, now: Instant
        ) {
            (self.number, self.session, self.path, former) = (number, session, path, own)
            (self.challenge, self.formerChallenge, self.received) = (challenge, formerChallenge, received)
            (seenAt, lastAt, nextChallenge) = (now, now, now)
        }

        /// It was not taken, or was left since, and is challenged again.
        fileprivate mutating func challengeAnew(
            besides own: Path, _ challenge: Challenge, _ formerChallenge: Challenge, now: Instant
        ) {
            (former, self.challenge, self.formerChallenge) = (own, challenge, formerChallenge)
            (state, challenges, sends, lastAt, nextChallenge) = (.challenged, 0, 0, now, now)
        }

        /// The session goes over it from now on. The former path is challenged at once, and goes on to be.
        fileprivate mutating func take(now: Instant) { (state, lastAt, nextChallenge) = (.taken, now, now) }

        /// Bytes that may be sent over it now.
        var allowance: Int { state == .proven ? .max : Limits.amplification * received - sent }

        /// Whether where the session goes isn't decided yet.
        var isUndecided: Bool { state == .challenged || state == .proven }
        /// Whether challenges are repeated.
        fileprivate var isAsking: Bool { isUndecided || state == .taken }
        /// When it is forgotten, unless it isn't decided by then.
        fileprivate var end: Instant { lastAt + Limits.newPathTime }
        /// When something is to be done.
        fileprivate var due: Instant { isUndecided ? nextChallenge : isAsking ? min(nextChallenge, end) : end }
    }

    /// An answer that waits for its path's proof.
    private struct Answer {
        let number: PathNumber
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

    /// When a challenge is to be repeated, or a path given up or forgotten.
    private(set) var nextDue: Instant?

    // MARK: What is seen

    /// What a datagram from elsewhere means.
    enum Sighting: Equatable {
        /// The place of its path, whose answer is awaited; `isNew`: from now on.
        case awaited(Int, isNew: Bool)
        /// Nothing: the session stays where it is.
        case nothing
        /// The session isn't followed there, and a handshake may be needed.
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
            let sinceChallenge = paths[known].challengedAt.map { now - $0 } ?? SessionTimes.challengedAgain
            switch paths[known].state {
            case .challenged, .proven: return .awaited(known, isNew: false)
            case _ where !isNewest: return .nothing
            // What it was taken from is still asked for: that must not be forgotten.
            case .silent, .taken: return .refused(isOneTooMany: false)
            case .stays where sinceChallenge < SessionTimes.challengedAgain: return .refused(isOneTooMany: false)
            case .over where sinceChallenge < Limits.challengeSpacing: return .nothing
            case .stays, .over: break
            }
            paths[known].challengeAnew(besides: own, draw(), draw(), now: now)
            findNextDue()
            return .awaited(known, isNew: true)
        }
        guard isNewest else { return .nothing }
        guard paths.count(where: { $0.session == session }) < Limits.newPaths, makeRoom(besides: own) else {
            return .refused(isOneTooMany: true)
        }
        lastNumber &+= 1
        paths.append(
            NewPath(
                PathNumber(number: lastNumber), of: session, path, besides: own, draw(), draw(), received: bytes,
                now: now))
        findNextDue()
        return .awaited(paths.count - 1, isNew: true)
    }

    /// Makes room for a new path of a session that goes over `own`; false where there is none. Sessions with one block of addresses get
    /// no more than their share, and what isn't decided is not forgotten.
    private mutating func makeRoom(besides own: Path) -> Bool {
        guard paths.count >= Limits.newPathsPerBlock else { return true }
        let block = Account.block(of: own.endpoint)
        guard paths.count(where: { Account.block(of: $0.former.endpoint) == block }) < Limits.newPathsPerBlock else {
            return false
        }
        guard paths.count >= Limits.newPathsRemembered else { return true }
        guard let decided = paths.firstIndex(where: { !$0.isAsking }) else { return false }
        remove(decided)
        return true
    }

    private mutating func findNextDue() { nextDue = paths.lazy.map(\.due).min() }

    /// Forgets what is old and decided.
    mutating func forgetOld(now: Instant) {
        guard paths.contains(where: { !$0.isUndecided && $0.end <= now }) else { return }
        paths.removeAll { !$0.isUndecided && $0.end <= now }
        if paths.isEmpty { paths = [] }
        findNextDue()
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
        /// The paths at this place are to be challenged.
        case challenge(Int)
        /// The session goes over the path at this place, which was seen at this time.
        case moves(Int, seenAt: Instant)
        /// Neither of two paths has answered.
        case silence
    }

    /// The first that is due; called until nil, with `recordChallenge` after each challenge.
    mutating func nextStep(now: Instant) -> Step? {
        while let place = paths.firstIndex(where: { $0.isUndecided && $0.nextChallenge <= now })
            ?? paths.firstIndex(where: { $0.isAsking && $0.nextChallenge <= now })
        {
            let challenges = paths[place].challenges
            if paths[place].state == .proven, challenges >= Limits.challengesOfFormer {
                let seenAt = paths[place].lastAt
                take(place, now: now)
                return .moves(place, seenAt: seenAt)
            }
            if paths[place].state == .challenged, challenges >= Limits.challengeSends {
                conclude(place, .silent)
                return .silence
            }
            // One session's challenges keep their distance, whatever paths they go over.
            let session = paths[place].session
            let last = paths.lazy.filter { $0.session == session }.compactMap(\.challengedAt).max()
            guard let last, now - last < Limits.challengeSpacing else { return .challenge(place) }
            paths[place].nextChallenge = last + Limits.challengeSpacing
            findNextDue()
        }
        return nil
    }

    private mutating func take(_ place: Int, now: Instant) {
        let (session, path) = (paths[place].session, paths[place].path)
        for other in paths.indices where other != place && paths[other].session == session {
            // Others were challenged together with a path that is not the session's own any more. Where the other side was before is
            // still asked for, unless that is where it is now.
            if paths[other].state != .taken || paths[other].former == path { conclude(other, .over) }
        }
        paths[place].take(now: now)
        findNextDue()
    }

    /// The paths at a place were challenged: the new one, unless it has answered or may get no more, and the former one.
    mutating func recordChallenge(at place: Int, now: Instant) {
        paths[place].challengedAt = now
        paths[place].nextChallenge = now + SessionTimes.challenge * (1 << paths[place].challenges)
        paths[place].challenges += 1
        findNextDue()
    }

    /// A datagram was sent over the path at a place.
    mutating func recordSent(_ bytes: Int, at place: Int) {
        guard paths[place].state == .challenged else { return }
        paths[place].sent += bytes
        paths[place].sends += 1
    }

    subscript(place: Int) -> NewPath { paths[place] }

    /// The place of a path of which it isn't decided whether the session goes over it.
    func place(of number: PathNumber) -> Int? {
        paths.firstIndex { $0.number == number && $0.isUndecided }
    }

    // MARK: Answers

    /// What an answer to a challenge means.
    enum Verdict: Equatable {
        /// It answers no challenge.
        case none
        /// Nothing yet, or nothing any more.
        case undecided
        /// The session stays as it is.
        case stays
        /// The path at this place is reached, and answers as versions do that know no challenges.
        case knowsNone(Int)
        /// The path at this place has answered. What waited for it can go.
        case proves(Int)
        /// The session goes back to a former path.
        case movesBack(Path)
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
        // Over whatever path: whoever sends copies on may be faster with this answer as well.
        if new.formerChallenge.requestID == requestID {
            guard nonce == new.formerChallenge.nonce else { return .undecided }
            return isAlive(place, own: own)
        }
        // It was at this path before the session was drawn to its present one.
        let drawn = paths.firstIndex { $0.session == session && $0.state == .taken && $0.former == new.path }
        if let drawn, nonce == new.challenge.nonce {
            conclude(place, .over)
            return isAlive(drawn, own: own)
        }
        guard new.state == .challenged else { return .undecided }
        // It has got the challenge by somebody who sends copies on, and is where it was.
        if path == own { return stay(session, on: own) }
        guard path == new.path else { return .undecided }
        guard nonce == new.challenge.nonce else {
            conclude(place, .silent)
            return .knowsNone(place)
        }
        paths[place].state = .proven
        // The own path has had its time.
        if new.challenges > Limits.challengesOfFormer { paths[place].nextChallenge = now }
        findNextDue()
        return .proves(place)
    }

    /// The other side has answered from the former path of the one at a place.
    private mutating func isAlive(_ place: Int, own: Path) -> Verdict {
        let (session, former) = (paths[place].session, paths[place].former)
        switch paths[place].state {
        case .challenged, .proven: return former == own ? stay(session, on: own) : .undecided
        case .taken where former != own:
            conclude(place, .stays)
            // That undoes this move and all since, but none before.
            let takenAt = paths[place].lastAt
            for other in paths.indices where other != place && paths[other].session == session {
                let isLater = paths[other].state == .taken && paths[other].lastAt >= takenAt
                if isLater || paths[other].isUndecided { conclude(other, .over) }
            }
            return .movesBack(former)
        case .taken, .stays, .silent, .over: return .undecided
        }
    }

    /// The session stays on its own path, wherever it was seen besides.
    private mutating func stay(_ session: SessionID, on own: Path) -> Verdict {
        for place in paths.indices
        where paths[place].session == session && paths[place].isUndecided && paths[place].former == own {
            conclude(place, .stays)
        }
        return .stays
    }

    /// Answers that waited for it alone are dropped.
    private mutating func conclude(_ place: Int, _ state: State) {
        paths[place].state = state
        findNextDue()
        dropAnswers(of: paths[place].number)
    }

    // MARK: Answers that wait

    /// Keeps an answer until its path has proved itself, if there is room.
    mutating func hold(_ body: RawSpan, as kind: Traffic.Kind, for number: PathNumber) {
        guard answers.count < Limits.answersHeld,
            answers.count(where: { $0.number == number }) < Limits.answersHeldPerPath
        else { return }
        answers.append(Answer(number: number, kind: kind, body: body.withUnsafeBytes { [UInt8]($0) }))
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
        let awaited = Set(paths.filter(\.isUndecided).map(\.number))
        precondition(
            answers.allSatisfy { awaited.contains($0.number) }, "answers wait only for paths that are not decided")
        let areWithin = paths.allSatisfy { $0.sent <= Limits.amplification * $0.received }
        precondition(areWithin, "no path gets more than three times what came over it before it has proved itself")
    }
}
