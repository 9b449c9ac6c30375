import Basics
import Cryptography
import Storage

/// Whether every disk keeps its mailboxes as it must: no envelope beside its own tombstone, so that what was collected
/// stays gone, and no more of anything than a mailbox may hold.
package struct MailboxCheck {
    /// What a disk holds of one mailbox.
    private struct Held {
        var envelopes = 0
        var bytes = 0
        var tombstones = 0
    }

    private var held: [HostID: [Bytes32: Held]] = [:]
    package private(set) var findings = CheckFindings()

    package init() {}

    /// A batch is about to be committed to a disk.
    package mutating func commit(_ writes: [StoreWrite], on disk: MemoryStore, at host: HostID) {
        var seen: Set<[UInt8]> = []
        var mailboxes: Set<Bytes32> = []
        // The last write of a key is what stays: on a slow disk an envelope and its tombstone may come in one group.
        for write in writes.reversed() where write.table == .envelopes || write.table == .tombstones {
            let letter = UInt8(ascii: write.table == .envelopes ? "e" : "t")
            guard let mailbox = Bytes32(write.key.span.bytes), seen.insert([letter] + write.key).inserted else {
                continue
            }
            var before: Int?
            _ = disk.read(write.table, write.key) { before = $0.byteCount }
            count(write, before, in: mailbox, at: host)
            mailboxes.insert(mailbox)
            let other = write.table == .envelopes ? Table.tombstones : .envelopes
            if write.value != nil, holds(other, write.key, writes, disk) {
                findings.add("Host \(host.index) keeps an envelope beside its tombstone.")
            }
        }
        for mailbox in mailboxes.sorted() { checkBounds(of: mailbox, at: host) }
    }

    /// Hands over what was found since the last call.
    package mutating func drainFindings() -> [Violation] { findings.drain() }

    /// A disk is gone with all that is on it, or another has taken its place.
    package mutating func loseDisk(of host: HostID) { held[host] = nil }

    /// Whether a key has a value once a batch is committed.
    private func holds(_ table: Table, _ key: [UInt8], _ writes: [StoreWrite], _ disk: MemoryStore) -> Bool {
        if let last = writes.last(where: { $0.table == table && $0.key == key }) { return last.value != nil }
        return disk.read(table, key) { _ in }
    }

    private mutating func count(_ write: StoreWrite, _ before: Int?, in mailbox: Bytes32, at host: HostID) {
        var all = held[host]?[mailbox] ?? Held()
        let change = (write.value == nil ? 0 : 1) - (before == nil ? 0 : 1)
        if write.table == .tombstones {
            all.tombstones += change
        } else {
            all.envelopes += change
            all.bytes += (write.value?.count ?? 0) - (before ?? 0)
        }
        held[host, default: [:]][mailbox] = all
    }

    /// Only once a whole batch is counted: what gives way to a new envelope leaves in the same batch.
    private mutating func checkBounds(of mailbox: Bytes32, at host: HostID) {
        guard let all = held[host]?[mailbox],
            all.envelopes > Limits.envelopesPerMailbox || all.bytes > Limits.bytesPerMailbox
                || all.tombstones > Limits.tombstonesPerMailbox
        else { return }
        findings.add(
            "Host \(host.index) holds \(all.envelopes) envelopes, \(all.bytes) bytes and \(all.tombstones) tombstones of one mailbox."
        )
    }
}
