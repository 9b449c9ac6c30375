import Basics
import Storage
import Wire

/// What one mailbox takes up on this node.
struct MailboxUsage: Hashable, Sendable {
    var envelopes = 0
    var tombstones = 0
    /// Bytes of its envelopes.
    var bytes = 0

    var isEmpty: Bool { envelopes <= 0 && tombstones <= 0 }
}

/// What a node keeps for others.
public struct NodeUsage: Hashable, Sendable {
    public var mailboxes = 0
    public var envelopes = 0
    public var tombstones = 0
    public var records = 0
    /// Bytes of all envelopes.
    public var bytes = 0

    public init() {}
}

extension StoreView {
    func mailboxUsage(_ mailbox: MailboxID) -> MailboxUsage {
        var usage = MailboxUsage()
        _ = read(.usage, StoredKey.location(mailbox)) { bytes in
            var reader = ByteReader(bytes)
            usage.envelopes = reader.stored(bytes)
            usage.tombstones = reader.stored(bytes)
            usage.bytes = reader.stored(bytes)
        }
        return usage
    }

    func nodeUsage() -> NodeUsage {
        var usage = NodeUsage()
        _ = read(.usage, StoredKey.nodeUsage) { bytes in
            var reader = ByteReader(bytes)
            usage.mailboxes = reader.stored(bytes)
            usage.envelopes = reader.stored(bytes)
            usage.tombstones = reader.stored(bytes)
            usage.records = reader.stored(bytes)
            usage.bytes = reader.stored(bytes)
        }
        return usage
    }

    /// Changes the usage of a mailbox, and of the node with it, in the batch of what changed.
    @discardableResult
    mutating func updateUsage(of mailbox: MailboxID, _ change: (inout MailboxUsage) -> Void) -> Ticket {
        let old = mailboxUsage(mailbox)
        var new = old
        change(&new)
        var node = nodeUsage()
        node.envelopes += new.envelopes - old.envelopes
        node.tombstones += new.tombstones - old.tombstones
        node.bytes += new.bytes - old.bytes
        node.mailboxes += (new.isEmpty ? 0 : 1) - (old.isEmpty ? 0 : 1)
        if new.isEmpty {
            remove(.usage, StoredKey.location(mailbox))
        } else {
            putUsage(new, of: mailbox)
        }
        return putNodeUsage(node)
    }

    mutating func putUsage(_ usage: MailboxUsage, of mailbox: MailboxID) {
        put(.usage, StoredKey.location(mailbox), stored([usage.envelopes, usage.tombstones, usage.bytes]))
    }

    @discardableResult
    mutating func putNodeUsage(_ usage: NodeUsage) -> Ticket {
        put(
            .usage, StoredKey.nodeUsage,
            stored([usage.mailboxes, usage.envelopes, usage.tombstones, usage.records, usage.bytes]))
    }
}

/// The counts as they are stored: u64 each.
private func stored(_ counts: [Int]) -> [UInt8] {
    var writer = ByteWriter(capacity: counts.count * 8)
    for count in counts { writer.u64(UInt64(clamping: count)) }
    return writer.bytes
}

extension ByteReader {
    /// One count; 0 where there is none. A damaged disk may return anything: sums of it mustn't overflow.
    fileprivate mutating func stored(_ bytes: RawSpan) -> Int {
        min(Int(clamping: (try? u64(bytes)) ?? 0), 1 << 56)
    }
}
