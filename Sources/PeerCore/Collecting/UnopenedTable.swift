import Basics
import Storage
import Wire

/// An envelope in one of this person's mailboxes that can't be opened.
struct UnopenedEntry: Hashable {
    let envelope: EnvelopeID
    /// The epoch of the mailbox that it lies in.
    let mailbox: Epoch
    let expiry: Day
    let size: Int
    let since: UnixTime
}

/// In the table `inbox`, beside what `InboxTable` draws:
/// ```
///   n ‖ day ‖ envelope    the envelope can't be opened yet
/// ```
enum UnopenedTable {
    static let prefix = [UInt8(ascii: "n")]

    static func key(_ entry: UnopenedEntry) -> [UInt8] {
        prefix + entry.expiry.number.bigEndianBytes + entry.envelope.bytes.array
    }
}

extension UnopenedEntry {
    var encoded: [UInt8] {
        var fields = FieldWriter()
        fields.integer(1, mailbox.number)
        fields.integer(2, UInt32(clamping: size))
        fields.integer(3, since.seconds)
        return fields.bytes
    }

    init?(_ key: RawSpan, _ value: RawSpan) {
        guard key.byteCount == 37, let day = UInt32(bigEndianBytes: key, at: 1), let envelope = Bytes32(key, at: 5)
        else {
            return nil
        }
        var mailbox: UInt32?
        var size: UInt32 = 0
        var since: Int64 = 0
        do {
            var fields = FieldReader(value)
            while let (tag, range) = try fields.next(value) {
                switch tag {
                case 1: mailbox = try range.integer(value, as: UInt32.self)
                case 2: size = try range.integer(value)
                case 3: since = try range.integer(value)
                default: break
                }
            }
        } catch {
            return nil
        }
        guard let mailbox else { return nil }
        self.init(
            envelope: EnvelopeID(envelope), mailbox: Epoch(number: mailbox), expiry: Day(number: day), size: Int(size),
            since: UnixTime(seconds: since))
    }
}

extension StoreView {
    /// The envelopes that can't be opened yet.
    func unopenedMail() -> [UnopenedEntry] {
        var entries: [UnopenedEntry] = []
        scan(.inbox, prefix: UnopenedTable.prefix) { key, value in
            if let entry = UnopenedEntry(key, value) { entries.append(entry) }
            return entries.count < Limits.unopenedEnvelopes
        }
        return entries
    }

    mutating func putUnopened(_ entry: UnopenedEntry) {
        let key = UnopenedTable.key(entry)
        if !contains(.inbox, key) { put(.inbox, key, entry.encoded) }
    }

    mutating func removeUnopened(_ entries: [UnopenedEntry]) {
        for entry in entries { remove(.inbox, UnopenedTable.key(entry)) }
    }
}
