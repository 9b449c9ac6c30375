/// How long the parts of a session last.
public enum SessionTimes {
    /// The lifetime of an unanswered handshake of ours; the next request after it begins a new one.
    public static let handshake: Duration = .seconds(10)
    /// The shortest time between two transmissions of an initiation to one address: half the shortest timeout of a
    /// request.
    public static let resend: Duration = .milliseconds(75)
    /// How long a secret is used to make cookies; its cookies are accepted for the same time again.
    public static let cookieSecret: Duration = .seconds(120)
    /// The lifetime of a session whose initiator has not proved its address.
    public static let unproven: Duration = .seconds(10)
    /// A session ends when nothing was received on it for this time.
    public static let idle: Duration = .seconds(600)
    /// From this age on, the next request of the side that opened the session opens a new one beside it. The old
    /// session stays in use meanwhile.
    public static let renewal: Duration = .seconds(3_600)
    /// The same for the other side: later, so that the two sides don't both do it at once.
    public static let answerersRenewal: Duration = .seconds(3_900)
    /// If both sides opened a session within this time, one of the two is unneeded: neither side knew of the other's,
    /// as no handshake takes longer.
    public static let simultaneous: Duration = handshake
    /// The age at which a session always ends, which bounds what its keys can decrypt.
    public static let end: Duration = .seconds(7_200)
    /// If an earlier request on a session has gone unanswered for this time, the next request opens a new session: the
    /// other side may have moved or forgotten the session, and hints can get lost.
    public static let silence: Duration = .seconds(5)
    /// The pause after which challenges of paths are repeated, three times in all. So a session is followed to a new path 0.9 s after it was
    /// first seen there: longer than nearly any round trip, as an answer of its own path must have had the time to come.
    public static let challenge: Duration = .milliseconds(300)
    /// The pause before the path that a session has left is asked first, doubled each time.
    public static let challengeOfLeft: Duration = .seconds(1)
    /// Sessions are swept when the first may have ended, but not more often than this.
    public static let sweep: Duration = .seconds(120)
    /// A node is woken for all of these timeouts together, at most once in this time. A delay is harmless: what is
    /// overdue is dropped before anything else happens.
    public static let housekeeping: Duration = .seconds(60)
}
