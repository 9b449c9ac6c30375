import Basics
import Platform
import Synchronization

/// The sessions of one listener, shared by its requests, and kept on disk where that is worth it.
final class WebDoor: Sendable {
    /// What lies on disk: no secrets, but their digests.
    struct Memory: Codable {
        /// The port at which the sessions' pages expect the daemon.
        var port: Int
        var sessions: [WebSessions.Session]
    }

    /// Host and port, as browsers write them.
    let authority: String
    /// The cookie's name. It has the port, as cookies go to every port of a host.
    let cookieName: String
    private let port: Int
    private let sessions: Mutex<WebSessions>
    private let save: @Sendable (Memory) -> Void

    init(port: Int, sessions: WebSessions, save: @escaping @Sendable (Memory) -> Void) {
        self.port = port
        authority = "\(WebServer.host):\(port)"
        cookieName = "roost-\(port)"
        self.sessions = Mutex(sessions)
        self.save = save
    }

    /// A new link, and until when it can be used.
    func link() -> (link: String, until: UnixTime) {
        let secret = WebDoor.secret()
        let until = sessions.withLock { $0.give(link: secret.digest, at: .now) }
        // What follows # is never sent, so it is in no log.
        return ("http://\(authority)/#\(secret.text)", until)
    }

    /// What a browser is given for a link.
    struct Welcome {
        var tab: WebSecret
        /// Nil where the browser has one already.
        var cookie: WebSecret?
    }

    /// Nil where there is no such link.
    func exchange(link: String, cookie: String?) -> Welcome? {
        let (newCookie, newTab) = (WebDoor.secret(), WebDoor.secret())
        let outcome = change {
            $0.exchange(link: link, cookie: cookie, newCookie: newCookie.digest, newTab: newTab.digest, at: .now)
        }
        return switch outcome {
        case .refused: nil
        case .newBrowser: Welcome(tab: newTab, cookie: newCookie)
        case .newTab: Welcome(tab: newTab, cookie: nil)
        }
    }

    func admits(cookie: String?, tab: String?) -> Bool {
        let now = UnixTime.now
        let outcome: (isAdmitted: Bool, memory: Memory?) = sessions.withLock { sessions in
            guard sessions.admits(cookie: cookie, tab: tab, at: now) else { return (false, nil) }
            return (true, sessions.isWorthSaving(at: now) ? Memory(port: port, sessions: sessions.sessions) : nil)
        }
        if let memory = outcome.memory { save(memory) }
        return outcome.isAdmitted
    }

    func end(cookie: String?, tab: String?) -> Bool { change { $0.end(cookie: cookie, tab: tab, at: .now) } }

    func endAll() -> Int { change { $0.endAll() } }

    func proof(tabNamed name: String, challenge: String) -> String? {
        sessions.withLock { $0.proof(tabNamed: name, challenge: challenge, authority: authority) }
    }

    private func change<Outcome: Sendable>(_ body: (inout WebSessions) -> Outcome) -> Outcome {
        let change: (outcome: Outcome, memory: Memory) = sessions.withLock { sessions in
            let outcome = body(&sessions)
            return (outcome, Memory(port: port, sessions: sessions.sessions))
        }
        save(change.memory)
        return change.outcome
    }

    private static func secret() -> WebSecret {
        var system = SystemRandomNumberGenerator()
        return WebSecret(using: &system)
    }
}

extension UnixTime {
    /// This machine's clock.
    static var now: UnixTime { UnixTime(seconds: Int64(Date().timeIntervalSince1970)) }
}
