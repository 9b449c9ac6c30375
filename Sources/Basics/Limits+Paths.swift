/// Bounds on following sessions to where their other side is seen.
extension Limits {
    /// Bytes that an address gets for each byte that came over a path which it has not proved (RFC 9000, §8.1).
    public static let amplification = 3
    /// How often one path is challenged: if 10 % are lost each way, one path in 146 is given up wrongly, and a handshake follows.
    public static let challengeSends = 3
    /// How often the session's own path is challenged in vain before the session goes over a new one: if 10 % are lost each way, one
    /// session in 28 that somebody copies from is drawn away, until the next challenge of its former path is answered.
    public static let challengesOfFormer = 2
    /// The least time between two challenges of one session: a stream of datagrams from elsewhere costs no more than this.
    public static let challengeSpacing = Duration.milliseconds(100)
    /// New paths of one session in `newPathTime`: a person who walks from one network to another and back, twice. Who goes on
    /// opens sessions anew.
    public static let newPaths = 4
    /// For so long a new path counts, and what was found out about it holds.
    public static let newPathTime = Duration.seconds(60)
    /// New paths remembered of all sessions together, some 200 bytes each. If full, one that is decided is forgotten, or no more are
    /// followed: with answers within a second, some 256 sessions can move in each.
    public static let newPathsRemembered = 256
    /// New paths remembered of sessions with one block of addresses: an eighth of all, so that no few peers can use them up.
    public static let newPathsPerBlock = 32
    /// Answers that wait until a path has proved itself, as they are longer than it may get before: of one path, and of all.
    public static let answersHeldPerPath = 4
    public static let answersHeld = 64
    /// The pause after a peer has shown that it sees this node elsewhere before the next such sign counts: each costs a ping to each
    /// buddy that announces mail.
    public static let seenElsewherePause = Duration.seconds(10)
    /// A change of where others see this node makes it show them no place that they were shown less than this before: after a change of
    /// network it is what that has shown.
    public static let placeShownPause = Duration.seconds(5)
    /// Sessions shown where this node is, after it has moved, in one second.
    public static let sessionsShownPerSecond = 50
}
