/// What a scraper asks for: the first line of an HTTP/1 request (RFC 9112 §3), whose other lines don't matter.
enum ScrapeRequest: Equatable {
    case figures
    case health
    case otherPath
    case otherMethod

    /// Nil as long as the head hasn't ended, with an empty line.
    init?(_ head: [UInt8]) {
        guard ScrapeRequest.hasEnded(head) else { return nil }
        let line = String(decoding: head.prefix { $0 != 0x0d && $0 != 0x0a }, as: UTF8.self)
        let words = line.split(separator: " ")
        let path = words.count > 1 ? words[1].prefix { $0 != "?" } : ""
        switch (words.first, path) {
        case ("GET", "/metrics"): self = .figures
        case ("GET", "/healthz"): self = .health
        case (_, "/metrics"), (_, "/healthz"): self = .otherMethod
        default: self = .otherPath
        }
    }

    private static func hasEnded(_ head: [UInt8]) -> Bool {
        var isLineEmpty = false
        for byte in head {
            switch byte {
            case 0x0a:
                if isLineEmpty { return true }
                isLineEmpty = true
            case 0x0d: continue
            default: isLineEmpty = false
            }
        }
        return false
    }
}

/// What a scraper is answered, with which its connection ends.
struct ScrapeAnswer: Equatable {
    let text: String

    init(status: String, body: String, type: String = "text/plain; charset=utf-8", allow: String? = nil) {
        let allowed = allow.map { "Allow: \($0)\r\n" } ?? ""
        text = """
            HTTP/1.1 \(status)\r
            Content-Type: \(type)\r
            Content-Length: \(body.utf8.count)\r
            \(allowed)Connection: close\r
            \r
            \(body)
            """
    }

    /// `figures` is nil where the node has ended.
    init(figures: String?) {
        guard let figures else {
            self.init(status: "503 Service Unavailable", body: "The node has ended.\n")
            return
        }
        self.init(status: "200 OK", body: figures, type: MetricsListener.contentType)
    }
}
