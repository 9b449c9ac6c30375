import Basics

/// Where another node is reached, as a person writes it: `host:port`, or `key@host:port` to accept only that key there.
///
/// The host is a name or an address; an IPv6 address stands in brackets. The key is the node's X25519 public key as
/// 64 hexadecimal digits.
public struct BootstrapAddress: Hashable, Sendable, CustomStringConvertible {
    /// The node's static key, where it is pinned.
    public let key: PublicKey?
    /// A DNS name, or an address without brackets.
    public let host: String
    /// 1…65535.
    public let port: UInt16

    /// An address from its parts; nil where the host is empty or the port is 0.
    public init?(key: PublicKey? = nil, host: String, port: UInt16) {
        guard !host.isEmpty, port != 0 else { return nil }
        self.key = key
        self.host = host
        self.port = port
    }

    /// Reads `[key@]host:port`. Throws `bootstrapInvalid`.
    public init(_ text: String) throws(ServiceError) {
        func invalid(_ reason: String) -> ServiceError {
            ServiceError(.bootstrapInvalid, "The bootstrap address \"\(text)\" \(reason).")
        }
        var rest = text[...]
        var key: PublicKey?
        if let at = text.firstIndex(of: "@") {
            guard let pinned = PublicKey(hex: text[..<at]) else {
                throw invalid("has something other than a key of 64 hexadecimal digits before the @")
            }
            key = pinned
            rest = text[text.index(after: at)...]
        }
        guard let colon = rest.lastIndex(of: ":") else { throw invalid("has no port; write HOST:PORT") }
        let digits = rest[rest.index(after: colon)...]
        guard digits.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }), let port = UInt16(digits), port != 0 else {
            throw invalid("has no port from 1 to 65535 after the last colon")
        }
        var host = rest[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard Endpoint(host: "[\(host)]", port: port) != nil else {
                throw invalid("has no IPv6 address in its brackets")
            }
        } else if host.contains(":") {
            throw invalid("needs brackets around its IPv6 address; write [ADDRESS]:PORT")
        }
        guard BootstrapAddress.isHost(host) else { throw invalid("has no host before the port") }
        self.key = key
        self.host = String(host)
        self.port = port
    }

    /// Whether this could be a name or an address: 1 to 253 printable ASCII characters (RFC 1035 §2.3.4), none of which
    /// could have meant something else.
    private static func isHost(_ host: Substring) -> Bool {
        (1...253).contains(host.utf8.count) && host.utf8.allSatisfy { $0 > 32 && $0 < 127 }
            && !host.contains { "[]@/\\\"".contains($0) }
    }

    /// The endpoint where the host is an address rather than a name.
    public var endpoint: Endpoint? { Endpoint(host: host, port: port) }

    /// As `init(_:)` reads it.
    public var description: String {
        let place = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        return key.map { "\($0)@\(place)" } ?? place
    }
}
