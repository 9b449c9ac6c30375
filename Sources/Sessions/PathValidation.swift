import Basics
import Wire

/// For each session that was seen over another path than its own: that path, and what was found out about it.
///
/// A datagram that opens under a session's keys may come from elsewhere. The other side has moved, or its NAT has forgotten it; or
/// somebody on the way sends a copy on. So the other path and the session's own are both challenged (RFC 9000, §8.2 and §9.3.3). The session
/// goes over the other path once that has answered, and its own has left all challenges unanswered:
///
///     seen ──▶ asked ──answer over the other path──▶ proven ──0.9 s, no answer of the own path──▶ left
///                │ └─0.9 s, no answer────┐             │                                           │
///                └─own path answers──────┴──▶ refused ◀┘                refused ◀──former path answers
///
/// `left`: the session goes over that path, and the other one is now the path that it left. That is asked for a minute more: whatever was
/// lost meanwhile, who answers there has the session back.
///
/// Two things keep somebody who sends copies on from having a session. What is asked over a path is answered as such only by who got it over
/// their own path of the session, and so from us, not from the copier. And any answer of the own path, whatever way it comes, ends the attempt.
///
/// A table of its own, as hardly any session has another path at a time.
struct PathValidation: Sendable {
    enum State {
        /// The answer of the other path is awaited.
        case asked
        /// It has answered; it shows now whether the own path is silent.
        case proven
        /// The session has left it. It is asked whether the other side is there after all.
        case left
        /// The session is not followed there for now.
        case refused
    }

    /// A question that only the other side can answer.
    struct Challenge {
        let requestID: UInt32
        let nonce: UInt64
    }

    struct OtherPath {
        let session: SessionID
        fileprivate(set) var path: Path
        /// The session's own.
        fileprivate(set) var own: Path
        let seenAt: Instant
        fileprivate(set) var state = State.asked
        /// One for each of the two paths: so an answer tells which of them it is of.
        fileprivate(set) var challenge: Challenge
        fileprivate(set) var ownChallenge: Challenge
        /// Bytes that came over it, and bytes sent over it before it had answered.
        fileprivate var received: Int
        fileprivate var sent = 0
        /// Datagrams sent over it that count as unanswered until it answers.
        fileprivate(set) var sends = 0
        /// How often it was asked, and when last.
        fileprivate var challenges = 0
        fileprivate var askedAt: Instant?
        /// When it is asked again, or given up or forgotten.
        fileprivate(set) var due: Instant
        /// Answers that wait for its proof.
        fileprivate var answers: [(kind: Traffic.Kind, body: [UInt8])] = []

        fileprivate init(
            _ session: SessionID, _ path: Path, own: Path, _ challenge: Challenge, _ ownChallenge: Challenge,
            received: Int, now: Instant
        ) {
            (self.session, self.path, self.own) = (session, path, own)
            (self.challenge, self.ownChallenge, self.received) = (challenge, ownChallenge, received)
            (seenAt, due) = (now, now)
        }

        /// Datagrams sent over it before it has answered: so many that its challenges remain possible.
        static let answersAtOnce = Limits.unansweredPerHost - Limits.challenges

        /// Whether where the session goes isn't decided yet.
        var isUndecided: Bool { state == .asked || state == .proven }
        /// Bytes that may be sent over it now.
        var allowance: Int { state == .proven ? .max : Limits.amplification * received - sent }
        /// Until then the session isn't followed to a third path.
        fileprivate var holdsUntil: Instant { state == .refused ? due : seenAt + Limits.otherPathPause }

        /// The session goes over it, and what was its own is the other from now on.
        fileprivate mutating func exchange(now: Instant) {
            swap(&path, &own)
            swap(&challenge, &ownChallenge)
            (state, received, sent, sends) = (.left, 0, 0, 0)
            (challenges, askedAt, due) = (0, nil, now + SessionTimes.challengeOfLeft)
        }

        /// The session isn't followed there until a time. Answers that wait are dropped: they went over its own path as well.
        fileprivate mutating func refuse(until time: Instant) { (state, answers, due) = (.refused, [], time) }
    }

    private var paths: [OtherPath] = []

    var isEmpty: Bool { paths.isEmpty }
    /// All of them. For tests.
    var all: [OtherPath] { paths }
    /// Bytes of the room reserved.
    var memory: Int {
        let waiting = paths.lazy.flatMap(\.answers).reduce(0) { $0 + $1.body.capacity }
        return paths.capacity * MemoryLayout<OtherPath>.stride + waiting
    }
    /// When something is to be done.
    private(set) var nextDue: Instant?

