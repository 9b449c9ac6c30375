import Basics
import Cryptography
import Wire

/// One session: the transport keys that a handshake left, bound to the address it was made with.
struct Session: Sendable {
    let id: SessionID
    let pair: SessionPair
    let remoteKey: PublicKey
    let remoteMode: NodeMode
    /// What we stated in the handshake.
    let localMode: NodeMode
    let endpoint: Endpoint
    /// The index under which the other side finds it.
    let remoteIndex: UInt32
    let isInitiator: Bool
    /// What we send with, and what we receive with.
    private let keys: SecretKeyPair
    /// The handshake's hash, where a key that only asks takes part: what it may read depends on it.
    private let channelBinding: ChannelBinding?
    let establishedAt: CompactInstant
    let budget: SessionBudget

    private(set) var isProven: Bool
    /// Whether it is the one of its pair to send over: the newest proven one, unless the other side has lost it.
    var isCurrent = false
    /// When an authentic datagram last came.
    private(set) var heardAt: CompactInstant
    /// Whether the other side told us that it doesn't know this session any more.
    private(set) var isLost = false
    /// When the first of the requests was sent since which nothing was heard; the future where there was none.
    private var unansweredSince = CompactInstant.future
    /// Bytes that may still be sent to an unproven address: what it sent less what it was sent.
    private var allowance: Int32
    private var sendCounter: UInt64 = 0
    private var window = ReplayWindow()
    private var recentTags = RecentTags()

    /// A session that we opened: its response proved the address. One that we answered has `allowance` until it is proven.
    init(
        id: SessionID, pair: SessionPair, remoteKey: PublicKey, remoteMode: NodeMode, localMode: NodeMode,
        endpoint: Endpoint, remoteIndex: UInt32, isInitiator: Bool, keys: TransportKeys, allowance: Int,
        budget: SessionBudget, now: Instant
    ) {
        self.id = id
        self.pair = pair
        self.remoteKey = remoteKey
        self.remoteMode = remoteMode
        self.localMode = localMode
        self.endpoint = endpoint
        self.remoteIndex = remoteIndex
        self.isInitiator = isInitiator
        self.keys = SecretKeyPair(keys.send, keys.receive)
        channelBinding =
            localMode == .client || remoteMode == .client ? ChannelBinding(hash: keys.handshakeHash) : nil
        self.allowance = Int32(clamping: allowance)
        self.budget = budget
        establishedAt = CompactInstant(now)
        heardAt = establishedAt
        isProven = isInitiator
    }

    /// What lies in slots without a session: no session has its ID, and it is not proven.
    static let vacant = Session(
        id: SessionID(sequence: 0, slot: 0), pair: SessionPair(identity: .node, remote: NodeID(.zero)),
        remoteKey: PublicKey(.zero), remoteMode: .client, localMode: .client, endpoint: Endpoint(ipv4: 0, port: 0),
        remoteIndex: 0, isInitiator: false,
        keys: TransportKeys(
            send: SecretKey(.zero), receive: SecretKey(.zero), handshakeHash: Digest512(first: .zero, second: .zero)),
        allowance: 0, budget: SessionBudget(), now: .origin)

    var isVacant: Bool { id.number == 0 }

    var info: SessionInfo {
        SessionInfo(
            identity: pair.identity, remoteID: pair.remote, remoteKey: remoteKey, remoteMode: remoteMode,
            endpoint: endpoint, isProven: isProven, isInitiator: isInitiator, channelBinding: channelBinding?.hash)
    }

    /// Bytes of body that may be sent now.
    @inline(__always)
    var maximumBody: Int {
        isProven ? Limits.bodySize : max(0, min(Limits.bodySize, Int(allowance) - TransportLayout.overhead))
    }

    /// Whether it is time for a new session beside this one: by age, by what went through it either way, or because we
    /// take part differently from what this one states. Its opener's turn comes first.
    @inline(__always)
    func needsRenewal(at now: Instant, mode: NodeMode) -> Bool {
        let age = isInitiator ? CompactDuration.renewal : .answerersRenewal
        let count = UInt64(budget.renewal) + (isInitiator ? 0 : UInt64(budget.renewal) / 16)
        let isOld = CompactInstant(now) >= establishedAt + age
        return isOld || max(sendCounter, window.newest) >= count || mode != localMode
    }

    /// Whether this session and another were opened by the two sides at once, neither knowing of the other's.
    func isSimultaneous(with other: Session) -> Bool {
        isInitiator != other.isInitiator && establishedAt < other.establishedAt + .simultaneous
            && other.establishedAt < establishedAt + .simultaneous
    }

