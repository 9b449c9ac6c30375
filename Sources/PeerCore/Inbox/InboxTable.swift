import Basics
import Conversations
import Storage
import Wire

/// The table `inbox`, one letter before each kind of key:
/// ```
///   o ‖ lamport ‖ sender ‖ ID    what may change of a message, and its times
///   u ‖ lamport ‖ sender ‖ ID    while it is not read
///   s ‖ arrival number u64       lamport ‖ sender ‖ ID: the order in which messages arrived
///   t ‖ ID ‖ sender              text, written once; of a kind that is not known, all fields of the content
///   i ‖ ID ‖ sender              lamport: which messages have arrived; with 1 behind it, one that was dropped
///   w ‖ ID ‖ sender              parent ‖ lamport ‖ received at: while it may be withheld
///   d ‖ day ‖ envelope           the envelope is done: to be discarded when it is offered again
///   x ‖ day ‖ ID ‖ sender        the message was deleted: from that day on no copy of it can come any more
///   n, v                         what can't be opened; see `UnopenedTable` and `EvidenceTable`
/// ```
/// Message IDs are the senders' choice: only together with the sender do they name a message.
enum InboxTable {
    static let order = [UInt8(ascii: "o")]
    static let arrivals = [UInt8(ascii: "s")]

    static func orderKey(_ position: InboxPosition) -> [UInt8] { order + place(position) }
    static func unreadKey(_ position: InboxPosition) -> [UInt8] { [UInt8(ascii: "u")] + place(position) }
    static func arrivalKey(_ number: UInt64) -> [UInt8] { arrivals + number.bigEndianBytes }
    static func textKey(_ id: MessageID, _ from: PeerID) -> [UInt8] {
        [UInt8(ascii: "t")] + id.array + from.bytes.array
    }
    static func indexKey(_ id: MessageID, _ from: PeerID) -> [UInt8] { index(id) + from.bytes.array }
    static let index = [UInt8(ascii: "i")]
    static func index(_ id: MessageID) -> [UInt8] { index + id.array }
    static func withheldKey(_ id: MessageID, _ from: PeerID) -> [UInt8] { withheld + id.array + from.bytes.array }
    static func doneKey(_ day: Day, _ envelope: EnvelopeID) -> [UInt8] {
        done + day.number.bigEndianBytes + envelope.bytes.array
    }
    static let withheld = [UInt8(ascii: "w")]
    static let done = [UInt8(ascii: "d")]
    static let deleted = [UInt8(ascii: "x")]

    static func deletedKey(_ day: Day, _ id: MessageID, _ from: PeerID) -> [UInt8] {
        deleted + day.number.bigEndianBytes + id.array + from.bytes.array
    }

    static func place(_ position: InboxPosition) -> [UInt8] {
        position.lamport.bigEndianBytes + position.from.bytes.array + position.id.array
    }

    /// The position that a key of `o` or `u` names.
    static func position(_ key: RawSpan) -> InboxPosition? {
        position(place: key, at: 1)
    }

    /// The position that `place` wrote, from this byte on.
    static func position(place span: RawSpan, at start: Int = 0) -> InboxPosition? {
        let bytes = span.withUnsafeBytes { Array($0) }
        guard bytes.count == start + 56, let lamport = UInt64(bigEndianBytes: span, at: start),
            let from = Bytes32(span, at: start + 8), let id = MessageID(bytes[(start + 40)...])
        else { return nil }
        return InboxPosition(lamport: lamport, from: PeerID(from), id: id)
    }

    /// The number that a key of `s` names.
    static func arrivalNumber(_ key: RawSpan) -> UInt64? {
        key.byteCount == 9 ? UInt64(bigEndianBytes: key, at: 1) : nil
    }
}

/// What is kept of a received message beside its text and place.
struct InboxEntry: Hashable {
    var sentAt: UnixTime
    var receivedAt: UnixTime
    var via: Via
    var isRead = false
    /// Whether it was read while others weren't to hear of that: nor will they later.
    var isReadPrivately = false
    /// Its number in the order of arrival; 0 while it has none.
    var arrival: UInt64 = 0
    /// The number of the content's kind where this version didn't know it.
    var unknownKind: UInt8?
    /// Whom its sender introduces, where that is proved.
    var introduction: Introduction?
    /// What its sender says to be called by now, where they said otherwise before.
    var renaming: Renaming?

    init(sentAt: UnixTime, receivedAt: UnixTime, via: Via) {
        self.sentAt = sentAt
        self.receivedAt = receivedAt
        self.via = via
    }

    var encoded: [UInt8] {
        var fields = FieldWriter()
        fields.integer(1, sentAt.seconds)
        fields.integer(2, receivedAt.seconds)
        fields.integer(3, via.rawValue)
        fields.integer(4, UInt8(isRead ? (isReadPrivately ? 2 : 1) : 0))
        if arrival > 0 { fields.integer(5, arrival) }
        if let unknownKind { fields.integer(6, unknownKind) }
        if let introduction { fields.bytes(7, introduction.encoded) }
        if let renaming { fields.bytes(8, renaming.encoded) }
        return fields.bytes
    }

