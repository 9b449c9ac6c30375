import Basics
import Kademlia
import Mailboxes

/// What a node tells about itself.
public struct NodeStatus: Sendable {
    /// Whether it has found its network, or is the first of it.
    public var isJoined: Bool
    /// Contacts in the routing table.
    public var contacts: Int
    /// Since when the node has looked for others in vain: no contact answers. Nil while one does.
    public var seekingSince: Instant?
    /// Whether it has anybody to ask then: bootstrap peers, or contacts remembered from before.
    public var hasSomebodyToAsk: Bool
    /// Whether large datagrams get lost on the way to nodes that answer small ones.
    public var losesLargeDatagrams: Bool
    /// Where another node says it is than the bootstrap peer that was given. Nothing is believed of it.
    public var strangersAtBootstraps: [Endpoint]
    /// How many nodes the network has, as far as can be told; nil while too little is known.
    public var networkSize: Int?
    /// Sessions with other nodes and clients.
    public var sessions: Int
    /// Mailboxes of others in which something waits here.
    public var mailboxes: Int
    /// Envelopes kept for others, and their size together.
    public var envelopes: Int
    public var bytes: Int
    /// Records and tombstones kept for others.
    public var records: Int
    public var tombstones: Int
    /// Whether it keeps as much as it may: what is new takes the place of what somebody else brought, or is refused.
    public var isFull: Bool
    /// What had to give way since the start, because some address block brought more than its share.
    public var displaced: Displaced
    /// Requests refused since the start, because an address block made more work than it may.
    public var refusedForWork: Int
    /// What others reach this node at, as most of those asked say; nil while nobody has said.
    public var external: Contact?
    /// How far this machine's civil clock can be relied on.
    public var clock: ClockStanding
    /// How many seconds behind that clock things are erased, as it gained so much at once lately.
    public var erasureDelaySeconds: Int64
    /// Whether third nodes reach it there by dials of their own; nil while that is open, as where there are too few.
    public var isReachable: Bool?
    /// How it takes part at present: a node that can't be reached is a client.
    public var mode: NodeMode
}

extension Node {
    public var status: NodeStatus {
        NodeStatus(
            isJoined: isJoined, contacts: table.count,
            seekingSince: isJoined && table.hasLiveContact ? nil : bootstrap.seekingSince,
            hasSomebodyToAsk: bootstrap.hasSomebodyToAsk,
            losesLargeDatagrams: path.losesLargeDatagrams(known: table.count),
            strangersAtBootstraps: bootstrap.mistaken,
            networkSize: estimatedNetworkSize,
            sessions: sessions.counts.sessions,
            mailboxes: buddy.usage.mailboxes, envelopes: buddy.usage.envelopes, bytes: buddy.usage.bytes,
            records: buddy.usage.records, tombstones: buddy.usage.tombstones, isFull: buddy.isFull,
            displaced: buddy.displaced, refusedForWork: work.refused,
            external: externalContact, clock: clock.standing,
            erasureDelaySeconds: clock.erasureDelaySeconds, isReachable: reach.isReached,
            mode: sessions.mode)
    }

    /// Where the whole network is this node's neighbourhood, it knows everybody.
    private var estimatedNetworkSize: Int? {
        networkSize.estimate ?? (isJoined && !table.hasFarPoints ? table.count + 1 : nil)
    }

    /// Visits the routing table.
    public func forEachContact(_ body: (TableEntry) -> Void) { table.forEach(body) }

    /// Whether this node keeps a record at a location. For tests and the simulator's checkers.
    package func holdsRecord(at location: Location) -> Bool { buddy.record(at: location, store: store) != nil }

    /// Whether this node holds an envelope. For tests and the simulator's checkers.
    package func holds(_ envelope: EnvelopeID, in mailbox: MailboxID) -> Bool {
        buddy.holds(envelope, in: mailbox, store: store)
    }
}
