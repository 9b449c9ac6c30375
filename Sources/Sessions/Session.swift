import Basics
import Cryptography
import Wire

/// One session and the path that it goes over; `SessionSlots` has its keys.
///
/// A node has hundreds of sessions, which are mostly cold. So fields are as small as they can be, in an order that
/// leaves no gaps, and what only few sessions have is stored apart.
struct Session: Sendable {
    let id: SessionID
    private let remote: NodeIdentity
    private var rarity: SessionRarity?
    fileprivate var window = ReplayWindow()
    private let identity: IdentityID
    /// The last 32 bits of the address.
    private var address: UInt32
    /// The other side's index for this session.
    let remoteIndex: UInt32
    let establishedAt: CompactInstant
    /// When the last authentic datagram came.
    private(set) var heardAt: CompactInstant
    /// When the first request was sent since the last authentic datagram that was more than a challenge or its answer; the future if none was.
    fileprivate var unansweredSince = CompactInstant.future
    /// Bytes that may still be sent to an unproven address: the bytes received from it less those sent to it.
    private var allowance: Int32
    fileprivate var sendCounter: UInt32 = 0
    private var recentTags = RecentTags()
    fileprivate var flags: SessionFlags
    private var port: UInt16

    /// A session that we opened is proven: its response proved the address. One that we answered has `allowance` until
    /// the address is proven.
    init(
        id: SessionID, identity: IdentityID, remote: NodeIdentity, remoteMode: NodeMode, localMode: NodeMode,
        path: Path, remoteIndex: UInt32, isInitiator: Bool, handshakeHash: Digest512, allowance: Int,
        now: Instant
    ) {
        // A second kind of path needs room in the following fields.
        let endpoint =
            switch path {
            case .direct(let endpoint): endpoint
            }
        self.id = id
        self.identity = identity
        self.remote = remote
        address = UInt32(truncatingIfNeeded: endpoint.low)
        port = endpoint.port
        self.remoteIndex = remoteIndex
        let hasClient = localMode == .client || remoteMode == .client
        rarity =
            hasClient || !endpoint.isIPv4
            ? SessionRarity(channelBinding: hasClient ? handshakeHash : nil, endpoint) : nil
        self.allowance = Int32(clamping: allowance)
        establishedAt = CompactInstant(now)
        heardAt = establishedAt
        flags = isInitiator ? [.isInitiator, .isProven] : []
        if localMode == .server { flags.insert(.isServerHere) }
        if remoteMode == .server { flags.insert(.isServerThere) }
    }

    /// The content of a slot without a session: no session has its ID, and it is not proven.
    static let vacant = Session(
        id: SessionID(sequence: 0, slot: 0), identity: .node,
        remote: NodeIdentity(id: NodeID(.zero), key: PublicKey(.zero)), remoteMode: .server, localMode: .server,
        path: .direct(Endpoint(ipv4: 0, port: 0)), remoteIndex: 0, isInitiator: false, handshakeHash: .zero,
        allowance: 0, now: .origin)

    var isVacant: Bool { id.number == 0 }

    var pair: SessionPair { SessionPair(identity: identity, remote: remote.id) }
    /// The path that it sends over: the one that it was made over, or the last that has proved itself since.
    var path: Path {
        guard let rarity else { return .direct(Endpoint(ipv4: address, port: port)) }
        return .direct(
            Endpoint(high: rarity.high, low: UInt64(rarity.middle) << 32 | UInt64(address), port: port))
    }
    var remoteMode: NodeMode { flags.contains(.isServerThere) ? .server : .client }
    /// Our mode as stated in the handshake.
    var localMode: NodeMode { flags.contains(.isServerHere) ? .server : .client }
    var isInitiator: Bool { flags.contains(.isInitiator) }
    var isProven: Bool { flags.contains(.isProven) }
    /// Whether it goes over another path than the one that it was made over, or did.
    var hasMoved: Bool { flags.contains(.hasMoved) }
    /// Whether requests are sent over this session of its pair: it is the newest proven one, unless the other side has
    /// lost it.
    var isCurrent: Bool {
        get { flags.contains(.isCurrent) }
        set { if newValue { flags.insert(.isCurrent) } else { flags.remove(.isCurrent) } }
    }
    /// Whether the other side told us that it no longer knows this session.
    var isLost: Bool { flags.contains(.isLost) }

