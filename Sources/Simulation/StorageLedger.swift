import Basics
import Cryptography
import Exchange
import Storage
import Wire

/// Tracks what lies on all disks, independently of the nodes: it sees what is committed and what senders are told.
///
/// It checks four promises. A node that acknowledges an envelope has it on disk: no sender is told of more buddies than
/// there are disks on which it was committed. What was acknowledged stays: an envelope leaves a disk only with its
/// owner's tombstone, after its last day, or with the disk. The index that listings read is changed together with the
/// envelopes. And a record is never replaced by an older one.
struct StorageLedger {
    /// Where an envelope was and is.
    private struct Whereabouts {
        var committed: [UInt32] = []
        var holders = 0
        var byteCount = 0
    }

    private struct Deposit: Hashable {
        let host: HostID
        let command: CommandID
    }

    private var envelopes: [EnvelopeID: Whereabouts] = [:]
    private var deposits: [Deposit: EnvelopeID] = [:]
    /// Whether nodes may lie, so that senders are told of buddies which keep nothing.
    private let toleratesLies: Bool
    private(set) var violations: [Violation] = []
    /// Bytes of envelopes on all disks together.
    private(set) var bytesHeld = 0

    init(toleratesLies: Bool) { self.toleratesLies = toleratesLies }

    mutating func recordDeposit(_ envelope: EnvelopeID, _ command: CommandID, by host: HostID) {
        deposits[Deposit(host: host, command: command)] = envelope
    }

    /// Whether an event says something of a deposit.
    static func isAbout(_ event: NodeEvent) -> Bool {
        switch event {
        case .depositProgress, .depositFinished, .busy: true
        default: false
        }
    }

    /// What the sender of a deposit is told of it.
    mutating func record(_ event: NodeEvent, at host: HostID) {
        switch event {
        case .depositProgress(let command, let tally):
            check(tally, Deposit(host: host, command: command))
        case .depositFinished(let command, let tally, let tombstone):
            let deposit = Deposit(host: host, command: command)
            if tombstone == nil { check(tally, deposit) }
            deposits[deposit] = nil
        case .busy(let command): deposits[Deposit(host: host, command: command)] = nil
        default: break
        }
    }

    private mutating func check(_ tally: Tally, _ deposit: Deposit) {
        guard !toleratesLies, let envelope = deposits[deposit] else { return }
        let committed = envelopes[envelope]?.committed.count ?? 0
        guard tally.done > committed else { return }
        violations.append(
            Violation(
                "Host \(deposit.host.index) was told that \(tally.done) buddies keep an envelope which was committed on \(committed) disks.",
                trace: ["envelope \(envelope)"]))
    }

    /// On how many disks an envelope ever was.
    func disksEver(of envelope: EnvelopeID) -> Int { envelopes[envelope]?.committed.count ?? 0 }

    mutating func add(_ id: EnvelopeID, _ byteCount: Int, at host: HostID) {
        recordCommitted(id, at: host)
        envelopes[id]?.holders += 1
        bytesHeld += byteCount
    }

    /// An envelope was committed to a disk, and perhaps removed by the same batch.
    mutating func recordCommitted(_ id: EnvelopeID, at host: HostID) {
        var whereabouts = envelopes[id] ?? Whereabouts()
        let number = UInt32(host.index)
        if !whereabouts.committed.contains(number) { whereabouts.committed.append(number) }
        envelopes[id] = whereabouts
    }

    /// A disk has been copied to another machine.
    mutating func recordCopied(_ disk: MemoryStore, to host: HostID) {
        for fact in StorageLedger.facts(ofLosing: disk) {
            if case .envelopeRemoved(let id, let bytes) = fact { add(id, bytes, at: host) }
        }
    }

    mutating func remove(_ id: EnvelopeID, _ byteCount: Int) {
        envelopes[id]?.holders -= 1
        bytesHeld -= byteCount
    }
}

// MARK: What a disk says

