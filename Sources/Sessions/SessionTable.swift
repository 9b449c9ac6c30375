import Basics
import Cryptography
import Wire

/// All sessions of one process: handshakes, transport, and the answers that need no session.
///
///     sendRequest ──no session──▶ OutgoingHandshake ──response──▶ Session (proven)
///                                  └─10 s─▶ gone                   ▲   └─idle, old, hinted at─▶ gone
///     receive ──initiation──▶ answer due ──reply──▶ Session (unproven, 10 s) ──first transport datagram┘
///
/// A session is found by its receiver index, never by an address. It goes over one path, and follows its other side to another once that
/// has proved itself (`PathValidation`). Nothing changes before a datagram has proved authentic.
///
/// A copy has the same keys and counters: only one of two copies may ever send.
public struct SessionTable: Sendable {
    /// How the node's own key takes part. Client keys are always clients. After a change, the next request to a node
    /// whose session states the old mode opens a new session, which states the new one.
    public var mode: NodeMode
    /// The node's own endpoints. Each handshake under the node's own key states the one that the other side can't
    /// observe. A handshake under a client key states none: it must not reveal the node.
    public var ownEndpoints = OwnEndpoints()
    /// The sender's endpoint of the other address family, as stated in the last handshake that was read.
    var alternateStated: (session: SessionID, endpoint: Endpoint)?
    /// What sessions may carry. Only tests lower it.
    package var budget: SessionBudget {
        get { sessions.budget }
        set { sessions.budget = newValue }
    }
    /// Initiations answered in a second without demanding a cookie. Only tests lower it.
    package var initiationsPerSecond = Limits.initiationsPerSecond {
        didSet { load = RateLimit(perSecond: initiationsPerSecond) }
    }

    let handshake: Handshake
    var random: SecureGenerator
    var identities: LocalIdentities
    /// Where sessions get the identity of the other side from.
    let remotes: NodeIdentity.Source
    var sessions: SessionSlots
    /// Sessions whose opener has not proved its address, oldest first.
    var unproven: [SessionID] = []
    /// Sessions by account: those whose address is proven, and those whose address is not.
    var proven = SessionCrowd(capacity: Limits.sessions, share: Limits.sessionsPerBlock)
    var pretenders = SessionCrowd(capacity: Limits.unprovenSessions, share: Limits.unprovenSessionsPerBlock)
    var handshakes = HandshakeList()
    /// The paths over which sessions were seen besides their own.
    var otherPaths = PathValidation()
    /// Sessions that have moved since the last drain.
    var moved: [SessionMove] = []
    /// The initiation that must be answered before anything else is received.
    var answerDue: AnswerDue?
    /// Two separate limits: a flood of hellos can't suppress the hints that let lost sessions recover, nor the other
    /// way round.
    var hints = RateLimit(perSecond: Limits.unauthenticatedAnswersPerSecond)
    var helloAnswers = RateLimit(perSecond: Limits.helloAnswersPerSecond)
    /// Limits on what is sent to addresses that have not answered.
    var strangers = StrangerLimits()
    /// How many initiations are answered before their sender has proved its address, and what is demanded beyond that.
    var load = RateLimit(perSecond: Limits.initiationsPerSecond)
    var cookies = Cookies()
    var initiators = RateLimits(
        Limits.initiationsPerBlock, per: .seconds(1), capacity: Limits.initiatorsRemembered)
    /// When the first handshake or unproven session may be overdue: never too late, but too early if the first was
    /// answered in time. Meaningless while there are none.
    var expectations: Housekeeping?
    /// When the first of the other sessions may end.
    var sweep: Housekeeping?
    /// What came of sessions that were seen elsewhere, since the last drain.
    public var pathOutcomes = PathOutcomes()
    /// Handshake outcomes since the last drain.
    public var handshakeOutcomes = HandshakeOutcomes()
    /// Marks reached since the last drain.
    public var marks = MarkSet()
    private var nextSequence: UInt64 = 0
    private var ended: [SessionID] = []

