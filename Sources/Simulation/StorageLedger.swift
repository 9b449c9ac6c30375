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

    mutating func recordDeposit(_ envelope: [UInt8], _ command: CommandID, by host: HostID) {
        deposits[Deposit(host: host, command: command)] = EnvelopeID(hashing: envelope.span.bytes)
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

    /// A batch is about to be committed.
    mutating func recordCommit(_ writes: [StoreWrite], on disk: MemoryStore, at host: HostID, now: Now) {
        for write in writes where write.table == .records { checkRecord(write, on: disk, at: host) }
        for write in writes where write.table == .envelopes {
            guard let id = StorageLedger.envelope(of: write.key) else { continue }
            if !isIndexed(write.key, writes) {
                violations.append(
                    Violation(
                        "Host \(host.index) changed an envelope and not the index of mailboxes with it.",
                        trace: ["envelope \(id)"]))
            }
            var held = 0
            _ = disk.read(.envelopes, write.key) { held = $0.byteCount }
            if let value = write.value {
                if held == 0 { add(id, value.count, at: host) }
            } else if held > 0 {
                remove(id, held)
                if !isDone(write.key, writes, disk), !isExpired(write.key, disk, now) {
                    violations.append(
                        Violation(
                            "Host \(host.index) dropped an envelope that was neither collected nor expired.",
                            trace: ["envelope \(id)"]))
                }
            }
        }
    }

    /// On how many disks an envelope ever was.
    func disksEver(of envelope: EnvelopeID) -> Int { envelopes[envelope]?.committed.count ?? 0 }

    private mutating func checkRecord(_ write: StoreWrite, on disk: MemoryStore, at host: HostID) {
        guard let value = write.value, let new = try? SignedRecord(decoding: value.span.bytes) else { return }
        var held: UInt64?
        _ = disk.read(.records, write.key) { held = (try? SignedRecord(decoding: $0))?.sequence }
        guard let held, new.sequence < held else { return }
        violations.append(
            Violation("Host \(host.index) replaced a record of sequence \(held) by an older one, of \(new.sequence)."))
    }

    /// A disk is gone with all that is on it.
    mutating func recordDiskLost(_ disk: MemoryStore) {
        var lost: [(EnvelopeID, Int)] = []
        disk.scan(.envelopes, prefix: [], after: nil) { key, value in
            if let id = StorageLedger.envelope(of: key.withUnsafeBytes { [UInt8]($0) }) {
                lost.append((id, value.byteCount))
            }
            return true
        }
        for (id, byteCount) in lost { remove(id, byteCount) }
    }

    private mutating func add(_ id: EnvelopeID, _ byteCount: Int, at host: HostID) {
        var whereabouts = envelopes[id] ?? Whereabouts()
        let number = UInt32(host.index)
        if !whereabouts.committed.contains(number) { whereabouts.committed.append(number) }
        whereabouts.holders += 1
        envelopes[id] = whereabouts
        bytesHeld += byteCount
    }

    private mutating func remove(_ id: EnvelopeID, _ byteCount: Int) {
        envelopes[id]?.holders -= 1
        bytesHeld -= byteCount
    }

    private func isDone(_ key: [UInt8], _ writes: [StoreWrite], _ disk: MemoryStore) -> Bool {
        writes.contains { $0.table == .tombstones && $0.key == key && $0.value != nil }
            || disk.read(.tombstones, key) { _ in }
    }

    /// Whether a batch changes the index of mailboxes as it changes the envelope.
    private func isIndexed(_ key: [UInt8], _ writes: [StoreWrite]) -> Bool {
        let envelope = writes.last { $0.table == .envelopes && $0.key == key }
        let entry = writes.last { $0.table == .mailboxes && $0.key == key }
        return entry != nil && (entry?.value == nil) == (envelope?.value == nil)
    }

    private func isExpired(_ key: [UInt8], _ disk: MemoryStore, _ now: Now) -> Bool {
        var day: Day?
        _ = disk.read(.envelopes, key) { day = (try? EnvelopeHeader(decoding: $0))?.expiry }
        return day.map { $0 < now.utc.day } ?? true
    }

    private static func envelope(of key: [UInt8]) -> EnvelopeID? {
        guard key.count == 2 * Bytes32.count else { return nil }
        return Bytes32(key.span.bytes, at: Bytes32.count).map { EnvelopeID($0) }
    }
}
