import Basics

/// What the list of problems is made from: how the node, its person, its machine and its network stand. Durations tell how
/// long something has been so.
package struct ProblemFacts: Sendable {
    // The disk.
    /// The data directory.
    package var directory = ""
    package var isDiskFull = false
    package var isDiskNearlyFull = false
    /// Times that something in the store was found damaged.
    package var damagedReads = 0
    /// Key files that were there when the node started.
    package var missingKeys: [String] = []
    /// Key files that are open although another is sealed by a passphrase.
    package var keysLeftOpen: [String] = []

    // The machine.
    package var clock = ClockStanding.unconfirmed
    /// How long the system has refused every datagram that the node wanted to send, and why; nil while it takes any.
    package var refusal: (reason: String, since: Duration)?

    /// Where the node listens, if this machine has none of the addresses that it listens at.
    package var lostEndpoint: Endpoint?

    // Joining.
    /// Whether the node has found its network, or is the first of it.
    package var isJoined = false
    /// Contacts in the routing table.
    package var contacts = 0
    /// How long the node has looked for other nodes without success: no contact answers. Nil while one does.
    package var seeking: Duration?
    /// Whether there are nodes to ask: bootstrap nodes, or nodes remembered from an earlier run.
    package var hasNodesToAsk = false
    /// Whether bootstrap nodes were named at the start, including by names that have no address yet.
    package var hasBootstrap = false
    /// How others join a node that knows none.
    package var beginning = Beginning()
    /// Names of bootstrap nodes that have no address.
    package var unresolvedNames: [String] = []
    /// Where another node answers than the bootstrap node that was named.
    package var strangers: [Endpoint] = []

    // The network.
    /// How long nothing has arrived although the node sends requests; nil while something arrives, or none is sent.
    package var silence: Duration?
    /// Whether large datagrams remain unanswered by nodes that answer small ones.
    package var losesLargeDatagrams = false
    /// Whether third nodes can connect to this one; nil while that is open.
    package var isReachable: Bool?
    /// The port that others would connect to.
    package var port: UInt16?

    // Others.
    /// Whether some address block stores or requests more than its share.
    package var isFlooded = false
    /// Whether as much is kept for others as may be.
    package var isNodeFull = false

    // The person.
    /// Messages of which no other node has a copy yet, and how long ago the oldest was accepted.
    package var queued = 0
    package var oldestQueued: Duration?
    package var isInboxFull = false
    /// Envelopes in the person's mailboxes that can't be opened with the keys that are here.
    package var unopenedEnvelopes = 0
    /// Whether the person goes on from an import, a backup or their keys alone.
    package var goesOnFromCopy = false
    /// Whether another program was lately seen to publish with this person's keys.
    package var hasSecondCopy = false

    package init() {}
}
