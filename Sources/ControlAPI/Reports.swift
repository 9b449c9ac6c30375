/// How the daemon is doing.
public struct StatusReport: Codable, Sendable, Equatable {
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

    public var state: State
    /// The person's peer ID.
    public var id: String
    /// The node's ID: 64 hexadecimal digits.
    public var node: String
    public var version: String
    /// Where the node listens, `host:port`.
    public var endpoints: [String]
    /// Where others reach it, as most of those asked say; empty while nobody has said.
    public var external: [String]
    /// Whether third nodes reach it there; absent while that is open.
    public var reachable: Bool?
    /// Nodes in the routing table.
    public var contacts: Int
    /// How many nodes the network has, by an estimate; nil while too little is known.
    public var networkSize: Int?
    /// Mailboxes this node keeps for others.
    public var mailboxes: Int
    /// Envelopes in them.
    public var envelopes: Int
    /// The envelopes' bytes.
    public var bytes: Int
    /// Messages of this person that are still under way.
    public var outbox: Int
    /// These by how far they have come; absent from daemons that don't say.
    public var outboxByState: OutboxReport?
    /// How long ago the oldest was accepted of those that nobody else has yet; absent where there is none.
    public var oldestQueuedSeconds: Int?
    /// What was sent and received since the daemon started; absent from daemons that don't say.
    public var traffic: TrafficReport?
    /// Whether the disk takes what is new.
    public var disk: Disk
    /// How many times something in the store was found damaged, which then counts as lost.
    public var damagedReads: Int
    public var uptimeSeconds: Int
    /// What is wrong and what to do about it, the worst first.
    public var warnings: [WarningReport]

    public init(
        state: State, id: String, node: String, version: String, endpoints: [String], external: [String],
        reachable: Bool? = nil, contacts: Int, networkSize: Int? = nil, mailboxes: Int, envelopes: Int, bytes: Int,
        outbox: Int, outboxByState: OutboxReport? = nil, oldestQueuedSeconds: Int? = nil,
        traffic: TrafficReport? = nil, disk: Disk = .ok,
        damagedReads: Int = 0, uptimeSeconds: Int, warnings: [WarningReport] = []
    ) {
        self.state = state
        self.id = id
        self.node = node
        self.version = version
        self.endpoints = endpoints
        self.external = external
        self.reachable = reachable
        self.contacts = contacts
        self.networkSize = networkSize
        self.mailboxes = mailboxes
        self.envelopes = envelopes
        self.bytes = bytes
        self.outbox = outbox
        self.outboxByState = outboxByState
        self.oldestQueuedSeconds = oldestQueuedSeconds
        self.traffic = traffic
        self.disk = disk
        self.damagedReads = damagedReads
        self.uptimeSeconds = uptimeSeconds
        self.warnings = warnings
    }
}

/// Something that is wrong, and what to do about it.
public struct WarningReport: Codable, Sendable, Equatable {
    /// For a program to compare, such as `network-unreachable`.
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
public struct OutboxReport: Codable, Sendable, Equatable {
    public var queued: Int
    public var stored: Int
    public var collected: Int

    public init(queued: Int, stored: Int, collected: Int) {
        self.queued = queued
        self.stored = stored
        self.collected = collected
    }
}

/// UDP datagrams since the daemon started, and their bytes without headers.
public struct TrafficReport: Codable, Sendable, Equatable {
    public var receivedBytes: Int
    public var receivedDatagrams: Int
    public var sentBytes: Int
    public var sentDatagrams: Int

    public init(receivedBytes: Int, receivedDatagrams: Int, sentBytes: Int, sentDatagrams: Int) {
        self.receivedBytes = receivedBytes
        self.receivedDatagrams = receivedDatagrams
        self.sentBytes = sentBytes
        self.sentDatagrams = sentDatagrams
    }
}

/// Who one is.
public struct IdentityReport: Codable, Sendable, Equatable {
    /// The person's peer ID, `roost1…`.
    public var id: String
    /// The node's ID: 64 hexadecimal digits.
    public var node: String

    public init(id: String, node: String) {
        self.id = id
        self.node = node
    }
}

/// One name of the address book.
public struct PeerReport: Codable, Sendable, Equatable {
    public var name: String
    /// The peer ID, `roost1…`.
    public var id: String

    public init(name: String, id: String) {
        self.name = name
        self.id = id
    }
}

/// The wrapper in which names are listed.
public struct PeerList: Codable, Sendable {
    public var peers: [PeerReport]
    public init(peers: [PeerReport]) { self.peers = peers }
}

/// One node of the routing table.
public struct NodeReport: Codable, Sendable, Equatable {
    /// The node's ID: 64 hexadecimal digits.
    public var node: String
    /// `host:port`.
    public var endpoint: String
    /// The bucket's index: the number of leading bits it shares with our own ID.
    public var bucket: Int
    public var lastSeenSeconds: Int

    public init(node: String, endpoint: String, bucket: Int, lastSeenSeconds: Int) {
        self.node = node
        self.endpoint = endpoint
        self.bucket = bucket
        self.lastSeenSeconds = lastSeenSeconds
    }
}

/// The wrapper in which nodes are listed.
public struct NodeList: Codable, Sendable {
    public var nodes: [NodeReport]
    public init(nodes: [NodeReport]) { self.nodes = nodes }
}

/// What a lookup has found so far, or in the end.
public struct LookupResult: Codable, Sendable, Equatable {
    /// A node that answered.
    public struct Entry: Codable, Sendable, Equatable {
        public var node: String
        public var endpoint: String
        public var rttMilliseconds: Double

        public init(node: String, endpoint: String, rttMilliseconds: Double) {
            self.node = node
            self.endpoint = endpoint
            self.rttMilliseconds = rttMilliseconds
        }
    }

    /// The point looked for: 64 hexadecimal digits.
    public var target: String
    /// Those that answered, closest first.
    public var closest: [Entry]
    public var rounds: Int
    /// Requests sent.
    public var rpcs: Int
    public var milliseconds: Double

    public init(target: String, closest: [Entry], rounds: Int, rpcs: Int, milliseconds: Double) {
        self.target = target
        self.closest = closest
        self.rounds = rounds
        self.rpcs = rpcs
        self.milliseconds = milliseconds
    }
}

/// One step of a lookup. The last is `finished`.
public enum LookupProgress: Sendable, Equatable {
    case round(LookupResult)
    case finished(LookupResult)
    case failed(ControlError)
}
