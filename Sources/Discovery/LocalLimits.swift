import Basics

/// The bounds of what is said and believed in a local network, each with its reason.
public enum LocalLimits {
    /// For how long what a node says of itself counts: seconds. RFC 6762, §10, recommends it for what hangs on a host's name.
    static let lifetime: UInt32 = 120
    /// Nodes of a network that are believed to be there: a newcomer needs one, and 16 are more than a house has.
    public static let nodes = 16
    /// Of these, what one address may name: some people share a machine.
    static let nodesOfSource = 4
    /// Datagrams of a network that are read in a second: a busy one has some ten. A flood costs no more than some milliseconds.
    static let datagramsPerSecond = 100
    /// Nodes that one message may name: each says what it is in one of its own; more come only from somebody who makes work.
    static let nodesOfMessage = 4
    /// Rounds of new neighbours that are told at once, and the pause until another may be: a house has some that start together, after a
    /// power cut. Each is asked who it is, and a search may follow from its answer.
    static let rounds = 4
    static let pauseOfRounds = Duration.seconds(10)
    /// Addresses of one node in one network: over IPv6 a machine has a lasting and some temporary ones.
    package static let addresses = 4
    /// Networks of a machine in which it speaks: a cable, a Wi-Fi, each over two families, and some networks of containers.
    public static let links = 8
    /// By so much an answer or a first message is put off, so that machines don't speak all at once (RFC 6762, §6).
    static let delay = (least: Duration.milliseconds(20), most: Duration.milliseconds(120))
    /// The same where a question goes on in further messages (RFC 6762, §7.2).
    static let delayOfMore = (least: Duration.milliseconds(400), most: Duration.milliseconds(500))
    /// How often a node says by itself that it is there, and the pause between (RFC 6762, §8.3).
    static let announcements = 2
    /// The least pause between two messages with the same records (RFC 6762, §6).
    static let pause = Duration.seconds(1)
    /// The pause after the first question; each further is three times as long, up to the longest (RFC 6762, §5.2).
    static let firstPause = Duration.seconds(1)
    static let longestPause = Duration.seconds(3_600)
    static let growth = 3
    /// Up to this pause questions come often enough that they don't begin anew.
    static let youngPause = Duration.seconds(27)
}