extension StorageLedger {
    /// What a batch changes that is about to be committed to a disk, and what is wrong about it.
    static func facts(
        ofCommitting writes: [StoreWrite], on disk: MemoryStore, at host: HostID, now: Now
    ) -> [Fact] {
        var facts: [Fact] = []
        for write in writes where write.table == .records {
            if let violation = violation(ofRecord: write, on: disk, at: host) { facts.append(.broken(violation)) }
        }
        for write in writes where write.table == .envelopes {
            guard let id = envelope(of: write.key) else { continue }
            func isBroken(_ what: String) {
                facts.append(.broken(Violation("Host \(host.index) \(what).", trace: ["envelope \(id)"])))
            }
            if !isIndexed(write.key, writes) { isBroken("changed an envelope and not the index of mailboxes with it") }
            var held = 0
            _ = disk.read(.envelopes, write.key) { held = $0.byteCount }
            if let value = write.value {
                if held == 0 { facts.append(.envelopeAdded(id, bytes: value.count)) }
            } else if held == 0 {
                // Written and removed by the same batch, which holds only the newest write of a key.
                if isDone(write.key, writes, disk) { facts.append(.envelopePassed(id)) }
            } else {
                facts.append(.envelopeRemoved(id, bytes: held))
                let isDue = isDone(write.key, writes, disk) || isExpired(write.key, disk, now)
                if !isDue, !givesWay(write.key, writes, disk) {
                    isBroken("dropped an envelope that was neither collected nor expired")
                }
            }
        }
        return facts
    }

    /// What becomes of envelopes when a disk is gone with all that is on it.
    static func facts(ofLosing disk: MemoryStore) -> [Fact] {
        var lost: [Fact] = []
        disk.scan(.envelopes, prefix: [], after: nil) { key, value in
            if let id = envelope(of: key.withUnsafeBytes { [UInt8]($0) }) {
                lost.append(.envelopeRemoved(id, bytes: value.byteCount))
            }
            return true
        }
        return lost
    }

    private static func violation(
        ofRecord write: StoreWrite, on disk: MemoryStore, at host: HostID
    ) -> Violation? {
        guard let value = write.value, let new = try? SignedRecord(decoding: value.span.bytes) else { return nil }
        var held: UInt64?
        _ = disk.read(.records, write.key) { held = (try? SignedRecord(decoding: $0))?.sequence }
        guard let held, new.sequence < held else { return nil }
        return Violation(
            "Host \(host.index) replaced a record of sequence \(held) by an older one, of \(new.sequence).")
    }

    private static func isDone(_ key: [UInt8], _ writes: [StoreWrite], _ disk: MemoryStore) -> Bool {
        writes.contains { $0.table == .tombstones && $0.key == key && $0.value != nil }
            || disk.read(.tombstones, key) { _ in }
    }

    /// Whether an envelope is a stranger's, and gives way in a batch to another of the same mailbox.
    private static func givesWay(_ key: [UInt8], _ writes: [StoreWrite], _ disk: MemoryStore) -> Bool {
        let (mailbox, envelope) = (key.prefix(Bytes32.count), key.suffix(Bytes32.count))
        let isStrangers = writes.contains {
            $0.table == .charges && $0.value == nil && $0.key.dropFirst().starts(with: mailbox)
                && $0.key.suffix(Bytes32.count) == envelope && disk.read(.charges, $0.key) { _ in }
        }
        return isStrangers
            && writes.contains {
                $0.table == .envelopes && $0.value != nil && $0.key.starts(with: mailbox)
                    && !disk.read(.envelopes, $0.key) { _ in }
            }
    }

    /// Whether a batch changes the index of mailboxes as it changes the envelope.
    private static func isIndexed(_ key: [UInt8], _ writes: [StoreWrite]) -> Bool {
        let envelope = writes.last { $0.table == .envelopes && $0.key == key }
        let entry = writes.last { $0.table == .mailboxes && $0.key == key }
        return entry != nil && (entry?.value == nil) == (envelope?.value == nil)
    }

    private static func isExpired(_ key: [UInt8], _ disk: MemoryStore, _ now: Now) -> Bool {
        var day: Day?
        _ = disk.read(.envelopes, key) { day = (try? EnvelopeHeader(decoding: $0))?.expiry }
        return day.map { $0 < now.utc.day } ?? true
    }

    private static func envelope(of key: [UInt8]) -> EnvelopeID? {
        guard key.count == 2 * Bytes32.count else { return nil }
        return Bytes32(key.span.bytes, at: Bytes32.count).map { EnvelopeID($0) }
    }
}
