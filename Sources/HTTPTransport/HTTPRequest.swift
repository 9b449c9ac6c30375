import NIOHTTP1

/// One request, read whole.
public struct HTTPRequest: Sendable {
    /// As the request line has it, such as `GET`.
    public let method: String
    /// What stands before the question mark, as it was sent.
    public let path: String
    /// The path's components, percent-decoded. Empty ones count for nothing.
    public let components: [String]
    /// The parameters after the question mark, percent-decoded, in their order.
    public let query: [(name: String, value: String)]
    public let body: [UInt8]
    private let headers: HTTPHeaders

    /// Nil where the target can't be read.
    init?(_ head: HTTPRequestHead, body: [UInt8]) {
        let target = HTTPRequest.originForm(head.uri)
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = String(parts[0])
        var components: [String] = []
        for part in parts[0].split(separator: "/") {
            guard let component = PercentEncoding.decode(part) else { return nil }
            components.append(component)
        }
        var query: [(String, String)] = []
        for part in parts.count > 1 ? parts[1].split(separator: "&") : [] {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decode(sides[0]),
                let value = PercentEncoding.decode(sides.count > 1 ? sides[1] : "")
            else { return nil }
            query.append((name, value))
        }
        self.components = components
        self.query = query
        self.body = body
        method = head.method.rawValue
        headers = head.headers
    }

    /// The first value of a header field; names are the same in any case.
    public func header(_ name: String) -> String? { headers.first(name: name) }

    /// All values of a header field, in their order.
    public func values(of name: String) -> [String] { headers[name] }

    /// The target without scheme and authority, which are sent to proxies and which servers must accept (RFC 9112
    /// §3.2.2).
    private static func originForm(_ target: String) -> Substring {
        guard target.lowercased().hasPrefix("http://") else { return target[...] }
        let rest = target.dropFirst("http://".count)
        return rest.firstIndex { $0 == "/" || $0 == "?" }.map { rest[$0...] } ?? "/"
    }
}

/// Why a request is refused before its content is considered.
public enum HTTPRefusal: Sendable, CaseIterable {
    /// The head is not HTTP/1, or its target can't be decoded.
    case malformed
    /// The head is larger than `HTTPLimits.head`, or has too many fields.
    case headTooLarge
    /// The body is larger than `HTTPLimits.body`.
    case bodyTooLarge
    /// The body ended before the length that was announced.
    case bodyIncomplete
    /// HTTP doesn't know the method.
    case unknownMethod
    /// The request has an expectation that can't be met (RFC 9110 §10.1.1).
    case unmetExpectation

    /// The status that goes with it (RFC 9110 §15, RFC 6585 §5).
    public var status: Int {
        switch self {
        case .malformed, .bodyIncomplete: 400
        case .headTooLarge: 431
        case .bodyTooLarge: 413
        case .unknownMethod: 501
        case .unmetExpectation: 417
        }
    }
}
