import Basics
import Crypto

/// Thirty-two random bytes that are shown once, as 64 hexadecimal digits: in a link, a cookie or a tab. Only its digest is kept.
public struct WebSecret: Sendable {
    /// What is handed out.
    public let text: String

    /// The number of bytes: what nobody guesses, however long they try.
    public static let count = 32

    /// Draws one.
    public init(using randomness: inout some RandomNumberGenerator) {
        text = Hexadecimal.encode(
            (0..<WebSecret.count).map { _ in UInt8.random(in: .min ... .max, using: &randomness) })
    }

    /// What is kept of it.
    public var digest: WebDigest { WebDigest(of: text) }
}

/// The SHA-256 hash of a secret: with it one recognises the secret and proves to have known it, and can't say it.
public struct WebDigest: Sendable, Codable {
    private let bytes: [UInt8]

    /// Of any text, as clients send it.
    public init(of text: String) { bytes = Array(SHA256.hash(data: Array(text.utf8))) }

    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let bytes = Hexadecimal.decode(text), bytes.count == SHA256.byteCount else {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "no digest"))
        }
        self.bytes = bytes
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Hexadecimal.encode(bytes))
    }

    /// Whether two are the same; takes the same time wherever they differ.
    public func matches(_ other: WebDigest) -> Bool {
        var difference = UInt8(bytes.count == other.bytes.count ? 0 : 1)
        for (left, right) in zip(bytes, other.bytes) { difference |= left ^ right }
        return difference == 0
    }

    /// What the secret may be called where anybody listens: the digest of the digest.
    var name: String { Hexadecimal.encode(SHA256.hash(data: bytes)) }

    /// Shows to who knows the secret that this is its digest: HMAC-SHA-256 (RFC 2104) by it, over an address and a challenge.
    func proof(of challenge: String, at authority: String) -> String {
        let text = "roost web \(authority) \(challenge)"
        let code = HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: SymmetricKey(data: bytes))
        return Hexadecimal.encode(code)
    }
}
