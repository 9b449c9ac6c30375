import Basics
import Platform
import Reports

/// A sent message as the API writes it.
extension SentMessage: Codable {
    private enum CodingKeys: String, CodingKey {
        case message, to, state, via, buddies, of, reason, storedAt, acceptedAt, expiresAt, text, repeated
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            id: try container.decode(MessageID.self, forKey: .message),
            to: try container.decode(PeerID.self, forKey: .to),
            state: try container.decode(MessageState.self, forKey: .state),
            via: try container.decodeIfPresent(Via.self, forKey: .via),
            buddies: try container.decode(Int.self, forKey: .buddies),
            of: try container.decode(Int.self, forKey: .of),
            reason: try container.decodeIfPresent(String.self, forKey: .reason),
            storedAt: try container.decodeIfPresent(Date.self, forKey: .storedAt).map { UnixTime($0) },
            acceptedAt: UnixTime(try container.decode(Date.self, forKey: .acceptedAt)),
            expiresAt: UnixTime(try container.decode(Date.self, forKey: .expiresAt)),
            text: try container.decodeIfPresent(String.self, forKey: .text))
        isRepeated = try container.decodeIfPresent(Bool.self, forKey: .repeated) ?? false
    }

    /// `via` and `reason` are written as null when there are none, so that scripts always find them.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .message)
        try container.encode(to, forKey: .to)
        try container.encode(state, forKey: .state)
        try container.encode(via, forKey: .via)
        try container.encode(buddies, forKey: .buddies)
        try container.encode(of, forKey: .of)
        try container.encode(reason, forKey: .reason)
        try container.encodeIfPresent(storedAt.map { Date($0) }, forKey: .storedAt)
        try container.encode(Date(acceptedAt), forKey: .acceptedAt)
        try container.encode(Date(expiresAt), forKey: .expiresAt)
        try container.encodeIfPresent(text, forKey: .text)
        if isRepeated { try container.encode(true, forKey: .repeated) }
    }
}

extension Date {
    public init(_ time: UnixTime) { self.init(timeIntervalSince1970: TimeInterval(time.seconds)) }
}

extension UnixTime {
    /// The second in which it lies.
    public init(_ date: Date) { self.init(seconds: Int64(saturating: date.timeIntervalSince1970.rounded(.down))) }
}

extension Int64 {
    /// A value outside the range becomes the nearest end; one that is not a number becomes zero.
    fileprivate init(saturating value: Double) {
        self = Int64(exactly: value) ?? (value.isNaN ? 0 : value < 0 ? .min : .max)
    }
}
