import Basics

/// Who may use the page: links that were given out, and the browsers and tabs that came by one.
///
/// A value without clock and randomness: times and secrets are arguments.
public struct WebSessions: Sendable {
    /// A browser. All of it but secrets, so that it can be kept on disk over a restart of the daemon.
    struct Session: Sendable, Codable {
        var cookie: WebDigest
        /// Those that opened last come last.
        var tabs: [WebDigest]
        var began: Int64
        /// When a person used it last.
        var used: Int64

        /// Whether it has ended by itself. The times may come from a damaged file: any number is one.
        func isOver(at now: UnixTime, _ limits: WebLimits) -> Bool {
            now.seconds(since: UnixTime(seconds: used)) >= limits.idleSeconds
                || now.seconds(since: UnixTime(seconds: began)) >= limits.longestSeconds
        }

        func has(_ tab: WebDigest?) -> Bool {
            guard let tab else { return false }
            return tabs.count { $0.matches(tab) } > 0
        }
    }

    private struct Link: Sendable {
        let digest: WebDigest
        let until: UnixTime
    }

    /// What came of a link that was used.
    public enum Exchange: Equatable, Sendable {
        /// The browser was unknown: it is given the cookie.
        case newBrowser
        /// Another tab of a browser that is known: its cookie stays.
        case newTab
        /// There is no such link: it was used, is too old, or never was.
        case refused
    }

    private let limits: WebLimits
    private var links: [Link] = []
    private(set) var sessions: [Session]
    /// When the sessions were last handed out to be kept on disk.
    private var saved: Int64 = 0

    /// `sessions` are those that were kept on disk.
    init(limits: WebLimits, sessions: [Session] = []) {
        self.limits = limits
        self.sessions = Array(sessions.suffix(limits.sessions))
    }

    public init(limits: WebLimits) { self.init(limits: limits, sessions: []) }

    /// How many browsers there are.
    public var count: Int { sessions.count }

    /// A link was given out; returns until when it can be used. Beyond the bound the oldest is void.
    public mutating func give(link secret: WebDigest, at now: UnixTime) -> UnixTime {
        expire(at: now)
        if links.count >= limits.links { links.removeFirst() }
        let until = now.advanced(bySeconds: limits.linkSeconds)
        links.append(Link(digest: secret, until: until))
        return until
    }

    /// A link is used, for the first and last time. `cookies` and `formerTab` are what the browser has sent, `newCookie` and `newTab`
    /// what it is given. A browser has one session: what else it shows ends, and a tab that signs in anew has one secret.
    public mutating func exchange(
        link: String, cookies: [String], formerTab: String?, newCookie: WebDigest, newTab: WebDigest, at now: UnixTime
    ) -> Exchange {
        expire(at: now)
        let digest = WebDigest(of: link)
        guard let used = index(of: digest, in: links.map(\.digest)) else { return .refused }
        links.remove(at: used)
        let shown = cookies.map { WebDigest(of: $0) }
        let kept = sessions.first { session in shown.contains { $0.matches(session.cookie) } }?.cookie
        let tab = formerTab.map { WebDigest(of: $0) }
        sessions.removeAll { session in
            if let kept, session.cookie.matches(kept) { return false }
            return shown.contains { $0.matches(session.cookie) } || session.has(tab)
        }
        if let kept, let known = index(of: kept, in: sessions.map(\.cookie)) {
            if let tab { sessions[known].tabs.removeAll { $0.matches(tab) } }
            sessions[known].tabs = sessions[known].tabs.suffix(limits.tabs - 1) + [newTab]
            sessions[known].used = now.seconds
            return .newTab
        }
        if sessions.count >= limits.sessions,
            let idle = sessions.indices.min(by: { sessions[$0].used < sessions[$1].used })
        {
            sessions.remove(at: idle)
        }
        sessions.append(Session(cookie: newCookie, tabs: [newTab], began: now.seconds, used: now.seconds))
        return .newBrowser
    }

    /// Whether a request with this cookie and this tab's secret is a session's. Both must be of one session. A tab's secret that comes
    /// with another session's cookie has leaked: the session that it belongs to is ended.
    ///
    /// - Parameter isUse: a person has done something. What a page asks by itself keeps no session.
    public mutating func admits(cookie: String?, tab: String?, isUse: Bool, at now: UnixTime) -> Bool {
        expire(at: now)
        guard let place = place(cookie, tab) else {
            if let cookie, let tab, index(of: WebDigest(of: cookie), in: sessions.map(\.cookie)) != nil {
                let tab = WebDigest(of: tab)
                sessions.removeAll { $0.has(tab) }
            }
            return false
        }
        if isUse { sessions[place].used = max(sessions[place].used, now.seconds) }
        return true
    }

    /// Ends the session of a browser, with all its tabs; whether there was one.
    public mutating func end(cookie: String?, tab: String?, at now: UnixTime) -> Bool {
        expire(at: now)
        guard let place = place(cookie, tab) else { return false }
        sessions.remove(at: place)
        return true
    }

    /// Ends all, and voids all links; returns how many sessions there were.
    public mutating func endAll() -> Int {
        defer { (links, sessions) = ([], []) }
        return sessions.count
    }

    /// Shows a tab that this is the daemon by which it came, before it sends its secrets. Nil where the tab is unknown.
    public func proof(tabNamed name: String, challenge: String, authority: String) -> String? {
        sessions.flatMap(\.tabs).first { $0.name == name }?.proof(of: challenge, at: authority)
    }

    /// Whether so much time has passed that the times of use are worth a write; true once for each such time.
    mutating func isWorthSaving(at now: UnixTime) -> Bool {
        guard now.seconds < saved || now.seconds - saved >= limits.savedEverySeconds else { return false }
        saved = now.seconds
        return true
    }

    /// Forgets what has become too old. A clock that was put back makes nothing older; one that was put ahead ends sessions early.
    mutating func expire(at now: UnixTime) {
        links.removeAll { $0.until <= now }
        sessions.removeAll { $0.isOver(at: now, limits) }
    }

    private func place(_ cookie: String?, _ tab: String?) -> Int? {
        guard let cookie, let tab, let place = index(of: WebDigest(of: cookie), in: sessions.map(\.cookie)),
            index(of: WebDigest(of: tab), in: sessions[place].tabs) != nil
        else { return nil }
        return place
    }

    /// Looks at all of them, so that the time says nothing of where one was found.
    private func index(of digest: WebDigest, in all: [WebDigest]) -> Int? {
        var found: Int?
        for (index, other) in all.enumerated() where other.matches(digest) { found = index }
        return found
    }
}