    /// - Parameters:
    ///   - node: The node's static key, the only one that handshakes of others are answered with.
    ///   - mode: How that key takes part.
    ///   - network: The network's name: sessions are possible only within one.
    ///   - seed: Secret, and used for nothing else: ephemeral keys follow from it.
    ///   - remotes: Where sessions get the identity of the other side from.
    public init(
        node: SecretKey, mode: NodeMode, network: String, suite: CipherSuite, seed: Bytes32,
        remotes: @escaping NodeIdentity.Source = NodeIdentity.unshared
    ) {
        self.remotes = remotes
        self.mode = mode
        handshake = Handshake(prologue: Array("roost/1 \(network)".utf8), suite: suite)
        sessions = SessionSlots(suite: suite)
        random = SecureGenerator(seed: seed)
        identities = LocalIdentities(node: KeyPair(secret: node, suite: suite))
    }

    // MARK: Identities

    /// Adds a client key for `sendRequest`. Beyond `Limits.identities`, the least recently used key is evicted with its
    /// sessions.
    public mutating func addClientIdentity(_ secret: SecretKey) -> IdentityID {
        let (added, removed) = identities.add(KeyPair(secret: secret, suite: handshake.suite))
        if let removed {
            marks.insert(.identityEvicted)
            for slot in sessions.slots(where: { $0.pair.identity == removed }) { end(slot) }
            let under = handshakes.entries.filter { $0.pair.identity == removed }
            for handshake in under { abandonHandshake(handshake.index) }
        }
        return added
    }

    /// The public half of one of our keys, or nil where it is gone.
    public func publicKey(of identity: IdentityID) -> PublicKey? { identities.keys(of: identity)?.publicKey }

    // MARK: Sessions

    /// The newest proven session with a remote key, unless the other side has told us that it lost it.
    public func established(as identity: IdentityID, with remote: NodeID) -> SessionID? {
        sessions.current(of: SessionPair(identity: identity, remote: remote)).map { sessions.entries[$0].id }
    }

    /// Whether there is a live session that was opened from this endpoint's address, or has followed the other side there: a NAT there may then
    /// let our datagrams in only because of that session.
    public func wasOpened(from endpoint: Endpoint) -> Bool {
        sessions.contains(hostOf: endpoint) { !$0.isInitiator || $0.hasMoved }
    }

    /// Whether something authentic has come over a session from this endpoint's address within this time.
    public func hasHeard(from endpoint: Endpoint, within time: Duration, now: Instant) -> Bool {
        let (now, time) = (CompactInstant(now), CompactDuration(time))
        return sessions.contains(hostOf: endpoint) { now.since($0.heardAt) < time }
    }

    /// The sessions of one of our keys that requests go over, those heard last first.
    public func inUse(as identity: IdentityID) -> [SessionInfo] {
        let slots = sessions.slots { $0.isCurrent && $0.pair.identity == identity }
        return slots.sorted { sessions.entries[$0].heardAt > sessions.entries[$1].heardAt }
            .map { sessions.entries[$0].info }
    }

    /// What is known of a session, or nil where it is gone.
    public func info(_ id: SessionID) -> SessionInfo? {
        if let slot = sessions.slot(of: id) { return sessions.entries[slot].info }
        guard let answerDue, answerDue.id == id else { return nil }
        return answerDue.info
    }

    /// Sessions that have ended since the last call, so that the caller can forget what it kept for them. The caller
    /// may never have heard of some of them. At most `Limits.sessions` are remembered.
    public mutating func takeEnded() -> [SessionID] {
        defer { ended.removeAll(keepingCapacity: true) }
        return ended
    }

    /// How much is held: sessions (unproven ones among them), handshakes of ours under way, and our keys.
    package var counts: (sessions: Int, unproven: Int, handshakes: Int, identities: Int) {
        (sessions.count, unproven.count, handshakes.count, identities.count)
    }

    /// Bytes of the room reserved, and of the keys.
    package var memory: Int {
        sessions.memory + handshakes.memory + proven.memory + pretenders.memory + otherPaths.memory
    }

    /// The endpoint of the other address family that the other side of a session stated in the last handshake received;
    /// returned once.
    public mutating func takeAlternate() -> (session: SessionID, endpoint: Endpoint)? {
        guard alternateStated != nil else { return nil }
        defer { alternateStated = nil }
        return alternateStated
    }

    /// Our own endpoint of the other address family, as a handshake to this endpoint states it, or nil.
    func alternate(toldTo endpoint: Endpoint, as identity: IdentityID) -> Endpoint? {
        identity == .node && mode == .server ? ownEndpoints.endpoint(toldTo: endpoint) : nil
    }

