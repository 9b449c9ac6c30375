import Basics
import Cryptography
import Wire

extension Content {
    /// The numbers of the fields. They never change; new ones may be added, and readers skip what they don't know.
    private enum Tag {
        static let parent: UInt8 = 3
        static let text: UInt8 = 6
        static let delivered: UInt8 = 7
        static let read: UInt8 = 8
        static let deliverySecret: UInt8 = 9
        static let name: UInt8 = 10
        static let introduction: UInt8 = 11
    }

    private enum Kind {
        static let text: UInt8 = 1
        static let receipt: UInt8 = 2
    }

    /// Kind u8 ‖ ID 16 ‖ Lamport number u48 ‖ sent at u40 ‖ fields. Those of an unknown kind are written as they came.
    public var encoded: [UInt8] {
        if case .unknown(_, let bytes) = body, !bytes.isEmpty { return bytes }
        let sentAt = UInt64(clamping: sentAt.seconds)
        let start = [kind] + id.array + lamport.bigEndianBytes.suffix(6) + sentAt.bigEndianBytes.suffix(5)
        var fields = FieldWriter()
        if let parent { fields.bytes(Tag.parent, parent.array) }
        switch body {
        case .text(let text): fields.bytes(Tag.text, text.utf8)
        case .receipt(let delivered, let read):
            if !delivered.isEmpty { fields.bytes(Tag.delivered, delivered.flatMap(\.array)) }
            if !read.isEmpty { fields.bytes(Tag.read, read.flatMap(\.array)) }
        case .unknown: break
        }
        if let deliverySecret { fields.bytes(Tag.deliverySecret, deliverySecret.bytes.exposedBytes.array) }
        if let name { fields.bytes(Tag.name, name.encoded) }
        if let introduction { fields.bytes(Tag.introduction, introduction.encoded) }
        return start + fields.bytes
    }

    private var kind: UInt8 {
        switch body {
        case .text: Kind.text
        case .receipt: Kind.receipt
        case .unknown(let number, _): number
        }
    }

    /// Reads what `encoded` writes. A text that isn't UTF-8 or is longer than `Limits.textSize`, a receipt that names no
    /// message, and a time that no calendar can show are malformed. A name or a card that can't be one is left out.
    public init(_ span: RawSpan) throws(DecodeError) {
        var reader = ByteReader(span)
        let (kind, id) = (try reader.u8(span), MessageID(try reader.u128(span)))
        let lamport = UInt64(try reader.u16(span)) << 32 | UInt64(try reader.u32(span))
        let sentAt = Int64(try reader.u8(span)) << 32 | Int64(try reader.u32(span))
        guard sentAt <= Limits.latestTime else { throw .outOfRange }
        var parent: MessageID?
        var text: String?
        var delivered: [MessageID] = []
        var read: [MessageID] = []
        var secret: DeliverySecret?
        var name: NameClaim?
        var introduction: Introduction?
        var fields = FieldReader(reader)
        while let (tag, value) = try fields.next(span) {
            switch tag {
            case Tag.parent: parent = MessageID(try value.integer(span))
            case Tag.text:
                guard value.count <= Limits.textSize else { throw .outOfRange }
                text = String(validating: value.copy(of: span), as: UTF8.self)
            case Tag.delivered: delivered = try value.messageIDs(span)
            case Tag.read: read = try value.messageIDs(span)
            case Tag.deliverySecret: secret = DeliverySecret(SecretKey(try value.bytes32(span)))
            case Tag.name: name = NameClaim(value.copy(of: span))
            case Tag.introduction: introduction = Introduction(value.copy(of: span))
            default: break
            }
        }
        let body: Body
        switch kind {
        case Kind.text:
            guard let text else { throw .missingField }
            body = .text(text)
        case Kind.receipt:
            // It would be taken in and shown nowhere.
            guard !(delivered.isEmpty && read.isEmpty) else { throw .missingField }
            body = .receipt(delivered: delivered, read: read)
        default: body = .unknown(kind, bytes: span.withUnsafeBytes { Array($0) })
        }
        self.init(
            id: id, parent: parent, lamport: lamport, sentAt: UnixTime(seconds: sentAt), body: body,
            deliverySecret: secret, name: name, introduction: introduction)
    }
}

extension ByteRange {
    /// The value as message IDs, one after another.
    fileprivate func messageIDs(_ span: RawSpan) throws(DecodeError) -> [MessageID] {
        guard count.isMultiple(of: 16) else { throw .fieldLength }
        let bytes = copy(of: span)
        return stride(from: 0, to: count, by: 16).compactMap { MessageID(bytes[$0..<$0 + 16]) }
    }
}
