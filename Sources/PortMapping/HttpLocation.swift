import Basics

/// A place on a router: a port of its own address, and a path there.
package struct HttpLocation: Hashable, Sendable {
    package let endpoint: Endpoint
    package let path: String

    /// Reads `http://ADDRESS:PORT/PATH`; nil where the address is another than `host`, or a name.
    package init?(_ text: String, at host: Endpoint) {
        guard text.utf8.count <= IgdLimits.path, text.lowercased().hasPrefix("http://") else { return nil }
        let rest = text.dropFirst("http://".count)
        let authority = rest.prefix { $0 != "/" }
        let hasPort = authority.hasPrefix("[") ? authority.contains("]:") : authority.contains(":")
        guard let endpoint = hasPort ? Endpoint(authority) : Endpoint(host: authority, port: 80),
            endpoint.with(port: 0) == host.with(port: 0), endpoint.port != 0
        else { return nil }
        self.init(endpoint, rest.dropFirst(authority.count))
    }

    /// Reads what a description at this place names: a URL, or a path.
    func resolve(_ text: String) -> HttpLocation? {
        if text.contains("://") { return HttpLocation(text, at: endpoint) }
        return HttpLocation(endpoint, text[...])
    }

    private init?(_ endpoint: Endpoint, _ path: Substring) {
        let path = path.hasPrefix("/") ? String(path) : "/" + path
        // Nothing that would end the line, or begin another.
        guard path.utf8.count <= IgdLimits.path, path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { return nil }
        self.endpoint = endpoint
        self.path = path
    }
}
