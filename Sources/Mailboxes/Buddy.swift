import Basics
import Cryptography
import Storage
import Wire

/// What a node does for others' mailboxes and records. It has no storage of its own: it reads and writes everything
/// durable through the `StoreView` passed to each call, which is always the same.
///
/// Every operation may be repeated, and gives the same answer. The writes of one call belong together, and the view
/// commits them as a whole: a crash leaves all of them or none.
///
/// It is the coordinator of the components in the folders beside it, and passes each call on to them.
public struct Buddy: Sendable {
    private var assembler = ChunkAssembler()
    private var authorizations: Authorizations
    private var envelopes: Envelopes
    private let tombstones: Tombstones
    private var records: Records
    private var expiry: Expiry
    private var quota: Quota
    private let own: NodeID

    /// `own` is the node's ID, which owners sign when they authorize.
    public init(suite: CipherSuite, own: NodeID, bounds: BuddyBounds = BuddyBounds(), store: StoreView, now: Now) {
        authorizations = Authorizations(suite: suite, own: own)
        envelopes = Envelopes(comparedPerStep: bounds.comparedPerSweep, suite: suite)
        tombstones = Tombstones(suite: suite)
        records = Records(suite: suite, own: own, now: now.monotonic)
        expiry = Expiry(now: now.monotonic)
        quota = Quota(bounds, store: store)
        self.own = own
    }

    /// What the node keeps for others, as of the last call.
    public var usage: NodeUsage { quota.usage }

    /// What was evicted to make room for other things.
    public var displaced: Displaced { quota.displaced }

    /// Whether the bound on records, on tombstones or on bytes is reached.
    public var isFull: Bool { quota.isFull }

    /// Whether the index of mailboxes has been compared with the envelopes, so that lists read the index alone.
    package var hasSoundIndex: Bool { envelopes.hasSoundIndex }

    /// Whether the disk was full a moment ago, so that nothing new is accepted.
    public func isPaused(_ now: Instant) -> Bool { quota.isPaused(now) }

    /// Counts the marks reached since the last call.
    public mutating func drainMarks(into marks: inout Marks) {
        marks.drain(&assembler.marks)
        quota.drainMarks(into: &marks)
    }

    // MARK: Time and failures

    /// When `sweep` is due.
    public var nextDeadline: Instant { min(expiry.nextSweep, assembler.nextDeadline ?? expiry.nextSweep) }

    /// Removes what has expired, in small steps, and incomplete uploads that timed out. Call it when `nextDeadline` has
    /// come; calling it more often is harmless.
    ///
    /// One step removes at most `Limits.removalsPerSweep` things; if more remain, the next step is due a moment later. What has expired by
    /// the time `erasing` is removed. While the clock is in doubt that is nil, and nothing is: a clock that is ahead would throw out mail.
    public mutating func sweep(now: Now, erasing: UnixTime?, store: inout StoreView) {
        assembler.removeExpired(now: now.monotonic)
        guard expiry.isDue(now.monotonic) else { return }
        if !quota.isPaused(now.monotonic) {
            quota.chargeOlder(store: &store)
            if envelopes.compareIndex(now: now.monotonic, store: &store) > 0 { quota.mark(.indexCorrected) }
        }
        let removed = expiry.sweep(
            erasing: erasing, isIndexSound: envelopes.hasSoundIndex, now: now.monotonic, quota: &quota, store: &store)
        records.forget(removed)
    }

    /// A session has ended: removes its authorizations and its incomplete uploads.
    public mutating func forget(session: UInt64) {
        assembler.forget(session: session)
        authorizations.forget(session: session)
    }

    /// A commit has ended. `isFollowed`: the next begins at once.
    public mutating func commitEnded(isFollowed: Bool, now: Now) { quota.commitEnded(isFollowed, now.monotonic) }

    /// A commit failed, and the view has dropped the pending writes. If the disk is full, new things are refused for a
    /// while, so that the writes that free space aren't in one batch with them.
    public mutating func observeFailure(_ result: CommitResult, now: Now, store: StoreView) {
        quota.observeFailure(result, now: now.monotonic, store: store)
        envelopes.doubtIndex()
    }

    /// Drops the oldest incomplete upload, if there is any, as for want of room.
    public mutating func evictUpload() { assembler.evictOldest() }

    // MARK: Envelopes

