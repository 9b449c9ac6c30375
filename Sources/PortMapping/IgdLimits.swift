/// The bounds of what is read from a router by UPnP, each with its reason.
enum IgdLimits {
    /// What a router answers over TCP: descriptions of real routers have 2 to 20 KB.
    static let reply = 64 << 10
    /// How deep elements may lie in each other; descriptions have some ten levels.
    static let depth = 32
    /// A path of a URL: bytes.
    static let path = 512
    /// Ports that are tried where one after the other is taken.
    static let ports = 4
}

/// What is wrong with what a router answers by UPnP.
public enum IgdFault: String, CaseIterable, Sendable {
    /// It can't be reached over TCP, or takes too long.
    case unanswered
    /// It answers what is not HTTP, or more than 64 KiB.
    case malformed
    /// It describes no service that maps ports, or one at another address.
    case noService
    /// It refuses with an error that only says so.
    case failed
}