    subscript(place: Int) -> OtherPath { paths[place] }

    /// The place of a session's other path.
    func place(of session: SessionID) -> Int? { paths.firstIndex { $0.session == session } }

    /// Whether it isn't decided where a session goes.
    func isInDoubt(_ session: SessionID) -> Bool { paths.contains { $0.session == session && $0.isUndecided } }

    /// Whether the session is, or may be, followed to a path.
    func isTried(_ path: Path, of session: SessionID) -> Bool {
        paths.contains { $0.session == session && $0.path == path && $0.state != .refused }
    }

    private mutating func findNextDue() { nextDue = paths.lazy.map(\.due).min() }

    private mutating func remove(_ place: Int) {
        paths.remove(at: place)
        if paths.isEmpty { paths = [] }
        findNextDue()
    }

    /// A session has ended.
    mutating func forget(_ session: SessionID) {
        if let place = place(of: session) { remove(place) }
    }

    // MARK: What is seen

    /// What a datagram from elsewhere leads to.
    enum Sighting {
        /// The paths at this place are to be challenged.
        case asks(Int)
        case nothing
        /// The session isn't followed there, and a handshake may be needed.
        case refused
    }

    /// An authentic datagram of a session came over another path than `own`. `isNewest`: its counter is above all before. `draw`: makes a
    /// challenge.
    mutating func observe(
        _ session: SessionID, over path: Path, own: Path, bytes: Int, isNewest: Bool, now: Instant,
        draw: () -> Challenge
    ) -> Sighting {
        if let known = place(of: session) {
            if paths[known].path == path, paths[known].state != .refused {
                paths[known].received += bytes
                let isAskedAgain =
                    paths[known].state == .left && isNewest
                    && paths[known].askedAt.map { now - $0 >= SessionTimes.challenge } ?? true
                return isAskedAgain ? .asks(known) : .nothing
            }
            guard isNewest else { return .nothing }
            guard now >= paths[known].holdsUntil else { return .refused }
            remove(known)
        }
        guard isNewest else { return .nothing }
        guard makeRoom(besides: own) else { return .refused }
        paths.append(OtherPath(session, path, own: own, draw(), draw(), received: bytes, now: now))
        findNextDue()
        return .asks(paths.count - 1)
    }

    /// Makes room for another path of a session that goes over `own`; false where there is none. Sessions with one block of addresses get
    /// no more than their share, and what isn't decided is not forgotten.
    private mutating func makeRoom(besides own: Path) -> Bool {
        guard paths.count >= Limits.otherPathsPerBlock else { return true }
        let block = Account.block(of: own.endpoint)
        let ofBlock = paths.indices.filter { Account.block(of: paths[$0].own.endpoint) == block }
        if ofBlock.count >= Limits.otherPathsPerBlock { return forgetDecided(ofBlock) }
        return paths.count < Limits.otherPaths || forgetDecided(Array(paths.indices))
    }

    /// Forgets one of these that is decided, if there is one: that which is refused for the shortest time, or else that which was left.
    private mutating func forgetDecided(_ places: [Int]) -> Bool {
        let decided = places.filter { !paths[$0].isUndecided }
        let least = decided.min {
            let (left, right) = (paths[$0], paths[$1])
            return (left.state == .left ? 1 : 0, left.due) < (right.state == .left ? 1 : 0, right.due)
        }
        guard let least else { return false }
        remove(least)
        return true
    }

    // MARK: Challenges

    /// What is to be done.
    enum Step {
        /// The paths at this place are to be challenged.
        case challenge(Int)
        /// A session goes over another path, over which it was first seen at this time.
        case moves(SessionID, to: Path, seenAt: Instant)
        /// Neither of two paths has answered.
        case silence
    }

    /// The first that is due; called until nil, with `recordChallenge` after each challenge.
    mutating func nextStep(now: Instant) -> Step? {
        while let place = paths.firstIndex(where: { $0.due <= now }) {
            let path = paths[place]
            switch path.state {
            case .asked where path.challenges < Limits.challenges, .proven where path.challenges < Limits.challenges,
                .left where path.challenges < Limits.challengesOfLeft:
                return .challenge(place)
            case .asked:
                refuse(place)
                return .silence
            case .proven:
                paths[place].exchange(now: now)
                findNextDue()
                return .moves(path.session, to: path.path, seenAt: path.seenAt)
            case .left, .refused: remove(place)
            }
        }
        return nil
    }

