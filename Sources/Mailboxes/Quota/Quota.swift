import Basics
import Storage
import Wire

/// How much is kept for others: which account is charged for it, whether there is room for more, and what is evicted.
///
/// Records and tombstones can be evicted, the first to expire first. An acknowledged envelope is kept: therefore no
/// account may hold more of them than its share. Only where a mailbox's owner has said whose mail they accept, that of
/// others gives way within the mailbox.
///
/// Code that keeps something gets the quota beside the store, since both change with each write.
struct Quota {
    private let bounds: BuddyBounds
    /// What the node keeps, as of the last `refreshUsage`.
    private(set) var usage: NodeUsage
    /// The same, by the account that brought it.
    private var holdings: Holdings
    /// What was evicted to make room for other things.
    private(set) var displaced = Displaced()
    private var underWay = WritesUnderWay()
    private var pace: CommitPace
    /// Up to this key, everything in the index of expiries has a charge; nil before the first step.
    private var chargedThrough: [UInt8]?
    /// The disk was full: until this time, only writes that free space are accepted.
    private var pausedUntil: Instant?
    private var marks = MarkSet()

    /// Counts what the store holds.
    init(_ bounds: BuddyBounds, store: StoreView) {
        self.bounds = bounds
        pace = CommitPace(most: bounds.pendingBytes)
        usage = store.nodeUsage()
        holdings = Holdings(bounds, store: store)
    }

    /// Whether the bound on records, on tombstones or on bytes is reached.
    var isFull: Bool {
        holdings.isFull(.record) || holdings.isFull(.tombstone)
            || usage.bytes > bounds.bytesPerNode - Limits.sizeClasses[0]
    }

    /// Whether an older version kept something that `chargeOlder` has yet to charge.
    var hasUncharged: Bool { holdings.hasUncharged }

    /// Something was kept or removed.
    mutating func refreshUsage(_ store: StoreView) { usage = store.nodeUsage() }

    /// A commit has ended. `isFollowed`: the next begins at once.
    mutating func commitEnded(_ isFollowed: Bool, _ now: Instant) { pace.commitEnded(isFollowed, now) }

    /// A commit failed, and the view has dropped the pending writes: everything is counted again. If the disk is full,
    /// new things are refused for a while, so that the writes that free space aren't in one batch with them.
    mutating func observeFailure(_ result: CommitResult, now: Instant, store: StoreView) {
        usage = store.nodeUsage()
        holdings = Holdings(bounds, store: store)
        chargedThrough = nil
        if result == .full { pausedUntil = now + Limits.pauseAfterFull }
        mark(result == .full ? .keepersDiskFull : .keepersDiskFailed)
    }

    // MARK: Marks

    /// A component that keeps something has reached a mark.
    mutating func mark(_ mark: Mark) { marks.insert(mark) }

    /// Counts the marks reached since the last call.
    mutating func drainMarks(into all: inout Marks) { all.drain(&marks) }

    // MARK: Room

    /// Whether the disk was full a moment ago. Writes that free space must not be in one batch with writes that take
    /// some.
    func isPaused(_ now: Instant) -> Bool { pausedUntil.map { now < $0 } ?? false }

    /// Why nothing new is accepted of an account at present, or nil.
    mutating func pause(for account: Account, now: Instant, store: StoreView) -> KeepOutcome? {
        guard !isPaused(now) else { return .nodeFull }
        guard !underWay.hasRoom(for: account, within: pace.bound, store: store) else { return nil }
        pace.boundWasReached()
        return .refused(.busy)
    }

    /// Why no envelope of this size can be kept now in any mailbox, or nil.
    mutating func refusal(
        ofEnvelope size: Int, for account: Account, now: Instant, store: StoreView
    ) -> KeepOutcome? {
        if let pause = pause(for: account, now: now, store: store) { return pause }
        guard size <= bounds.bytesPerNode - store.nodeUsage().bytes,
            holdings.room(.envelope, Charge(account, size)) == .free
        else { return .nodeFull }
        return nil
    }