    /// Adds one chunk of an envelope to keep, whose bytes are in `body`. `isResponsible` tells whether this node is among those that keep this
    /// mailbox; it is asked of a first chunk only. `isRepair`: another of those brings it, and it displaces nobody's mail.
    public mutating func deposit(
        _ chunk: UploadChunk, _ body: RawSpan, from source: Source, isResponsible: @autoclosure () -> Bool,
        isRepair: Bool = false, now: Now, store: inout StoreView
    ) -> KeepOutcome {
        let (envelope, mailbox, account) = (EnvelopeID(chunk.object), chunk.location, source.account)
        // Once a set is open, only its chunks are checked; the rest is checked again when the set is complete.
        if !assembler.isOpen(chunk, .deposit, from: source) {
            if let standing = envelopes.standing(of: envelope, in: mailbox, now: now, store: store) { return standing }
            guard isResponsible() else { return .refused(.notResponsible) }
            let refusal = envelopes.refusal(
                of: chunk, body, in: mailbox, for: account, isRepair: isRepair, now: now, quota: &quota, store: store)
            if let refusal { return refusal }
        }
        if let reason = EnvelopeCheck.refusal(ofFirst: chunk, body, now: now) { return .refused(reason) }
        switch assembler.add(chunk, body, for: .deposit, from: source, now: now.monotonic) {
        case .partial(let arrived): return .partial(arrived)
        case .refused(let reason): return .refused(reason)
        case .whole(let bytes):
            return envelopes.keep(
                bytes, envelope, in: mailbox, for: account, isRepair: isRepair, now: now, quota: &quota, store: &store)
        }
    }

    /// Adds one chunk of an envelope for this node's own person.
    public mutating func assembleDelivery(
        _ chunk: UploadChunk, _ body: RawSpan, from source: Source, now: Now
    ) -> DeliveryAssembly {
        guard EnvelopeCheck.isPossible(size: chunk.size) else { return .refused(.invalid) }
        if let reason = EnvelopeCheck.refusal(ofFirst: chunk, body, now: now) { return .refused(reason) }
        switch assembler.add(chunk, body, for: .delivery, from: source, now: now.monotonic) {
        case .partial(let arrived): return .partial(arrived)
        case .refused(let reason): return .refused(reason)
        case .whole(let bytes):
            if let reason = EnvelopeCheck.refusal(of: bytes, now: now) { return .refused(reason) }
            return .whole(bytes)
        }
    }

    /// Accepts tombstones of a mailbox: deletes the envelopes, and accepts none of them again until the tombstones have
    /// expired. Any session may bring them: the signatures speak for themselves.
    public mutating func discard(
        _ mailbox: MailboxID, key: BlindedKey, _ tombstones: [Tombstone], from source: Source, isResponsible: Bool,
        now: Now, store: inout StoreView
    ) -> DiscardOutcome {
        self.tombstones.discard(
            mailbox, key: key, tombstones, for: source.account, isResponsible: isResponsible, now: now, quota: &quota,
            store: &store)
    }

    // MARK: Reading mailboxes

    /// Lets a session read a mailbox whose blinded key signed its channel binding and this node's ID. Returns whether
    /// the session may now read.
    ///
    /// The signature is valid only for this session with this node: replayed elsewhere, it opens nothing.
    public mutating func authorize(
        _ mailbox: MailboxID, key: BlindedKey, _ signature: Signature, channelBinding: Digest512, source: Source
    ) -> Bool {
        authorizations.authorize(
            mailbox, key: key, signature, channelBinding: channelBinding, session: source.session)
    }

    /// Whether the session has shown that the mailbox is its own.
    public func isAuthorized(_ mailbox: MailboxID, source: Source) -> Bool {
        authorizations.contains(mailbox, source.session)
    }

    /// Calls `body` with at most `limit` envelopes that wait in a mailbox after a given one (nil: from the first), by
    /// ascending ID and without the expired ones. Returns whether there are more. The caller must have asked
    /// `isAuthorized`.
    public mutating func list(
        _ mailbox: MailboxID, after: EnvelopeID?, limit: Int = Limits.entriesPerPage, now: Now, store: StoreView,
        _ body: (MailboxEntry) -> Void
    ) -> Bool {
        envelopes.list(mailbox, after: after, limit: limit, now: now, store: store, body)
    }

    /// Calls `body` with one chunk of an envelope, valid only during the call, and returns true; false where there is
    /// no such envelope or chunk. The caller must have asked `isAuthorized`.
    public mutating func envelopeChunk(
        _ envelope: EnvelopeID, in mailbox: MailboxID, index: Int, store: StoreView,
        _ body: (DownloadChunk, RawSpan) -> Void
    ) -> Bool {
        envelopes.readChunk(index, of: envelope, in: mailbox, store: store, body)
    }

    /// All envelopes of a mailbox kept here, without the expired ones, for the node's own person.
    public func entries(in mailbox: MailboxID, now: Now, store: StoreView) -> [MailboxEntry] {
        envelopes.entries(in: mailbox, now: now, store: store)
    }

    /// The bytes of an envelope kept here, for the node's own person.
    public func envelope(_ envelope: EnvelopeID, in mailbox: MailboxID, store: StoreView) -> [UInt8]? {
        store.value(.envelopes, StoredKey.item(mailbox, envelope))
    }

    /// Whether an envelope is kept here.
    public func holds(_ envelope: EnvelopeID, in mailbox: MailboxID, store: StoreView) -> Bool {
        store.holdsEnvelope(StoredKey.item(mailbox, envelope))
    }

    // MARK: Repair

