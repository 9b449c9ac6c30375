import Basics
import Storage
import Wire

/// The counts of what is kept for others, made anew from what is there.
///
/// They change in one batch with what they count, so that only a damaged disk makes them wrong. A node doesn't count anew by
/// itself, since that takes a read of every key.
public struct KeptCounts {
    private var node = NodeUsage()
    private var mailboxes: [MailboxID: MailboxUsage] = [:]

    /// Counts what a store holds.
    public init(_ store: StoreView) {
        var mailboxes: [MailboxID: MailboxUsage] = [:]
        var node = NodeUsage()
        store.scanHeads(.envelopes, prefix: []) { key, size, _ in
            guard let mailbox = KeptCounts.location(key) else { return true }
            mailboxes[mailbox, default: MailboxUsage()].envelopes += 1
            mailboxes[mailbox, default: MailboxUsage()].bytes += size
            return true
        }
        store.scanHeads(.tombstones, prefix: []) { key, _, _ in
            guard let mailbox = KeptCounts.location(key) else { return true }
            mailboxes[mailbox, default: MailboxUsage()].tombstones += 1
            return true
        }
        store.scanHeads(.records, prefix: []) { _, _, _ in
            node.records += 1
            return true
        }
        for usage in mailboxes.values {
            node.envelopes += usage.envelopes
            node.tombstones += usage.tombstones
            node.bytes += usage.bytes
        }
        node.mailboxes = mailboxes.count
        (self.node, self.mailboxes) = (node, mailboxes)
    }

    private static func location(_ key: RawSpan) -> MailboxID? { Bytes32(key, at: 0).map { MailboxID($0) } }

    /// Whether the counts in the store are these.
    public func agree(with store: StoreView) -> Bool {
        guard store.nodeUsage() == node else { return false }
        var found = 0
        var isEqual = true
        visitCounts(of: store) { mailbox in
            found += 1
            isEqual = mailboxes[mailbox] == store.mailboxUsage(mailbox)
            return isEqual
        }
        return isEqual && found == mailboxes.count
    }

    /// Writes these counts in place of those in the store.
    public func write(_ store: inout StoreView) {
        var others: [MailboxID] = []
        visitCounts(of: store) { mailbox in
            if mailboxes[mailbox] == nil { others.append(mailbox) }
            return true
        }
        for mailbox in others { store.remove(.usage, StoredKey.location(mailbox)) }
        for mailbox in mailboxes.keys.sorted(by: { $0.bytes < $1.bytes }) {
            store.putUsage(mailboxes[mailbox] ?? MailboxUsage(), of: mailbox)
        }
        store.putNodeUsage(node)
    }

    private func visitCounts(of store: StoreView, _ body: (MailboxID) -> Bool) {
        store.scanHeads(.usage, prefix: []) { key, _, _ in
            key.byteCount == StoredKey.nodeUsage.count ? true : KeptCounts.location(key).map(body) ?? true
        }
    }
}
