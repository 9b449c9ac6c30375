import Basics

/// How a node and the person whom it serves stand. The names of its properties are those of its JSON.
public struct StatusReport: Codable, Hashable, Sendable {
    public enum State: String, Codable, Sendable {
        /// The node looks for others.
        case joining
        /// The node knows others, or is the first of its network.
        case ready
    }

    public enum Disk: String, Codable, Sendable {
        case ok
        /// New messages and mail are refused until there is space.
        case full
    }

    public var state = State.joining
    /// The person.
    public var id: PeerID
    public var node: NodeID
    /// The program's version; empty where it doesn't say.
    public var version = ""
    /// Where the node listens.
    public var endpoints: [Endpoint] = []
    /// Where others reach it, as most of those asked say; empty while none has said.
    public var external: [Endpoint] = []
    /// Whether third nodes reach it there by dials of their own; nil while that is open, as where there are too few. A
    /// node that others don't reach takes part as a client: its mail comes through mailboxes.
    public var reachable: Bool?
    /// Whether the router passes on what comes to the node's port; nil from a daemon that doesn't say.
    public var portMapping: PortMappingReport?
    /// How many nodes announce what comes into this person's mailbox, so that it is fetched at once; nil from a daemon that doesn't
    /// say.
    public var announcers: Int?
    /// How often the node may wake its machine for mail; nil from a daemon that doesn't say.
    public var power: PowerSetting?
    /// Contacts in the routing table.
    public var contacts = 0
    /// How many nodes the network has, by an estimate; nil while too little is known.
    public var networkSize: Int?
    /// Mailboxes of others in which something waits here.
    public var mailboxes = 0
    /// Envelopes in them.
    public var envelopes = 0
    /// The envelopes' bytes.
    public var bytes = 0
    /// Messages of this person that are still under way.
    public var outbox = 0
    /// These by how far they have come; nil from a daemon that doesn't say.
    public var outboxByState: OutboxReport?
    /// How long ago the oldest of those that no other node has yet was accepted; nil if there is none.
    public var oldestQueuedSeconds: Int?
    /// What was sent and received since the start; nil from a daemon that doesn't say.
    public var traffic: TrafficReport?
    /// Whether others hear what this person has read, and this person what others have; nil from a daemon that doesn't say.
    public var readReceipts: Bool?
    /// Whether the disk takes what is new.
    public var disk = Disk.ok
    /// How many times something in the store was found damaged, which then counts as lost.
    public var damagedReads = 0
    /// How long the node has run.
    public var uptimeSeconds = 0
    /// What is wrong and what to do about it, the worst first.
    public var warnings: [WarningReport] = []

    /// A node that has just begun.
    public init(id: PeerID, node: NodeID) {
        self.id = id
        self.node = node
    }
}

/// Something that is wrong, and what to do about it.
public struct WarningReport: Codable, Hashable, Sendable {
    /// For a program to compare, such as `network-unreachable`. Newer nodes have more of them.
    public var code: String
    /// What is wrong: one plain sentence.
    public var message: String
    /// What to do about it: one or two plain sentences.
    public var advice: String

    public init(code: String, message: String, advice: String) {
        self.code = code
        self.message = message
        self.advice = advice
    }

    /// What is wrong and what to do, as people read it.
    public var sentences: String { "\(message) \(advice)" }
}

/// Own messages under way, by how far they have come.
public struct OutboxReport: Codable, Hashable, Sendable {
    public var queued: Int
    public var stored: Int
    public var collected: Int

    public init(queued: Int, stored: Int, collected: Int) {
        self.queued = queued
        self.stored = stored
        self.collected = collected
    }

    /// How many are in a state; none where that is an end.
    public subscript(state: MessageState) -> Int {
        switch state {
        case .queued: queued
        case .stored: stored
        case .collected: collected
        case .delivered, .read, .failed: 0
        }
    }
}

/// UDP datagrams since the node started, and their bytes without headers.
public struct TrafficReport: Codable, Hashable, Sendable {
    public var receivedBytes: Int
    public var receivedDatagrams: Int
    public var sentBytes: Int
    public var sentDatagrams: Int

    public init(receivedBytes: Int = 0, receivedDatagrams: Int = 0, sentBytes: Int = 0, sentDatagrams: Int = 0) {
        self.receivedBytes = receivedBytes
        self.receivedDatagrams = receivedDatagrams
        self.sentBytes = sentBytes
        self.sentDatagrams = sentDatagrams
    }
}
