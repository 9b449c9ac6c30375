/// What browsers and links may use up, each bound with its reason.
public struct WebLimits: Sendable {
    /// Seconds for which a link can be used: enough to carry it to a browser, too few to be found later.
    public var linkSeconds: Int64 = 5 * 60
    /// Links that can be used at the same time: a person opens one, and perhaps a second where the first went astray.
    public var links = 4
    /// Browsers at the same time, each with a cookie of its own. The one that was used longest ago gives way.
    public var sessions = 8
    /// Tabs of a browser. A browser opens six connections to a server; each tab holds one for news, and two are left for the rest.
    public var tabs = 4
    /// Seconds after which a session ends that no person uses: over a night, and not over a week of absence. A page that is left open asks
    /// by itself, which isn't use.
    public var idleSeconds: Int64 = 16 * 3_600
    /// Seconds after which a session ends in any case.
    public var longestSeconds: Int64 = 30 * 86_400
    /// Seconds between two writes of when a session was last used: a disk isn't bothered by each request.
    public var savedEverySeconds: Int64 = 15 * 60
    /// Requests under way at the same time: six connections of each of some browsers.
    public var requests = 64
    /// Streams of news at the same time: as many as there may be tabs.
    public var streams = 32
    /// Connections that wait for their client. If there are more, the one that has waited longest is closed.
    public var waiting = 96
    /// How long the server waits for a client.
    public var patience = Duration.seconds(30)

    public init() {}
}
