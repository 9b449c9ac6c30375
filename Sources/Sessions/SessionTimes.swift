/// How long the parts of a session last.
public enum SessionTimes {
    /// A handshake of ours that is not answered by then begins anew at the next request.
    public static let handshake: Duration = .seconds(10)
    /// An initiation is not sent to one address again within so long: half the shortest timeout of a request.
    public static let resend: Duration = .milliseconds(75)
    /// A secret from which cookies are made serves so long, and they are accepted for as long again.
    public static let cookieSecret: Duration = .seconds(120)
    /// A session whose opener has not proved its address by then goes.
    public static let unproven: Duration = .seconds(10)
    /// A session on which nothing was heard for so long goes.
    public static let idle: Duration = .seconds(600)
    /// From this age on, the next request of the side that opened the session opens a new one beside it; the old one
    /// keeps serving.
    public static let renewal: Duration = .seconds(3_600)
    /// The same for the other side: later, so that not both do it at once.
    public static let answerersRenewal: Duration = .seconds(3_900)
    /// Two sessions that both sides opened within so long are one too many: they opened them without knowing of each
    /// other's, as no handshake takes longer.
    public static let simultaneous: Duration = handshake
    /// At this age a session goes in any case, so that its keys decrypt no more than so much.
    public static let end: Duration = .seconds(7_200)
    /// A request to a session on which an earlier one has gone unanswered for so long opens a new session: its other side
    /// may have moved or forgotten it, and hints can get lost.
    public static let silence: Duration = .seconds(5)
    /// Addresses that did not answer are given another chance when the network changes, but not again within so long.
    public static let pardon: Duration = .seconds(10)
    /// Sessions are looked through for those that go when the first may have ended, and not more often than this.
    public static let sweep: Duration = .seconds(120)
    /// A node is woken for all this together, at moments so far apart: nobody waits for it, and what is overdue goes anyway
    /// before anything else happens.
    public static let housekeeping: Duration = .seconds(60)
}
