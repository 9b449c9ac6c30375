extension Limits {
    // MARK: The service

    /// Datagrams that may wait while more come than a node can deal with: a tenth of a second's of a fast one, 2.5 MB.
    public static let backlogDatagrams = 2_048
    /// The most that a block pays for one datagram while the node is behind: what took longer did so for reasons of the machine.
    public static let backlogDebt: Duration = .milliseconds(2)
    /// While the node is behind, no other datagram is begun after so long before answers have left and sockets were read.
    public static let backlogPart: Duration = .milliseconds(2)
    /// Bytes of datagrams that wait in the system's buffer for a socket, its own bytes for them included, from which on the node counts as
    /// behind, or a quarter of the buffer: 100 to 300 datagrams.
    public static let backlogBytes = 256 << 10

    /// Remote endpoints for which a machine with several addresses remembers the address to answer from: all that may
    /// have sessions, four times over.
    public static let returnPaths = 8_192

    /// How often a node and its person's agent answer each other before datagrams have their turn again.
    public static let exchangeRounds = 64
    /// Notices or reports that wait for one slow reader. Beyond that, the stream of notices ends, and the oldest
    /// reports are dropped.
    public static let noticesWaiting = 1_024
}
