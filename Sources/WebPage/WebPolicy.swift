/// Which requests of browsers are considered at all, by what their heads say. A value that is told facts, and answers.
///
/// A page of somebody else's can make a browser send requests to this port, and can make a name of its own lead here. It can't change
/// what the browser says of that: the name in `Host`, the page's origin in `Origin` (RFC 6454) and `Sec-Fetch-Site` (W3C Fetch Metadata).
public struct WebPolicy: Sendable {
    /// What is asked for.
    public enum Target: Sendable, CaseIterable {
        /// The page itself, as an address that is typed or a link that is followed.
        case page
        /// What the page loads: scripts, styles, pictures.
        case part
        /// What only the page's own scripts ask for.
        case call
    }

    /// The part of a request that is judged.
    public struct Facts: Sendable {
        public var target: Target
        public var method: String
        /// All values of `Host`.
        public var hosts: [String]
        public var origin: String?
        /// `Sec-Fetch-Site`, `-Mode` and `-Dest`; nil from browsers of before 2023 and from programs.
        public var site: String?
        public var mode: String?
        public var destination: String?

        public init(
            _ target: Target, method: String = "GET", hosts: [String], origin: String? = nil, site: String? = nil,
            mode: String? = nil, destination: String? = nil
        ) {
            self.target = target
            self.method = method
            self.hosts = hosts
            self.origin = origin
            self.site = site
            self.mode = mode
            self.destination = destination
        }
    }

    public enum Verdict: Equatable, Sendable {
        case allow
        case refuse(Reason)
    }

    /// Why not.
    public enum Reason: Equatable, Sendable, CaseIterable {
        /// It is for another name: an attempt to make this port part of somebody's page (DNS rebinding), or a mistyped address.
        case host
        /// Another page's script sends it, or another service of this machine.
        case origin
        /// The page is to be shown inside another, or as something else than a page.
        case frame

        /// The status that goes with it (RFC 9110 §15.5.4, §15.5.20).
        public var status: Int { self == .host ? 421 : 403 }
    }

    /// Host and port as browsers write them, such as `127.0.0.1:40123`.
    public let authority: String

    public init(authority: String) { self.authority = authority }

    private var origin: String { "http://\(authority)" }

    public func judge(_ facts: Facts) -> Verdict {
        guard facts.hosts == [authority] else { return .refuse(.host) }
        if let given = facts.origin, given != origin { return .refuse(.origin) }
        switch facts.target {
        case .page:
            // Whoever has a link to it may follow it: it shows nothing by itself.
            if let mode = facts.mode, mode != "navigate" { return .refuse(.frame) }
            if let destination = facts.destination, destination != "document" { return .refuse(.frame) }
        case .part:
            // `none`: typed into the address bar.
            if let site = facts.site, site != "same-origin", site != "none" { return .refuse(.origin) }
        case .call:
            if let site = facts.site, site != "same-origin" { return .refuse(.origin) }
            // Browsers name the origin with every method that may change something.
            let isReading = facts.method == "GET" || facts.method == "HEAD"
            guard isReading || facts.origin == origin else { return .refuse(.origin) }
        }
        return .allow
    }
}