    init(_ span: RawSpan) throws(DecodeError) {
        self.init(sentAt: UnixTime(seconds: 0), receivedAt: UnixTime(seconds: 0), via: .mailbox)
        var fields = FieldReader(span)
        while let (tag, value) = try fields.next(span) {
            switch tag {
            case 1: sentAt = UnixTime(seconds: try value.integer(span))
            case 2: receivedAt = UnixTime(seconds: try value.integer(span))
            case 3: via = Via(rawValue: try value.integer(span)) ?? .mailbox
            case 4:
                let mark = try value.integer(span, as: UInt8.self)
                (isRead, isReadPrivately) = (mark != 0, mark == 2)
            case 5: arrival = try value.integer(span)
            case 6: unknownKind = try value.integer(span, as: UInt8.self)
            case 7: introduction = Introduction(value.copy(of: span))
            case 8: renaming = Renaming(value.copy(of: span))
            default: break
            }
        }
    }
}

/// What is remembered of an envelope that was taken in, until no copy of it can turn up any more.
struct DoneEntry: Hashable {
    /// The message that was in it and its sender, when a receipt is due for it.
    var message: MessageID?
    var sender: PeerID?
    /// When a receipt was last decided on.
    var receiptAt: UnixTime?
    /// Whether the person threw it away without having read it.
    var isUnopened = false
    /// Whether it was dropped, as its sender is blocked.
    var isDropped = false

    init(message: MessageID? = nil, sender: PeerID? = nil, receiptAt: UnixTime? = nil, isUnopened: Bool = false) {
        self.message = message
        self.sender = sender
        self.receiptAt = receiptAt
        self.isUnopened = isUnopened
    }

    var encoded: [UInt8] {
        var fields = FieldWriter()
        if let message { fields.bytes(1, message.array) }
        if let sender { fields.bytes(2, sender.bytes.array) }
        if let receiptAt { fields.integer(3, receiptAt.seconds) }
        if isUnopened { fields.integer(4, 1 as UInt8) }
        if isDropped { fields.integer(5, 1 as UInt8) }
        return fields.bytes
    }

    init(_ span: RawSpan) throws(DecodeError) {
        self.init()
        var fields = FieldReader(span)
        while let (tag, value) = try fields.next(span) {
            switch tag {
            case 1: message = MessageID(try value.integer(span))
            case 2: sender = PeerID(try value.bytes32(span))
            case 3: receiptAt = UnixTime(seconds: try value.integer(span))
            case 4: isUnopened = try value.integer(span, as: UInt8.self) != 0
            case 5: isDropped = try value.integer(span, as: UInt8.self) != 0
            default: break
            }
        }
    }
}

extension ArrivedMessage {
    init(_ arrival: UInt64, _ position: InboxPosition, _ entry: InboxEntry) {
        self.arrival = arrival
        self.position = position
        sentAt = entry.sentAt
        receivedAt = entry.receivedAt
        via = entry.via
        isRead = entry.isRead
    }
}

extension StoreView {
    func hasReceived(_ id: MessageID, from: PeerID) -> Bool { contains(.inbox, InboxTable.indexKey(id, from)) }

    func inboxEntry(_ position: InboxPosition) -> InboxEntry? {
        value(.inbox, InboxTable.orderKey(position)).flatMap { try? InboxEntry($0.span.bytes) }
    }

    /// A received message whole, or nil where there is none.
    func incomingMessage(_ position: InboxPosition) -> IncomingMessage? {
        guard let entry = inboxEntry(position),
            let text = value(.inbox, InboxTable.textKey(position.id, position.from))
        else { return nil }
        let sentence = entry.unknownKind.map { IncomingMessage.sentence(ofKind: $0) }
        return IncomingMessage(
            id: position.id, from: position.from, text: sentence ?? String(decoding: text, as: UTF8.self),
            sentAt: entry.sentAt, receivedAt: entry.receivedAt, via: entry.via, isRead: entry.isRead,
            lamport: position.lamport, arrival: entry.arrival, unknownKind: entry.unknownKind,
            introduction: entry.introduction, renaming: entry.renaming)
    }

    /// Whether a message that has come was read, and its sender may hear of that.
    func isToldRead(_ id: MessageID, from: PeerID) -> Bool {
        guard let bytes = value(.inbox, InboxTable.indexKey(id, from)),
            let lamport = UInt64(bigEndianBytes: bytes.span.bytes)
        else { return false }
        let entry = inboxEntry(InboxPosition(lamport: lamport, from: from, id: id))
        return tellsOfReading && entry?.isRead == true && entry?.isReadPrivately == false
    }