    /// The strangers' envelopes that give way to one of this size, mostly none; nil where the mailbox has no room for it.
    func room(
        for size: Int, by sender: SenderStanding, in mailbox: MailboxID, for account: Account, store: StoreView
    ) -> [StrangersEnvelope]? {
        typealias Amount = StrangersMail.Amount
        let usage = store.mailboxUsage(mailbox)
        let new = Amount(count: usage.envelopes + 1, bytes: usage.bytes + size)
        func excess(_ amount: Amount, _ bound: Amount) -> Amount {
            Amount(count: max(amount.count - bound.count, 0), bytes: max(amount.bytes - bound.bytes, 0))
        }
        let over = excess(new, Amount(count: bounds.envelopesPerMailbox, bytes: bounds.bytesPerMailbox))
        let share = strangersShare
        switch sender {
        case .unknown:
            return !over.isPositive && mayHaveMore(account, in: mailbox, usage, store: store) ? [] : nil
        case .accepted:
            return over.isPositive ? StrangersMail(in: mailbox, store: store).givingWay(for: over, to: nil) : []
        case .stranger, .strangerOfBuddy:
            if !over.isPositive, !excess(new, share).isPositive { return [] }
            let mail = StrangersMail(in: mailbox, store: store)
            let overShare = excess(Amount(count: mail.all.count + 1, bytes: mail.all.bytes + size), share)
            // What was kept before there was a policy stays: only as much leaves as comes.
            let needed = Amount(
                count: min(max(over.count, overShare.count), 1), bytes: min(max(over.bytes, overShare.bytes), size))
            if sender == .strangerOfBuddy { return needed.isPositive ? nil : [] }
            return mail.givingWay(for: needed, to: (account, size))
        }
    }

    /// Whether an account holds less in a mailbox than is free there, so that who holds most is the first to be refused (dynamic thresholds:
    /// Choudhury and Hahne, 1998). One can have half of the mailbox, two a third each.
    private func mayHaveMore(
        _ account: Account, in mailbox: MailboxID, _ usage: MailboxUsage, store: StoreView
    ) -> Bool {
        let free = StrangersMail.Amount(
            count: bounds.envelopesPerMailbox - usage.envelopes, bytes: bounds.bytesPerMailbox - usage.bytes)
        // Nobody holds more than all do.
        if usage.envelopes < free.count, usage.bytes < free.bytes { return true }
        let own = StrangersMail(in: mailbox, store: store).amount(of: account)
        return own.count < free.count && own.bytes < free.bytes
    }

    private var strangersShare: StrangersMail.Amount {
        StrangersMail.Amount(
            count: bounds.strangersEnvelopesPerMailbox, bytes: bounds.strangersBytesPerMailbox)
    }

    /// Whether strangers have so much in a mailbox that some of theirs may have given way.
    func isStrangersShareUsed(_ mailbox: MailboxID, store: StoreView) -> Bool {
        let (all, share) = (StrangersMail(in: mailbox, store: store).all, strangersShare)
        return all.count >= share.count || all.bytes > share.bytes - Limits.sizeClasses[Limits.sizeClasses.count - 1]
    }

    /// Removes a stranger's envelope.
    mutating func evict(_ envelope: StrangersEnvelope, store: inout StoreView) {
        mark(.strangersMailGaveWay)
        let expiry = StoredKey.expiry(envelope.removal, .envelope, envelope.key)
        if let entry = ExpiryEntry(expiry.span.bytes) { erase(entry, store: &store) }
        // Older versions remove envelopes without this index, which they don't know.
        store.removeStranger(envelope.key, envelope.account, envelope.removal)
    }

    /// Whether a mailbox has as many tombstones as it may have.
    func isFull(_ mailbox: MailboxID, store: StoreView) -> Bool {
        store.mailboxUsage(mailbox).tombstones >= bounds.tombstonesPerMailbox
    }

    /// The result of making room for one more thing.
    struct MadeRoom {
        /// Whether there is room now.
        let isFree: Bool
        /// The things evicted for it.
        let evicted: [ExpiryEntry]
    }

    /// Makes room for one more thing that an account brings, of a kind that may be evicted.
    mutating func makeRoom(_ kind: ExpiringKind, for account: Account, store: inout StoreView) -> MadeRoom {
        var evicted: [ExpiryEntry] = []
        for _ in 0..<Quota.displacements {
            switch holdings.room(kind, Charge(account)) {
            case .free: return MadeRoom(isFree: true, evicted: evicted)
            case .none:
                mark(.nothingGivesWay)
                return MadeRoom(isFree: false, evicted: evicted)
            case .displacing(let crowding):
                guard let entry = displace(kind, of: crowding, store: &store) else {
                    return MadeRoom(isFree: false, evicted: evicted)
                }
                evicted.append(entry)
            }
        }
        return MadeRoom(isFree: false, evicted: evicted)
    }

    /// The most things evicted for one: an older version's bounds may have been wider.
    private static let displacements = 4

    /// Evicts the thing of an account that is the first to be evicted; nil where it has none.
    private mutating func displace(
        _ kind: ExpiringKind, of account: Account, store: inout StoreView
    ) -> ExpiryEntry? {
        for _ in 0..<Limits.removalsPerSweep {
            guard let (charged, entry) = firstCharged(kind, account, store: store) else { return nil }
            var charge: Charge?
            let expiry = StoredKey.expiry(entry.removal, kind, entry.key)
            guard store.read(.expiries, expiry, { charge = Charge($0) }), charge?.account ?? .unknown == account else {
                // An older version has removed the thing without this index, which it doesn't know.
                store.remove(.charges, charged)
                continue
            }
            erase(entry, store: &store)
            displaced.add(kind)
            mark(kind == .record ? .recordEvicted : .tombstoneEvicted)
            return entry
        }
        return nil
    }

