import Basics
import Kademlia
import Mailboxes
import Sessions

/// What a node tells about itself.
public struct NodeStatus: Sendable {
    /// Whether it has found its network, or is the first of it.
    public var isJoined: Bool
    /// Contacts in the routing table.
    public var contacts: Int
    /// Since when no contact has answered the node, which looks for others. Nil while one answers.
    public var seekingSince: Instant?
    /// Whether it has any node to ask then: bootstrap peers, or contacts remembered from before.
    public var hasNodesToAsk: Bool
    /// Whether large datagrams get lost on the way to nodes that answer small ones.
    public var losesLargeDatagrams: Bool
    /// Endpoints of bootstrap peers at which a node with another key answered. Nothing that it says is believed.
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
    /// Whether it keeps as much as it may: what is new evicts what another account brought, or is refused.
    public var isFull: Bool
    /// What was evicted since the start, because some address block brought more than its share.
    public var displaced: Displaced
    /// Requests refused since the start, because an address block made more work than it may.
    public var refusedForWork: Int
    /// The endpoints at which others reach this node, as most of those asked say; nil while none has said.
    public var external: Contact?
    /// How far this machine's civil clock can be relied on.
    public var clock: ClockStanding
    /// How many seconds erasing lags behind that clock, because it gained so much at once lately.
    public var erasureDelaySeconds: Int64
    /// Whether third nodes reach it there by dials of their own; nil while that is open, as where there are too few.
    public var isReachable: Bool?
    /// Whether third nodes reach it at the endpoint that a router has mapped; nil while that is open, or there is none.
    public var isMappingReached: Bool?
    /// How it takes part at present: a node that can't be reached is a client.
    public var mode: NodeMode
}

/// What a node occupies in memory, in bytes, by what holds it: from the room that was reserved, used or not.
public struct NodeMemory: Hashable, Sendable {
    /// The routing table.
    public var table = 0
    /// Sessions, handshakes under way, and what is remembered of addresses.
    public var sessions = 0
    /// Requests under way.
    public var requests = 0
    /// The node itself.
    public var node = 0

    public init() {}
}

extension Node {
    public var status: NodeStatus {
        NodeStatus(
            isJoined: joining.isJoined, contacts: routing.count,
            seekingSince: joining.seekingSince(hasLiveContact: routing.hasLiveContact),
            hasNodesToAsk: joining.hasNodesToAsk,
            losesLargeDatagrams: rpc.losesLargeDatagrams(known: routing.count),
            strangersAtBootstraps: joining.strangersAtBootstraps,
            networkSize: networkSize,
            sessions: link.count,
            mailboxes: serving.usage.mailboxes, envelopes: serving.usage.envelopes, bytes: serving.usage.bytes,
            records: serving.usage.records, tombstones: serving.usage.tombstones, isFull: serving.isFull,
            displaced: serving.displaced, refusedForWork: serving.refusedForWork,
            external: reach.own(at: reach.ipv4, reach.ipv6), clock: clock.standing,
            erasureDelaySeconds: clock.erasureDelaySeconds, isReachable: reach.isReached,
            isMappingReached: reach.isMappedReached, mode: link.mode)
    }

    /// Whether no contact answers, so that the node looks for others: new bootstrap peers may help it.
    public var isSeeking: Bool { joining.seekingSince(hasLiveContact: routing.hasLiveContact) != nil }

    public var memory: NodeMemory {
        var memory = NodeMemory()
        memory.table = routing.memory.table
        memory.sessions = link.memory
        memory.requests = rpc.memory + routing.memory.checks
        memory.node = MemoryLayout<Node>.size
        return memory
    }

    /// Visits the routing table.
    public func forEachContact(_ body: (TableEntry) -> Void) { routing.forEach(body) }

    /// Whom it asks where nobody answers, besides bootstrap peers: its contacts, and those remembered in the store. For the simulator.
    package var nodesToAsk: [Contact] {
        var nodes = rememberedContacts
        forEachContact { nodes.append($0.contact) }
        return nodes
    }

    /// Over which path the session with a node goes, under the node's own key; nil where there is none.
    public func path(to node: NodeID) -> SessionPath? { link.sessionPath(to: node) }

    /// Whether this node keeps a record at a location. For tests and the simulator's checkers.
    package func holdsRecord(at location: Location) -> Bool { serving.record(at: location, store: store) != nil }

    /// Whether this node holds an envelope. For tests and the simulator's checkers.
    package func holds(_ envelope: EnvelopeID, in mailbox: MailboxID) -> Bool {
        serving.holds(envelope, in: mailbox, store: store)
    }

    /// Traps if an invariant that holds between any two calls is broken. For tests.
    package func checkInvariants() {
        link.checkInvariants()
        rpc.checkInvariants()
        routing.checkInvariants()
        operations.checkInvariants()
        audits.checkInvariants()
        precondition(status.envelopes >= 0 && status.bytes >= 0 && status.bytes <= Limits.bytesPerNode)
    }
}
