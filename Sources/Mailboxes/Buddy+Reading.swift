import Basics
import Storage
import Wire

/// One page of what waits in a mailbox.
public struct MailboxPage: Hashable, Sendable {
    /// By ascending envelope ID.
    public var entries: [MailboxEntry] = []
    /// Whether there are more after the last entry.
    public var more = false
}

extension Buddy {
    /// What waits in a mailbox after an envelope (nil: from the first), the expired left out. The caller has asked
    /// `isAuthorized`.
    public func list(_ mailbox: MailboxID, after: EnvelopeID?, now: Now, store: StoreView) -> MailboxPage {
        var page = MailboxPage()
        page.entries.reserveCapacity(Limits.entriesPerPage)
        let today = now.utc.day
        index.visit(mailbox, after: after, store: store) { envelope, entry in
            guard !(entry.lastDay < today) else { return true }
            guard page.entries.count < Limits.entriesPerPage else {
                page.more = true
                return false
            }
            page.entries.append(MailboxEntry(envelope: envelope, size: entry.size))
            return true
        }
        return page
    }

    /// Calls `body` with one chunk of an envelope, valid only during the call, and returns true; false where there is no
    /// such envelope or chunk. The caller has asked `isAuthorized`.
    public mutating func envelopeChunk(
        _ envelope: EnvelopeID, in mailbox: MailboxID, index: Int, store: StoreView,
        _ body: (DownloadChunk, RawSpan) -> Void
    ) -> Bool {
        StoredKey.replace(&itemKey, mailbox, envelope)
        return chunk(index, .envelopes, itemKey, store, body) { _ in true }
    }

    /// Calls `body` with one chunk of the record at a location, valid only during the call, and returns true; false where
    /// there is no such record or chunk, or it has expired.
    public mutating func recordChunk(
        at location: Location, index: Int, now: Now, store: StoreView, _ body: (DownloadChunk, RawSpan) -> Void
    ) -> Bool {
        StoredKey.replace(&locationKey, location)
        return chunk(index, .records, locationKey, store, body) { bytes in
            (try? SignedRecord(decoding: bytes)).map { now.utc < $0.validUntil } ?? false
        }
    }

    /// The record kept here for a location, for the node's own person.
    public func record(at location: Location, store: StoreView) -> [UInt8]? {
        store.value(.records, StoredKey.location(location))
    }

    /// All envelopes of a mailbox kept here, without the expired ones, for the node's own person.
    public func entries(in mailbox: MailboxID, now: Now, store: StoreView) -> [MailboxEntry] {
        var entries: [MailboxEntry] = []
        var page = list(mailbox, after: nil, now: now, store: store)
        while let last = page.entries.last {
            entries += page.entries
            guard page.more else { break }
            page = list(mailbox, after: last.envelope, now: now, store: store)
        }
        return entries
    }

    /// The bytes of an envelope kept here, for the node's own person.
    public func envelope(_ envelope: EnvelopeID, in mailbox: MailboxID, store: StoreView) -> [UInt8]? {
        store.value(.envelopes, StoredKey.item(mailbox, envelope))
    }

    /// Whether an envelope lies here.
    public func holds(_ envelope: EnvelopeID, in mailbox: MailboxID, store: StoreView) -> Bool {
        store.readHead(.envelopes, StoredKey.item(mailbox, envelope)) { _, _ in }
    }

    private func chunk(
        _ index: Int, _ table: Table, _ key: [UInt8], _ store: StoreView, _ body: (DownloadChunk, RawSpan) -> Void,
        where isGiven: (RawSpan) -> Bool
    ) -> Bool {
        var isFound = false
        _ = store.read(table, key) { bytes in
            guard let place = Chunks.checkedRange(index, of: bytes.byteCount), isGiven(bytes) else { return }
            isFound = true
            let part = DownloadChunk(
                size: bytes.byteCount, index: index, bytes: ByteRange(offset: 0, count: place.count))
            body(part, bytes.extracting(place))
        }
        return isFound
    }
}