    /// The places of all messages with this ID: one, unless senders collide on purpose.
    func positions(of id: MessageID) -> [InboxPosition] {
        var positions: [InboxPosition] = []
        let prefix = InboxTable.index(id)
        scan(.inbox, prefix: prefix) { key, value in
            if let lamport = UInt64(bigEndianBytes: value), let from = Bytes32(key, at: prefix.count) {
                positions.append(InboxPosition(lamport: lamport, from: PeerID(from), id: id))
            }
            return true
        }
        return positions
    }

    /// The places that references name, as far as there are messages.
    func positions(of references: [InboxReference]) -> [InboxPosition] {
        references.flatMap { reference in
            switch reference {
            case .message(let id): positions(of: id)
            case .position(let position): [position]
            }
        }
    }

    /// Removes a message, but not the memory of its having come before `day`: a copy must not bring it back.
    mutating func removeReceived(_ position: InboxPosition, forgottenFrom day: Day) {
        if let arrival = inboxEntry(position)?.arrival, arrival > 0 {
            remove(.inbox, InboxTable.arrivalKey(arrival))
        }
        remove(.inbox, InboxTable.orderKey(position))
        remove(.inbox, InboxTable.unreadKey(position))
        remove(.inbox, InboxTable.textKey(position.id, position.from))
        put(.inbox, InboxTable.deletedKey(day, position.id, position.from), [])
    }

    /// Remembers until `day` that a message of a blocked peer has come, which is not kept.
    mutating func putDropped(_ position: InboxPosition, forgottenFrom day: Day) {
        put(.inbox, InboxTable.indexKey(position.id, position.from), position.lamport.bigEndianBytes + [1])
        put(.inbox, InboxTable.deletedKey(day, position.id, position.from), [])
    }

    /// Forgets that a message was dropped, if it was: its sender isn't blocked any more. `days`: until one of them that was to be
    /// remembered.
    mutating func forgetDropped(_ id: MessageID, from: PeerID, days: ClosedRange<Day>) {
        let key = InboxTable.indexKey(id, from)
        guard value(.inbox, key)?.count == 9 else { return }
        remove(.inbox, key)
        for number in days.lowerBound.number...days.upperBound.number {
            remove(.inbox, InboxTable.deletedKey(Day(number: number), id, from))
        }
    }

    /// Forgets deleted messages of which no copy can come on `day`, at most so many; returns how many it forgot.
    mutating func forgetDeleted(by day: Day, limit: Int) -> Int {
        var keys: [[UInt8]] = []
        scan(.inbox, prefix: InboxTable.deleted) { key, _ in
            guard let number = UInt32(bigEndianBytes: key, at: 1), number <= day.number, keys.count < limit else {
                return false
            }
            keys.append(key.withUnsafeBytes { Array($0) })
            return true
        }
        for key in keys {
            remove(.inbox, key)
            // The same ID and sender, after another letter.
            remove(.inbox, InboxTable.index + key.dropFirst(5))
        }
        return keys.count
    }

    mutating func putReceived(_ content: Content, from: PeerID, _ entry: InboxEntry) {
        var entry = entry
        var text: [UInt8] = []
        switch content.body {
        case .text(let string): text = Array(string.utf8)
        case .unknown(let kind, let bytes):
            entry.unknownKind = kind
            text = bytes
        case .receipt: return
        }
        let position = InboxPosition(lamport: content.lamport, from: from, id: content.id)
        put(.inbox, InboxTable.textKey(content.id, from), text)
        put(.inbox, InboxTable.orderKey(position), entry.encoded)
        put(.inbox, InboxTable.unreadKey(position), [1])
        put(.inbox, InboxTable.indexKey(content.id, from), content.lamport.bigEndianBytes)
    }

    /// Whether an envelope is done, its last day being one of `days`, and what is known of it.
    func doneEnvelope(_ envelope: EnvelopeID, in days: ClosedRange<Day>) -> (day: Day, entry: DoneEntry)? {
        for number in days.lowerBound.number...days.upperBound.number {
            let day = Day(number: number)
            if let entry = value(.inbox, InboxTable.doneKey(day, envelope)).flatMap({ try? DoneEntry($0.span.bytes) }) {
                return (day, entry)
            }
        }
        return nil
    }

    /// Forgets the envelopes whose last day was before `day`, at most so many; returns how many it forgot.
    mutating func forgetDone(before day: Day, limit: Int) -> Int {
        var keys: [[UInt8]] = []
        scan(.inbox, prefix: InboxTable.done) { key, _ in
            guard let number = UInt32(bigEndianBytes: key, at: 1), number < day.number, keys.count < limit else {
                return false
            }
            keys.append(key.withUnsafeBytes { Array($0) })
            return true
        }
        for key in keys { remove(.inbox, key) }
        return keys.count
    }
}