    // MARK: Bookkeeping

    mutating func makeSessionID(for index: UInt32) -> SessionID {
        nextSequence += 1
        return SessionID(sequence: nextSequence, slot: SessionSlots.slot(of: index))
    }

    mutating func randomIndexBits() -> UInt32 { UInt32(truncatingIfNeeded: random.next()) }

    /// The mode of one of our keys.
    func mode(of identity: IdentityID) -> NodeMode { identity == .node ? mode : .client }

    /// Makes a session whose other side has just proved itself the one to send over. The previous session stays, as the
    /// other side may still send over it; the one before that is ended.
    ///
    /// If both sides opened a session at the same time, requests go over the one opened by the side with the lower node
    /// ID, so that the other falls idle and ends.
    mutating func admit(_ slot: Int) {
        let pair = sessions.entries[slot].pair
        if let previous = sessions.previous(of: pair) { end(previous) }
        let other = sessions.current(of: pair)
        let isCurrent = !(other.map { isTwin($0, of: slot) } ?? false) || isOpenedByLower(slot)
        if isCurrent, let other { sessions.entries[other].isCurrent = false }
        if !isCurrent { marks.insert(.simultaneousSessions) }
        sessions.entries[slot].isCurrent = isCurrent
        sessions.link(slot)
        makeRoom(for: slot)
    }

    /// Stops sending over a session that the other side has lost. If both sides had opened one at the same time, the
    /// other session takes over.
    mutating func retire(_ slot: Int) {
        if let previous = sessions.previous(of: sessions.entries[slot].pair) {
            if isTwin(previous, of: slot) {
                sessions.entries[previous].isCurrent = true
                marks.insert(.simultaneousSessionTakesOver)
            } else {
                end(previous)
            }
        }
        sessions.entries[slot].isCurrent = false
    }

    /// Whether a session that isn't lost was opened by the other side at the same time as `other`.
    private func isTwin(_ slot: Int, of other: Int) -> Bool {
        !sessions.entries[slot].isLost && sessions.entries[slot].isSimultaneous(with: sessions.entries[other])
    }

    /// Whether the side with the lower node ID opened a session: both sides get the same answer.
    private func isOpenedByLower(_ slot: Int) -> Bool {
        sessions.entries[slot].isInitiator == (identities.nodeID < sessions.entries[slot].pair.remote)
    }

    /// Ends the session in a slot.
    mutating func end(_ slot: Int) {
        guard !sessions.entries[slot].isVacant else { return }
        let id = sessions.entries[slot].id
        if !sessions.entries[slot].isProven { unproven.removeAll { $0 == id } }
        discount(slot)
        otherPaths.forget(id)
        sessions.remove(at: slot)
        if ended.count < Limits.sessions { ended.append(id) }
    }

    /// Gives up one of our handshakes and the requests that it carries.
    mutating func abandonHandshake(_ index: UInt32) {
        if handshakes.remove(index) != nil { sessions.release(index) }
    }
}

/// One of our keys and one remote key.
struct SessionPair: Hashable, Sendable {
    let identity: IdentityID
    let remote: NodeID
}

/// An authentic initiation between `receive` and `reply`. It is on the heap: most of the time there is none, and a
/// simulation has many tables.
final class AnswerDue: Sendable {
    let id: SessionID
    let index: UInt32
    let remoteIndex: UInt32
    let path: Path
    let remoteMode: NodeMode
    let pair: SessionPair
    let state: ResponderHandshake

    init(
        id: SessionID, index: UInt32, remoteIndex: UInt32, path: Path, remoteMode: NodeMode, pair: SessionPair,
        state: ResponderHandshake
    ) {
        self.id = id
        self.index = index
        self.remoteIndex = remoteIndex
        self.path = path
        self.remoteMode = remoteMode
        self.pair = pair
        self.state = state
    }

    var info: SessionInfo {
        SessionInfo(
            identity: pair.identity, remoteID: pair.remote, remoteKey: state.remote, remoteMode: remoteMode,
            path: path, isProven: false, isInitiator: false, hasMoved: false, establishedAt: nil,
            channelBinding: nil)
    }
}