    /// Whether requests have gone unanswered for so long that the session is likely gone on the other side.
    @inline(__always)
    func isSilent(at now: Instant) -> Bool {
        CompactInstant(now) >= unansweredSince + .silence
    }

    /// When it goes, should nothing be heard any more: forgotten by both sides, or too old.
    @inline(__always)
    var endsAt: Instant {
        let isKept = isCurrent && localMode == .server && remoteMode == .server
        return min(heardAt + (isKept ? .idleBetweenServers : .idle), establishedAt + .end).instant
    }

    mutating func noteRequest(at now: Instant) { unansweredSince = min(unansweredSince, CompactInstant(now)) }

    mutating func prove() { isProven = true }

    /// Believes a hint where it repeats the tag of a recent datagram, once.
    mutating func consumeHint(tag: UInt32) -> Bool {
        guard !isLost, recentTags.contains(tag) else { return false }
        recentTags.removeAll()
        isLost = true
        return true
    }

    /// Sends a body, which may be empty; false where it is longer than `maximumBody`, or the counters are used up.
    mutating func seal(_ body: RawSpan, _ suite: CipherSuite, into queue: inout DatagramQueue) -> Bool {
        guard body.byteCount <= maximumBody, sendCounter < budget.datagrams else { return false }
        let count = TransportLayout.overhead + body.byteCount
        if !isProven { allowance -= Int32(count) }
        let (counter, index, keys) = (sendCounter, remoteIndex, keys)
        sendCounter += 1
        var tag: UInt32 = 0
        queue.append(to: endpoint, count: count) { datagram in
            datagram.storeBytes(of: DatagramKind.transport.rawValue, as: UInt8.self)
            datagram.storeBytes(of: index.bigEndian, toByteOffset: TransportLayout.receiverIndex, as: UInt32.self)
            datagram.storeBytes(of: counter.bigEndian, toByteOffset: TransportLayout.counter, as: UInt64.self)
            suite.seal(
                body, nonce: counter, firstOf: keys,
                into: UnsafeMutableRawBufferPointer(rebasing: datagram[TransportLayout.sealed...]))
            tag = datagram.loadUnaligned(fromByteOffset: count - NoiseSizes.tag, as: UInt32.self)
        }
        recentTags.record(UInt32(bigEndian: tag))
        return true
    }

    /// Reads a transport datagram into `plaintext`; nil where it was read. Nothing changes unless it is authentic and new.
    mutating func open(
        _ datagram: RawSpan, _ suite: CipherSuite, into plaintext: inout ByteWriter, now: Instant
    ) -> DropReason? {
        let sealed = datagram.extracting(TransportLayout.sealed..<datagram.byteCount)
        guard sealed.byteCount <= Limits.bodySize + NoiseSizes.tag else { return .malformed }
        let counter = UInt64(
            bigEndian: datagram.unsafeLoadUnaligned(fromByteOffset: TransportLayout.counter, as: UInt64.self))
        guard counter < budget.datagrams, window.accepts(counter) else { return .replayed }
        let keys = keys
        let isAuthentic = plaintext.append(count: sealed.byteCount - NoiseSizes.tag) {
            suite.open(sealed, nonce: counter, secondOf: keys, into: $0)
        }
        guard isAuthentic == true else {
            plaintext.reset()
            return .unauthentic
        }
        window.record(counter)
        heardAt = CompactInstant(now)
        unansweredSince = .future
        return nil
    }
}

/// The hash of the handshake that a session came from, by itself on the heap: most sessions never need theirs.
private final class ChannelBinding: Sendable {
    let hash: Digest512

    init(hash: Digest512) { self.hash = hash }
}

/// How many datagrams the keys of a session serve in each direction.
package struct SessionBudget: Sendable {
    /// So many, and the next request opens a new session.
    package let renewal: UInt32
    /// So many at all.
    package let datagrams: UInt32

    package init(renewal: UInt32 = Limits.datagramsBeforeRenewal, datagrams: UInt32 = Limits.datagramsPerSession) {
        self.renewal = renewal
        self.datagrams = datagrams
    }
}

extension CompactDuration {
    fileprivate static let idle = CompactDuration(SessionTimes.idle)
    fileprivate static let idleBetweenServers = CompactDuration(SessionTimes.idleBetweenServers)
    fileprivate static let renewal = CompactDuration(SessionTimes.renewal)
    fileprivate static let answerersRenewal = CompactDuration(SessionTimes.answerersRenewal)
    fileprivate static let simultaneous = CompactDuration(SessionTimes.simultaneous)
    fileprivate static let end = CompactDuration(SessionTimes.end)
    fileprivate static let silence = CompactDuration(SessionTimes.silence)
}
