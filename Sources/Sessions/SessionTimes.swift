/// How long the parts of a session last.
public enum SessionTimes {
    /// The lifetime of an unanswered handshake of ours; the next request after it begins a new one.
    public static let handshake: Duration = .seconds(10)
    /// The shortest time between two transmissions of an initiation to one address: half the shortest timeout of a
    /// request.
    public static let resend: Duration = .milliseconds(75)
    /// How long a secret is used to make cookies; they are accepted for as long again.
    public static let cookieSecret: Duration = .seconds(120)
    /// How long a session lasts whose initiator has not proved its address.
    public static let unproven: Duration = .seconds(10)
    /// A session ends when nothing was received on it for this time.
    public static let idle: Duration = .seconds(600)
    /// From this age on, the next request of the side that opened the session opens a new one beside it; the old one
    /// keeps serving.
    public static let renewal: Duration = .seconds(3_600)
    /// The same for the other side: later, so that not both do it at once.
    public static let answerersRenewal: Duration = .seconds(3_900)
    /// Of two sessions that both sides opened within this time one is unneeded: neither side knew of the other's, as no
    /// handshake takes longer.
    public static let simultaneous: Duration = handshake
    /// The age at which a session always ends, which bounds what its keys can decrypt.
    public static let end: Duration = .seconds(7_200)
    /// A request to a session on which an earlier one has gone unanswered for so long opens a new session: its other side
    /// may have moved or forgotten it, and hints can get lost.
    public static let silence: Duration = .seconds(5)
    /// Addresses that did not answer are given another chance when the network changes, but not again within so long.
    public static let pardon: Duration = .seconds(10)
    /// Sessions are looked through for those that go when the first may have ended, and not more often than this.
    public static let sweep: Duration = .seconds(120)
    /// A node is woken for all of this together, at most once in this time. A delay is harmless: what is overdue is
    /// dropped before anything else happens.
    public static let housekeeping: Duration = .seconds(60)
}
