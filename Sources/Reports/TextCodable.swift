import Basics
import Cryptography

/// What JSON has as one string: identifiers, and cases with names.
public protocol TextCodable: Codable {
    /// As scripts read it.
    var codedText: String { get }

    /// Nil for what is no such text.
    init?(codedText: String)
}

extension TextCodable {
    public func encode(to encoder: any Encoder) throws { try encodeText(to: encoder) }
    public init(from decoder: any Decoder) throws { self = try Self.decodeText(from: decoder) }

    fileprivate func encodeText(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(codedText)
    }

    fileprivate static func decodeText(from decoder: any Decoder) throws -> Self {
        let container = try decoder.singleValueContainer()
        guard let value = Self(codedText: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "This is no \(Self.self).")
        }
        return value
    }
}

/// Not by the numbers that the store has for the cases: the standard library would do that.
extension TextCodable where Self: RawRepresentable, RawValue == UInt8 {
    public func encode(to encoder: any Encoder) throws { try encodeText(to: encoder) }
    public init(from decoder: any Decoder) throws { self = try Self.decodeText(from: decoder) }
}

extension TextCodable where Self: CaseIterable {
    public init?(codedText: String) {
        guard let value = Self.allCases.first(where: { $0.codedText == codedText }) else { return nil }
        self = value
    }
}

extension MessageState: TextCodable {
    /// Part of the interface.
    public var name: String {
        switch self {
        case .queued: "queued"
        case .stored: "stored"
        case .collected: "collected"
        case .delivered: "delivered"
        case .read: "read"
        case .failed: "failed"
        }
    }

    public var codedText: String { name }
}

extension Via: TextCodable {
    /// Part of the interface.
    public var name: String {
        switch self {
        case .direct: "direct"
        case .mailbox: "mailbox"
        }
    }

    public var codedText: String { name }
}

/// Thirty-two hexadecimal digits.
extension MessageID: TextCodable {
    public var codedText: String { hex }
    public init?(codedText: String) { self.init(hex: codedText) }
}

/// Sixty-four hexadecimal digits.
extension NodeID: TextCodable {
    public var codedText: String { hex }
    public init?(codedText: String) { self.init(hex: codedText) }
}

/// `roost1…`. The writer has already checked that it is a key. The check isn't repeated, as it costs as much as a
/// signature.
extension PeerID: TextCodable {
    public var codedText: String { text }

    public init?(codedText: String) {
        guard let peer = try? PeerID(unproven: codedText) else { return nil }
        self = peer
    }
}

/// `192.0.2.1:7337` or `[2001:db8::1]:7337`.
extension Endpoint: TextCodable {
    public var codedText: String { description }
    public init?(codedText: String) { self.init(codedText) }
}
