/// The network at one moment, as far as it can be drawn: some of its nodes, the contacts of a few of them, and where
/// one mailbox is.
public struct NetworkMap: Hashable, Sendable {
    /// Ascending by ID: all that were up or, where they are more than `NetworkMap.most`, so many at even steps, and those
    /// that are named below.
    public var nodes: [Node]
    /// How many were up, drawn or not.
    public var living: Int
    /// The contacts of a few nodes.
    public var tables: [Table]
    /// Nil where there are no people.
    public var mailbox: Mailbox?

    /// More dots on a ring can't be told apart.
    public static let most = 400

    public init(nodes: [Node] = [], living: Int = 0, tables: [Table] = [], mailbox: Mailbox? = nil) {
        self.nodes = nodes
        self.living = living
        self.tables = tables
        self.mailbox = mailbox
    }

    /// A node that was up.
    public struct Node: Hashable, Sendable {
        /// The first 64 bits of its ID.
        public var id: UInt64
        /// Since when it was up.
        public var age: Duration
        /// Whether it is a person's node.
        public var isPersonal: Bool
        public var isLiar: Bool
        /// Whether strangers can't reach it.
        public var isHidden: Bool

        public init(
            id: UInt64, age: Duration, isPersonal: Bool = false, isLiar: Bool = false, isHidden: Bool = false
        ) {
            self.id = id
            self.age = age
            self.isPersonal = isPersonal
            self.isLiar = isLiar
            self.isHidden = isHidden
        }
    }

    /// The contacts of a node.
    public struct Table: Hashable, Sendable {
        /// Its place in `nodes`.
        public var node: Int
        /// The places of those in its routing table that are up, ascending.
        public var contacts: [Int]
        /// How many of its contacts are not up.
        public var gone: Int

        public init(node: Int, contacts: [Int], gone: Int) {
            self.node = node
            self.contacts = contacts
            self.gone = gone
        }
    }

    /// Where a person's mailbox is in an epoch.
    public struct Mailbox: Hashable, Sendable {
        /// The first 64 bits of its location.
        public var location: UInt64
        /// Envelopes that wait in it, and envelopes for which a node has the proof that they were collected; others may
        /// still keep copies.
        public var waiting: Int
        public var collected: Int
        /// Nodes that keep something of it, and those that should because they are the closest; closest first.
        public var buddies: [Buddy]

        public init(location: UInt64, waiting: Int, collected: Int, buddies: [Buddy]) {
            self.location = location
            self.waiting = waiting
            self.collected = collected
            self.buddies = buddies
        }
    }

    /// A node at a mailbox.
    public struct Buddy: Hashable, Sendable {
        /// Its place in `nodes`.
        public var node: Int
        /// How many nodes that are up are closer, including those that can't be reached.
        public var rank: Int
        /// Whether it is one of the k closest of all living nodes that can be reached.
        public var isClosest: Bool
        /// What it keeps: envelopes, and proofs that some were collected.
        public var waiting: Int
        public var collected: Int

        public var keepsSomething: Bool { waiting + collected > 0 }

        public init(node: Int, rank: Int, isClosest: Bool, waiting: Int, collected: Int) {
            self.node = node
            self.rank = rank
            self.isClosest = isClosest
            self.waiting = waiting
            self.collected = collected
        }
    }
}