    var info: SessionInfo {
        SessionInfo(
            identity: identity, remoteID: remote.id, remoteKey: remote.key, remoteMode: remoteMode, path: path,
            isProven: isProven, isInitiator: isInitiator, hasMoved: hasMoved, establishedAt: establishedAt.instant,
            channelBinding: rarity?.channelBinding)
    }

    /// Bytes held elsewhere on the heap.
    var memoryElsewhere: Int { window.memory + (rarity == nil ? 0 : SessionRarity.memory) }

    /// Whether it is a session of this pair.
    @inline(__always)
    func isOf(_ pair: SessionPair) -> Bool { identity == pair.identity && remote.id == pair.remote }

    /// Bytes of body that may be sent now.
    @inline(__always)
    var maximumBody: Int {
        isProven ? Limits.bodySize : max(0, min(Limits.bodySize, Int(allowance) - TransportLayout.overhead))
    }

    /// Whether the two sides opened this session and another at the same time, neither knowing of the other's.
    func isSimultaneous(with other: Session) -> Bool {
        isInitiator != other.isInitiator && establishedAt < other.establishedAt + .simultaneous
            && other.establishedAt < establishedAt + .simultaneous
    }

    mutating func recordRequest(at now: Instant) { unansweredSince = min(unansweredSince, CompactInstant(now)) }

    mutating func prove() { flags.insert(.isProven) }

    /// From now on it goes over another path.
    mutating func move(to path: Path) {
        let endpoint =
            switch path {
            case .direct(let endpoint): endpoint
            }
        let binding = rarity?.channelBinding
        flags.insert(.hasMoved)
        // Whoever didn't know it was another node, where the other side had been.
        flags.remove(.isLost)
        address = UInt32(truncatingIfNeeded: endpoint.low)
        port = endpoint.port
        rarity = binding != nil || !endpoint.isIPv4 ? SessionRarity(channelBinding: binding, endpoint) : nil
    }

    /// Believes a hint if it repeats the tag of a recent datagram; only once.
    mutating func consumeHint(tag: UInt32) -> Bool {
        guard !isLost, recentTags.contains(tag) else { return false }
        recentTags.removeAll()
        flags.insert(.isLost)
        return true
    }

    // MARK: Datagrams

    /// The counter for a datagram with this many bytes of body; nil where they exceed `maximumBody`, or the counters
    /// are used up.
    @inline(__always)
    mutating func takeCounter(forBodyOf count: Int, _ budget: SessionBudget) -> UInt32? {
        guard count <= maximumBody, sendCounter < budget.datagrams else { return nil }
        if !isProven { allowance -= Int32(TransportLayout.overhead + count) }
        defer { sendCounter += 1 }
        return sendCounter
    }

    /// Remembers the beginning of the tag of a datagram that was sent.
    @inline(__always)
    mutating func recordSent(tag: UInt32) { recentTags.record(tag) }

    /// The counter of a datagram; nil where it was received before, is too old, or is beyond the end of any session.
    @inline(__always)
    func counter(_ counter: UInt64, _ budget: SessionBudget) -> UInt32? {
        guard counter < budget.datagrams else { return nil }
        let counter = UInt32(counter)
        return window.accepts(counter) ? counter : nil
    }

    /// Whether a counter is above all that were received: a copy or a datagram that was overtaken has an older one.
    func isNewest(_ counter: UInt64) -> Bool {
        // The first one of all may have the counter 0, as which a window begins.
        counter >= UInt64(window.newest) && UInt32(exactly: counter).map(window.accepts) == true
    }

