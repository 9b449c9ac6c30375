import Platform

/// The identity of a person and their node.
public struct IdentityReport: Codable, Sendable, Equatable {
    /// The person's peer ID, `roost1…`.
    public var id: String
    /// The node's ID: 64 hexadecimal digits.
    public var node: String
    /// The node's static key, by which others can pin it as a bootstrap node: 64 hexadecimal digits.
    public var key: String

    public init(id: String, node: String, key: String) {
        self.id = id
        self.node = node
        self.key = key
    }
}

/// One name of the address book.
public struct PeerReport: Codable, Sendable, Equatable {
    public var name: String
    /// The peer ID, `roost1…`.
    public var id: String
    /// When the safety number with this ID was compared; nil where it was not.
    public var compared: Date?

    public init(name: String, id: String, compared: Date? = nil) {
        self.name = name
        self.id = id
        self.compared = compared
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
    /// `host:port` to which the session with it goes; nil where none is open.
    public var session: String?
    /// Whether the node was just seen elsewhere, and the session may follow it; nil where none is open.
    public var isMoving: Bool?

    public init(
        node: String, endpoint: String, bucket: Int, lastSeenSeconds: Int, session: String? = nil, isMoving: Bool? = nil
    ) {
        self.node = node
        self.endpoint = endpoint
        self.bucket = bucket
        self.lastSeenSeconds = lastSeenSeconds
        self.session = session
        self.isMoving = isMoving
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
