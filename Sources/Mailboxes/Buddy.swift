import Basics
import Cryptography
import Storage
import Wire

/// How much a buddy keeps for others.
public struct BuddyBounds: Hashable, Sendable {
    public var envelopesPerMailbox = Limits.envelopesPerMailbox
    public var bytesPerMailbox = Limits.bytesPerMailbox
    public var tombstonesPerMailbox = Limits.tombstonesPerMailbox
    public var bytesPerNode = Limits.bytesPerNode
    public var tombstonesPerNode = Limits.tombstonesPerNode
    public var recordsPerNode = Limits.recordsPerNode
    public var bytesPerAccount = Limits.bytesPerAccount
    public var tombstonesPerAccount = Limits.tombstonesPerAccount
    public var recordsPerAccount = Limits.recordsPerAccount
    public var pendingBytes = Limits.pendingBytes
    /// How many entries of the index are compared with their envelopes in one step.
    public var comparedPerSweep = Limits.comparedPerSweep

    public init() {}
}

/// How something brought to be kept was taken.
public enum KeepOutcome: Hashable, Sendable {
    /// These chunks of it have arrived.
    case partial(UInt128)
    /// All has arrived: answer `kept` once this ticket is durable, and not before.
    case keep(Ticket)
    /// It is durable already: answer `kept`.
    case kept
    /// The owner has collected it already; this is the proof.
    case collected(Tombstone)
    /// Not taken.
    case refused(RefusalReason, retryAfterSeconds: UInt32)

    static func refused(_ reason: RefusalReason) -> KeepOutcome {
        .refused(reason, retryAfterSeconds: reason == .busy ? Limits.retryAfterBusy : 0)
    }
}

/// What a node does for others' mailboxes and records. It has no storage of its own: everything durable is read and
/// written through the `StoreView` that each call gets, always the same.
///
/// Every operation may be repeated, and answers as before. What one call writes belongs together, and the view commits
/// it as a whole: a crash leaves all of it or nothing.
public struct Buddy: Sendable {
    let suite: CipherSuite
    let own: NodeID
    let bounds: BuddyBounds
    var assembler = ChunkAssembler()
    var authorizations = Authorizations()
    /// What lies in each mailbox.
    var index = MailboxIndex()
    /// At once after the start: things have expired meanwhile.
    var nextSweep: Instant
    /// Whose turn it is to hand on records.
    var handOvers: HandOverTurns
    /// The disk was full: until then, only what frees space is taken.
    var pausedUntil: Instant?
    /// The keys of what was read last, to write the next into.
    var itemKey = [UInt8](repeating: 0, count: 2 * Bytes32.count)
    var locationKey = [UInt8](repeating: 0, count: Bytes32.count)
    /// What the node keeps for others, as of the last call.
    public internal(set) var usage: NodeUsage
    /// The same by the account that brought it.
    var holdings: Holdings
    /// Up to where in the index of what expires everything has a charge; nil before the first step.
    var chargedThrough: [UInt8]?
    /// What had to give way to others'.
    public internal(set) var displaced = Displaced()

    /// `own` is the node's ID, which owners sign when they authorize.
    public init(suite: CipherSuite, own: NodeID, bounds: BuddyBounds = BuddyBounds(), store: StoreView, now: Now) {
        self.suite = suite
        self.own = own
        self.bounds = bounds
        nextSweep = now.monotonic
        handOvers = HandOverTurns(now: now.monotonic)
        usage = store.nodeUsage()
        holdings = Holdings(bounds, store: store)
    }

    /// Whether as many records, or tombstones, or bytes are kept as there may be.
    public var isFull: Bool {
        holdings.isFull(.record) || holdings.isFull(.tombstone)
            || usage.bytes > bounds.bytesPerNode - Limits.sizeClasses[0]
    }

    /// Whether the index of what lies in mailboxes has been compared with the envelopes, so that lists read it alone.
    package var hasSoundIndex: Bool { index.isSound }

    // MARK: Time and failures

    /// When `sweep` is due.
    public var nextDeadline: Instant { min(nextSweep, assembler.nextDeadline ?? nextSweep) }

    /// A session is gone: with it go its authorizations and what it had begun.
    public mutating func forget(session: UInt64) {
        assembler.forget(session: session)
        authorizations.forget(session: session)
    }

    /// A commit failed, and the view has dropped what was pending. Where the disk is full, new things are refused for
    /// a while, so that what frees space isn't in one batch with them.
    public mutating func observeFailure(_ result: CommitResult, now: Now, store: StoreView) {
        usage = store.nodeUsage()
        holdings = Holdings(bounds, store: store)
        chargedThrough = nil
        index.doubt()
        if result == .full { pausedUntil = now.monotonic + Limits.pauseAfterFull }
    }

    /// Whether the disk was full a moment ago. What frees space must not be in one batch with what takes some.
    func isPaused(_ now: Now) -> Bool { pausedUntil.map { now.monotonic < $0 } ?? false }

    /// Why nothing new is taken at present, or nil.
    func pause(now: Now, store: StoreView) -> KeepOutcome? {
        guard !isPaused(now) else { return .refused(.nodeFull, retryAfterSeconds: Limits.retryAfterNodeFull) }
        return store.pendingBytes >= bounds.pendingBytes ? .refused(.busy) : nil
    }

    // MARK: Authorization

    /// Lets a session read a mailbox whose blinded key signed its channel binding and this node's ID. Returns whether the
    /// session may now read.
    ///
    /// The signature holds for this session with this node alone: replayed elsewhere it opens nothing.
    public mutating func authorize(
        _ mailbox: MailboxID, key: BlindedKey, _ signature: Signature, channelBinding: Digest512, source: Source
    ) -> Bool {
        guard key.location == mailbox else { return false }
        let statement = SignedBytes.authorize(mailbox, channelBinding: channelBinding, responder: own)
        guard suite.verify(signature, of: statement, by: key.bytes) else { return false }
        authorizations.grant(mailbox, to: source.session)
        return true
    }

    /// Whether the session has shown that the mailbox is its own.
    public func isAuthorized(_ mailbox: MailboxID, source: Source) -> Bool {
        authorizations.contains(mailbox, source.session)
    }
}