    /// Records an authentic datagram.
    @inline(__always)
    mutating func recordReceived(_ counter: UInt32, at now: Instant) {
        window.record(counter)
        heardAt = CompactInstant(now)
    }

    /// What went unanswered before says nothing any more.
    mutating func forgiveSilence() { unansweredSince = .future }

    /// The other side answers, or asks something of its own.
    @inline(__always)
    mutating func recordSignOfLife() { unansweredSince = .future }
}

// Asked for each request. By slot, as each reads a few fields of a session: asked of the session itself, all of it would be
// copied.
extension SessionSlots {
    /// Whether it is time for a new session beside the one in a slot: because of its age, because of the datagrams in
    /// either direction, or because our mode is no longer the one that it states. The side that opened it comes first.
    func needsRenewal(_ slot: Int, at now: Instant, mode: NodeMode) -> Bool {
        let flags = entries[slot].flags
        let isInitiator = flags.contains(.isInitiator)
        let age = isInitiator ? CompactDuration.renewal : .answerersRenewal
        let count = UInt64(budget.renewal) + (isInitiator ? 0 : UInt64(budget.renewal) / 16)
        let isOld = CompactInstant(now) >= entries[slot].establishedAt + age
        return isOld || UInt64(max(entries[slot].sendCounter, entries[slot].window.newest)) >= count
            || (mode == .server) != flags.contains(.isServerHere)
    }

    /// Whether requests have gone unanswered for so long that the session in a slot is likely gone on the other side.
    func isSilent(_ slot: Int, at now: Instant) -> Bool {
        CompactInstant(now) >= entries[slot].unansweredSince + .silence
    }

    /// When the session in a slot ends if nothing more is received: both sides have forgotten it, or it is too old.
    func end(of slot: Int) -> Instant {
        min(entries[slot].heardAt + .idle, entries[slot].establishedAt + .end).instant
    }
}

/// What is true of a session.
private struct SessionFlags: OptionSet, Sendable {
    let rawValue: UInt8

    static let isServerHere = SessionFlags(rawValue: 1)
    static let isServerThere = SessionFlags(rawValue: 2)
    static let isInitiator = SessionFlags(rawValue: 4)
    static let isProven = SessionFlags(rawValue: 8)
    static let isCurrent = SessionFlags(rawValue: 16)
    static let isLost = SessionFlags(rawValue: 32)
    static let hasMoved = SessionFlags(rawValue: 64)
}

/// What only few sessions have, allocated separately on the heap: those over IPv6, and those with a client.
private final class SessionRarity: Sendable {
    /// The handshake's hash, if one side takes part as a client: what a client may read depends on it.
    let channelBinding: Digest512?
    /// The address without its last 32 bits.
    let high: UInt64
    let middle: UInt32

    /// Bytes, including what the runtime and the allocator add.
    static let memory = 112

    init(channelBinding: Digest512?, _ endpoint: Endpoint) {
        self.channelBinding = channelBinding
        high = endpoint.high
        middle = UInt32(truncatingIfNeeded: endpoint.low >> 32)
    }
}

/// How many datagrams the keys of a session serve in each direction.
package struct SessionBudget: Sendable {
    /// After this many, the next request opens a new session.
    package let renewal: UInt32
    /// The most datagrams of a session.
    package let datagrams: UInt32

    package init(renewal: UInt32 = Limits.datagramsBeforeRenewal, datagrams: UInt32 = Limits.datagramsPerSession) {
        self.renewal = renewal
        self.datagrams = datagrams
    }
}

extension CompactDuration {
    fileprivate static let idle = CompactDuration(SessionTimes.idle)
    fileprivate static let renewal = CompactDuration(SessionTimes.renewal)
    fileprivate static let answerersRenewal = CompactDuration(SessionTimes.answerersRenewal)
    fileprivate static let simultaneous = CompactDuration(SessionTimes.simultaneous)
    fileprivate static let end = CompactDuration(SessionTimes.end)
    fileprivate static let silence = CompactDuration(SessionTimes.silence)
}
