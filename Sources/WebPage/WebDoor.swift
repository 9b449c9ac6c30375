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

    private struct State {
        var sessions: WebSessions
        /// Nobody comes in here any more, and what is on disk is another door's.
        var isClosed = false
    }

    /// Host and port, as browsers write them.
    let authority: String
    /// The cookie's name. It has the port, as cookies go to every port of a host.
    let cookieName: String
    private let port: Int
    private let state: Mutex<State>
    private let file: SessionsFile

    init(port: Int, sessions: WebSessions, file: SessionsFile) {
        self.port = port
        authority = "\(WebServer.host):\(port)"
        cookieName = "roost-\(port)"
        state = Mutex(State(sessions: sessions))
        self.file = file
    }

    /// A new link, and until when it can be used.
    func link() -> (link: String, until: UnixTime) {
        let secret = WebDoor.secret()
        let until = state.withLock { $0.sessions.give(link: secret.digest, at: .now) }
        // What follows # is never sent, so it is in no log.
        return ("http://\(authority)/#\(secret.text)", until)
    }

    /// What a browser is given for a link.
    struct Welcome {
        var tab: WebSecret
        /// Nil where the browser has one already.
        var cookie: WebSecret?
    }

    /// What a browser shows of who it is.
    struct Proof {
        /// The values of all cookies of ours: one, as a rule.
        var cookies: [String]
        /// The tab's secret.
        var tab: String?

        /// Of several with one name another page on this machine has set all but one, and nobody knows which.
        var cookie: String? { cookies.count == 1 ? cookies[0] : nil }
    }

    /// Nil where there is no such link. What else the browser has of ours ends with it.
    func exchange(link: String, by proof: Proof) -> Welcome? {
        let (newCookie, newTab) = (WebDoor.secret(), WebDoor.secret())
        let outcome = change {
            $0.exchange(
                link: link, cookies: proof.cookies, formerTab: proof.tab, newCookie: newCookie.digest,
                newTab: newTab.digest, at: .now)
        }
        return switch outcome {
        case .refused: nil
        case .newBrowser: Welcome(tab: newTab, cookie: newCookie)
        case .newTab: Welcome(tab: newTab, cookie: nil)
        }
    }

    /// Whether a request is a session's. `isUse`: a person stands behind it, so that the session is in use.
    func admits(_ proof: Proof, isUse: Bool) -> Bool {
        let now = UnixTime.now
        let outcome: (isAdmitted: Bool, note: Note?) = state.withLock { state in
            let before = state.sessions.count
            let isAdmitted = state.sessions.admits(cookie: proof.cookie, tab: proof.tab, isUse: isUse, at: now)
            let hasEnded = state.sessions.count < before
            let isDue = isAdmitted && isUse && state.sessions.isWorthSaving(at: now)
            return (isAdmitted, hasEnded || isDue ? note(state) : nil)
        }
        write(outcome.note)
        return outcome.isAdmitted
    }

    /// Ends all that a browser has of ours, if it is signed in; whether it was.
    func end(_ proof: Proof) -> Bool {
        change { $0.end(cookie: proof.cookie, tab: proof.tab, at: .now) }
    }

    /// Ends all sessions, and admits nobody from now on.
    func close() -> Int {
        let change: (count: Int, note: Note?) = state.withLock { state in
            let count = state.sessions.endAll()
            let note = note(state)
            state.isClosed = true
            return (count, note)
        }
        write(change.note)
        return change.count
    }

    func proof(tabNamed name: String, challenge: String) -> String? {
        state.withLock { $0.sessions.proof(tabNamed: name, challenge: challenge, authority: authority) }
    }

    // MARK: What is kept

    /// A state of the sessions that is to be written.
    private struct Note {
        var memory: Memory
        var version: SessionsFile.Version
    }

    private func change<Outcome: Sendable>(_ body: (inout WebSessions) -> Outcome) -> Outcome {
        let change: (outcome: Outcome, note: Note?) = state.withLock { state in
            let outcome = body(&state.sessions)
            return (outcome, note(state))
        }
        write(change.note)
        return change.outcome
    }

    private func note(_ state: borrowing State) -> Note? {
        state.isClosed
            ? nil : Note(memory: Memory(port: port, sessions: state.sessions.sessions), version: file.nextVersion())
    }

    private func write(_ note: Note?) {
        if let note { file.write(note.memory, note.version) }
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