    /// The paths at a place were challenged. The pause is doubled each time after the session has left a path.
    mutating func recordChallenge(at place: Int, now: Instant) {
        paths[place].askedAt = now
        // Asked out of turn, as something came over it.
        guard paths[place].due <= now else { return }
        paths[place].challenges += 1
        let pause =
            paths[place].state == .left
            ? SessionTimes.challengeOfLeft * (1 << paths[place].challenges) : SessionTimes.challenge
        paths[place].due = now + pause
        findNextDue()
    }

    /// A datagram was sent over the path at a place.
    mutating func recordSent(_ bytes: Int, at place: Int) {
        paths[place].sent += bytes
        paths[place].sends += 1
    }

    private mutating func refuse(_ place: Int) {
        paths[place].refuse(until: paths[place].seenAt + Limits.otherPathPause)
        findNextDue()
    }

    // MARK: Answers

    /// What an answer to a challenge means.
    enum Verdict {
        /// It answers no challenge.
        case none
        /// Nothing yet, or nothing any more.
        case undecided
        /// The session stays where it is, as its own path has answered.
        case stays
        /// The other side answers, but wasn't reached over its own path of the session: it got a copy, or is of a version that knows no
        /// challenges. `isSeen`: over the other path.
        case refuses(isSeen: Bool)
        /// The path at this place has answered. What waited for it can go.
        case proves(Int)
        /// The session goes back to the path that it left.
        case movesBack(Path)
    }

    /// The other side of a session has answered a ping with this ID over a path. `nonce`: of the answer.
    mutating func observeAnswer(
        _ requestID: UInt32, nonce: UInt64?, in session: SessionID, over path: Path, now: Instant
    ) -> Verdict {
        guard let place = place(of: session) else { return .none }
        let other = paths[place]
        let isOfOwn = requestID == other.ownChallenge.requestID
        guard isOfOwn || requestID == other.challenge.requestID else { return .none }
        let isReached = !isOfOwn && nonce == other.challenge.nonce
        switch other.state {
        // Over whatever path: whoever sends copies on may be faster with this answer as well.
        case .asked where isOfOwn || path == other.own, .proven where isOfOwn || path == other.own:
            refuse(place)
            // Who got a copy may be where the answer comes from, at the other path, while a former place sends on what comes there.
            let isCopy = isOfOwn && nonce != other.ownChallenge.nonce && path == other.path
            return isCopy ? .refuses(isSeen: true) : .stays
        case .asked where !isReached:
            refuse(place)
            return .refuses(isSeen: path == other.path)
        // Over whatever path, for the same reason: it shows that the challenge has come to where it was sent (RFC 9000, §8.2.3).
        case .asked:
            paths[place].state = .proven
            return .proves(place)
        case .left where isReached:
            paths[place].exchange(now: now)
            paths[place].refuse(until: now + Limits.otherPathPause)
            findNextDue()
            return .movesBack(other.path)
        case .proven, .left, .refused: return .undecided
        }
    }

    // MARK: Answers that wait

    /// Keeps an answer until the path at a place has proved itself, if there is room.
    mutating func hold(_ body: RawSpan, as kind: Traffic.Kind, at place: Int) {
        guard paths[place].answers.count < Limits.answersHeldPerPath,
            paths.reduce(0, { $0 + $1.answers.count }) < Limits.answersHeld
        else { return }
        paths[place].answers.append((kind, body.withUnsafeBytes { [UInt8]($0) }))
    }

    /// Hands over the answers that waited for the path at a place.
    mutating func takeAnswers(at place: Int) -> [(kind: Traffic.Kind, body: [UInt8])] {
        defer { paths[place].answers = [] }
        return paths[place].answers
    }

    /// Traps where an invariant doesn't hold. For tests.
    func checkInvariants() {
        precondition(paths.count <= Limits.otherPaths)
        precondition(Set(paths.map(\.session)).count == paths.count, "a session has one other path")
        precondition(paths.reduce(0) { $0 + $1.answers.count } <= Limits.answersHeld)
        precondition(paths.allSatisfy { $0.answers.isEmpty || $0.state == .asked }, "answers wait only for a proof")
        precondition(paths.allSatisfy { $0.path != $0.own })
        precondition(nextDue == paths.map(\.due).min())
    }
}
