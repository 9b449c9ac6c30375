/// Bounds on following sessions to where their other side is seen.
extension Limits {
    /// Bytes that an address gets for each byte that came over a path which it has not proved (RFC 9000, §8.1).
    public static let amplification = 3
    /// How often the two paths are challenged: if 10 % are lost each way, one of 146 living paths leaves all unanswered.
    public static let challenges = 3
    /// How often the path that a session has left is asked whether the other side is there after all: for a minute, with doubled pauses.
    public static let challengesOfLeft = 5
    /// From when a session was seen over another path until it may be followed to a next one: four a minute. Who moves more often opens
    /// sessions anew.
    public static let otherPathPause = Duration.seconds(15)
    /// Other paths of all sessions together, some 200 bytes each. With decisions within a second, some 250 sessions can move in each, as those
    /// that are decided make room.
    public static let otherPaths = 256
    /// Other paths of sessions with one block of addresses: an eighth of all, so that few peers can't use them up,
    /// unless they are in one local network, where each address counts by itself.
    public static let otherPathsPerBlock = 32
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