    private func firstCharged(
        _ kind: ExpiringKind, _ account: Account, store: StoreView
    ) -> (key: [UInt8], entry: ExpiryEntry)? {
        var first: (key: [UInt8], entry: ExpiryEntry)?
        let prefix = StoredKey.charges(kind, account)
        store.scanHeads(.charges, prefix: prefix) { key, _, _ in
            first = ExpiryEntry(charged: key, kind, after: prefix.count).map { entry in
                (key.withUnsafeBytes { [UInt8]($0) }, entry)
            }
            return false
        }
        return first
    }

    // MARK: Charges

    /// Adds something to the expiry index, and charges it.
    mutating func charge(
        _ kind: ExpiringKind, _ key: [UInt8], until removal: Day, _ charge: Charge, store: inout StoreView
    ) {
        store.put(.expiries, StoredKey.expiry(removal, kind, key), charge.bytes)
        if kind.givesWay { store.put(.charges, StoredKey.charge(kind, charge.account, removal, key), []) }
        holdings.add(kind, charge)
        underWay.add(Quota.written(kind, charge), to: charge.account, until: store.lastTicket)
    }

    /// About how many bytes are written with something: for each kind, its value and those of the indexes.
    private static func written(_ kind: ExpiringKind, _ charge: Charge) -> Int {
        kind == .envelope ? charge.amount + 1_500 : 2_500
    }

    /// Removes something from the expiry index, and its charge.
    mutating func discharge(_ kind: ExpiringKind, _ key: [UInt8], until removal: Day, store: inout StoreView) {
        let entry = StoredKey.expiry(removal, kind, key)
        var charge: Charge?
        guard store.read(.expiries, entry, { charge = Charge($0) }) else { return }
        store.remove(.expiries, entry)
        let charged = charge ?? Charge(.unknown, kind.givesWay ? 1 : 0)
        if kind.givesWay { store.remove(.charges, StoredKey.charge(kind, charged.account, removal, key)) }
        if kind == .envelope { store.removeStranger(key, charged.account, removal) }
        holdings.remove(kind, charged)
    }

    /// Removes something that has expired or is evicted, with all that belongs to it.
    mutating func erase(_ entry: ExpiryEntry, store: inout StoreView) {
        discharge(entry.kind, entry.key, until: entry.removal, store: &store)
        guard let location = entry.location else { return }
        switch entry.kind {
        case .envelope:
            var held: Int?
            store.readHead(.envelopes, entry.key) { size, _ in held = size }
            guard let size = held else { return }
            store.removeEnvelope(entry.key)
            store.updateUsage(of: location) {
                $0.envelopes -= 1
                $0.bytes -= size
            }
        case .tombstone:
            guard store.contains(.tombstones, entry.key) else { return }
            store.remove(.tombstones, entry.key)
            store.updateUsage(of: location) { $0.tombstones -= 1 }
        case .record:
            guard store.contains(.records, entry.key) else { return }
            store.remove(.records, entry.key)
            var node = store.nodeUsage()
            node.records -= 1
            store.putNodeUsage(node)
        }
    }

    /// Charges a few of the things that an older version kept. It is unknown which account brought them, so all are
    /// charged to one account.
    mutating func chargeOlder(store: inout StoreView) {
        guard holdings.hasUncharged else { return }
        mark(.olderThingsCharged)
        var found: [ExpiryEntry] = []
        var last: [UInt8]?
        var seen = 0
        store.scan(.expiries, prefix: [], after: chargedThrough) { key, value in
            seen += 1
            last = key.withUnsafeBytes { [UInt8]($0) }
            if Charge(value) == nil, let entry = ExpiryEntry(key) { found.append(entry) }
            return seen < Limits.removalsPerSweep
        }
        for entry in found {
            var amount = 1
            if entry.kind == .envelope { store.readHead(.envelopes, entry.key) { size, _ in amount = size } }
            let charge = Charge(.unknown, amount)
            store.put(.expiries, StoredKey.expiry(entry.removal, entry.kind, entry.key), charge.bytes)
            if entry.kind.givesWay {
                store.put(.charges, StoredKey.charge(entry.kind, .unknown, entry.removal, entry.key), [])
            } else {
                holdings.add(entry.kind, charge)
            }
        }
        chargedThrough = last
        if seen < Limits.removalsPerSweep {
            holdings.allAreCharged()
            chargedThrough = nil
        }
    }
}