    /// Keeps an envelope or a record that another node has given, on its account, if it would be kept when brought.
    public mutating func keep(
        _ item: ItemKey, _ bytes: [UInt8], for account: Account, now: Now, store: inout StoreView
    ) -> KeepOutcome {
        switch item.itemKind {
        case .envelope:
            return envelopes.keep(
                bytes, item.envelope, in: item.location, for: account, isRepair: true, now: now, quota: &quota,
                store: &store)
        case .record:
            return records.keep(
                bytes, Blake2b.hash256(bytes), at: item.location, for: account, now: now, quota: &quota, store: &store)
        case .tombstone, nil: return .refused(.invalid)
        }
    }

    /// The keys of all that is kept within a scope, as of now.
    public func items(in scope: ItemScope, store: StoreView) -> KeptItems { envelopes.items(in: scope, store: store) }

    /// How what is kept here differs from what another node says that it keeps. Nothing is remembered of it.
    ///
    /// `asker` is the other node; `depth` is that of the smallest subtree of which this node keeps all that there is.
    public func compare(
        _ request: ReconcileRequest, in body: RawSpan, from asker: NodeID, depth: Int, now: Now, store: StoreView
    ) -> ComparisonOutcome {
        guard ItemScope.accepts(firstDay: request.firstDay, now.utc) else { return .refused(.expiry) }
        let scope = ItemScope(around: own, depth: max(depth, request.depth), firstDay: request.firstDay)
        guard scope.contains(asker) else { return .refused(.notResponsible) }
        guard scope.depth == request.depth else { return .narrower(depth: depth) }
        let key = FingerprintKey(initiator: asker, responder: own, nonce: request.nonce)
        let items = items(in: scope, store: store)
        return .ranges(ReconciliationAnswer.ranges(to: request, in: body, items, under: key))
    }

    /// Whether a location lies in the subtree of this depth around this node, and another node as well.
    public func isNeighbour(_ node: NodeID, at location: Location, depth: Int) -> Bool {
        own.distance(to: node.bytes).commonPrefixLength >= depth
            && own.distance(to: location.bytes).commonPrefixLength >= depth
    }

    /// Whether an envelope is kept here, to be proved with this number.
    public func audit(_ envelope: EnvelopeID, in mailbox: MailboxID, nonce: UInt128, store: StoreView) -> AuditOutcome {
        store.audit(envelope, in: mailbox, nonce: nonce, by: own, quota: quota)
    }

    /// The tombstone of an envelope, with the key that signed it, if it is kept here: for bringing it to others.
    public func tombstone(of envelope: EnvelopeID, in mailbox: MailboxID, store: StoreView) -> (BlindedKey, Tombstone)?
    {
        store.tombstone(of: envelope, in: mailbox)
    }

    // MARK: Records

    /// Adds one chunk of a record to keep, whose bytes are in `body`. The record with the highest sequence number
    /// stays; another with the same number doesn't replace it.
    public mutating func putRecord(
        _ chunk: UploadChunk, _ body: RawSpan, from source: Source, isResponsible: @autoclosure () -> Bool,
        now: Now, store: inout StoreView
    ) -> KeepOutcome {
        let (object, location) = (chunk.object, chunk.location)
        guard records.isPossible(size: chunk.size) else { return .refused(.invalid) }
        if !assembler.isOpen(chunk, .record, from: source) {
            if let standing = records.standing(of: object, at: location, now: now, store: store) { return standing }
            guard isResponsible() else { return .refused(.notResponsible) }
            if let pause = quota.pause(for: source.account, now: now.monotonic, store: store) { return pause }
        }
        switch assembler.add(chunk, body, for: .record, from: source, now: now.monotonic) {
        case .partial(let arrived): return .partial(arrived)
        case .refused(let reason): return .refused(reason)
        case .whole(let bytes):
            return records.keep(
                bytes, object, at: location, for: source.account, now: now, quota: &quota, store: &store)
        }
    }

    /// Calls `body` with one chunk of the record at a location, valid only during the call, and returns true; false
    /// where there is no such record or chunk, or it has expired.
    public mutating func recordChunk(
        at location: Location, index: Int, now: Now, store: StoreView, _ body: (DownloadChunk, RawSpan) -> Void
    ) -> Bool {
        records.readChunk(index, at: location, now: now, store: store, body)
    }

    /// The record kept here for a location, for the node's own person.
    public func record(at location: Location, store: StoreView) -> [UInt8]? {
        records.record(at: location, store: store)
    }

    /// When `takeHandOvers` is due, or nil while no records are kept. It may be called some time later.
    public var nextHandOver: Instant? { usage.records > 0 ? records.nextHandOver : nil }

    /// The records that this node must hand over now: a few at a time, found in a round through all that it keeps.
    public mutating func takeHandOvers(now: Now, store: StoreView) -> [(location: Location, record: [UInt8])] {
        guard let due = nextHandOver, due <= now.monotonic else { return [] }
        return records.takeHandOvers(now: now, store: store)
    }
}
