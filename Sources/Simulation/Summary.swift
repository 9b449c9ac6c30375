import Basics

/// What a simulation has found so far.
public struct Summary: Sendable {
    public var scenario: Scenario
    /// Of everything that happened, in order: the same on every machine.
    public var traceHash: UInt64
    /// Virtual time since the beginning, forming included.
    public var time: Duration
    /// Datagrams that arrived, commits and timers.
    public var events: Int
    /// Of these, the datagrams and the timers.
    public var datagrams: Int
    public var timers: Int
    /// Relaying nodes that are up.
    public var nodesUp: Int
    /// Machines that ever were.
    public var nodesEver: Int
    public var memory = MemoryFigures()
    public var lookups = LookupFigures()
    public var messages = MessageFigures()
    public var traffic = TrafficFigures()
    public var convergence = ConvergenceFigures()
    /// Violations of what must never happen, with what is known of each.
    public var violations: [Violation]
    /// What was to have arrived by the end of healing, and didn't.
    public var unfinished: [Violation]
    /// How it went over time, oldest first.
    public var timeline: [Sample]
    /// What went wrong on purpose, in order.
    public var incidents: [Incident]
    /// Contacts by bucket (0: half of the keyspace), on average over a sample of nodes.
    public var bucketFill: [Double]
    /// Which rare branches of the code were reached; counts nothing unless `Simulator.countMarks` was called.
    public var marks = Marks()
    /// The network as it is now.
    public var map = NetworkMap()
    /// Whether it has come to its end.
    public var isFinished: Bool
}

extension Summary {
    /// Of a scenario of which nothing is known yet.
    public init(of scenario: Scenario) {
        self.init(
            scenario: scenario, traceHash: 0, time: .zero, events: 0, datagrams: 0, timers: 0, nodesUp: 0, nodesEver: 0,
            violations: [], unfinished: [], timeline: [], incidents: [], bucketFill: [], isFinished: false)
    }
}

/// Something that broke a promise.
public struct Violation: Hashable, Sendable {
    /// What it is: one sentence.
    public var sentence: String
    /// All that was noted about the message or node concerned, in order, a line each.
    public var trace: [String]

    public init(_ sentence: String, trace: [String] = []) {
        self.sentence = sentence
        self.trace = trace
    }
}

/// A moment of a run.
public struct Sample: Hashable, Sendable {
    /// Since the network has formed; negative while it forms.
    public var at: Duration
    public var accepted: Int
    public var delivered: Int
    /// Relaying nodes up, and people online.
    public var nodesUp: Int
    public var peersOnline: Int
    /// Bytes sent by all since the sample before.
    public var bytes: Int

    public init(at: Duration, accepted: Int, delivered: Int, nodesUp: Int, peersOnline: Int, bytes: Int) {
        self.at = at
        self.accepted = accepted
        self.delivered = delivered
        self.nodesUp = nodesUp
        self.peersOnline = peersOnline
        self.bytes = bytes
    }
}

/// A fault that was caused on purpose.
public struct Incident: Hashable, Sendable {
    public var at: Duration
    /// How long it lasts; zero where it is a moment.
    public var lasting: Duration
    public var what: String

    public init(at: Duration, lasting: Duration, what: String) {
        self.at = at
        self.lasting = lasting
        self.what = what
    }
}

/// What an average relaying node occupies, in bytes.
public struct MemoryFigures: Hashable, Sendable {
    public init(parts: [Part] = []) { self.parts = parts }

    /// By what holds it, largest first.
    public var parts: [Part] = []
    public var total: Int { parts.reduce(0) { $0 + $1.bytes } }

    public struct Part: Hashable, Sendable {
        public var name: String
        public var bytes: Int
        public init(name: String, bytes: Int) {
            self.name = name
            self.bytes = bytes
        }
    }
}

/// How lookups went. Times are in median round trips of the whole network.
public struct LookupFigures: Hashable, Sendable {
    public var count = 0
    /// Found most of the k closest.
    public var succeeded = 0
    /// Found exactly the k closest of all living nodes that can be reached.
    public var exact = 0
    /// The median round trip between two nodes.
    public var medianRoundTrip = Duration.zero
    /// Sorted ascending, one for each lookup.
    public var rounds: [Int] = []
    public var requests: [Int] = []
    /// Until the first of the k closest had answered, until half of them, until all; each sorted ascending.
    public var first: [Duration] = []
    public var quorum: [Duration] = []
    public var all: [Duration] = []

    public init() {}
}

/// How many of some messages arrived.
public struct DeliveredShare: Hashable, Sendable {
    public var accepted = 0
    public var delivered = 0

    public init(accepted: Int = 0, delivered: Int = 0) {
        self.accepted = accepted
        self.delivered = delivered
    }

    public static func + (first: DeliveredShare, second: DeliveredShare) -> DeliveredShare {
        DeliveredShare(accepted: first.accepted + second.accepted, delivered: first.delivered + second.delivered)
    }
}

/// What became of mail that strangers offered to one person's mailbox, and of other mail there.
public struct StrangersFigures: Hashable, Sendable {
    /// Envelopes, and their bytes.
    public var offered = 0
    public var bytesOffered = 0
    /// Envelopes that a quorum took at some time. They may have given way since.
    public var stored = 0
    /// The most that one buddy kept in the mailbox, in bytes, whoever it was from.
    public var mostBytesKept = 0
    /// How other messages to the same person went.
    public var besides = VictimsMail()

    public init() {}
}

/// How messages to one person went.
public struct VictimsMail: Hashable, Sendable {
    /// Those of people to whom that person had written before.
    public var ofAccepted = DeliveredShare()
    public var ofOthers = DeliveredShare()

    public init() {}
}

/// How messages came from people behind one kind of NAT to people behind another, or the same.
public struct PassageFigures: Hashable, Sendable {
    /// What these are behind.
    public var from: String
    public var to: String
    /// How many came which way, in the order of `DeliveryWay`.
    public var counts = [Int](repeating: 0, count: DeliveryWay.allCases.count)
    /// How long those took, by way, whose recipient was online when they were accepted; sorted ascending.
    public var online = [[Duration]](repeating: [], count: DeliveryWay.allCases.count)

    public init(from: String, to: String) { (self.from, self.to) = (from, to) }

    var sorted: PassageFigures {
        var figures = self
        figures.online = online.map { $0.sorted() }
        return figures
    }

    /// Both together, whatever pairs they are of.
    public static func + (first: PassageFigures, second: PassageFigures) -> PassageFigures {
        var sum = first
        for way in DeliveryWay.allCases {
            let place = Int(way.rawValue)
            sum.counts[place] += second.counts[place]
            sum.online[place] = (first.online[place] + second.online[place]).sorted()
        }
        return sum
    }
}

/// How messages went.
public struct MessageFigures: Hashable, Sendable {
    public var accepted = 0
    public var delivered = 0
    public var duplicated = 0
    /// Neither delivered by its expiry nor its sender told.
    public var lost = 0
    /// Not delivered, and its sender was told.
    public var failed = 0
    /// Still under way.
    public var pending = 0
    /// Of all these, those whose senders left for good once they were stored, and that hadn't arrived by then. What of them hasn't arrived is neither lost nor pending: nobody
    /// promises it.
    public var leavers = DeliveredShare()
    /// What strangers offered besides; nil where none did.
    public var strangers: StrangersFigures?
    /// Of those delivered: straight to the recipient's node.
    public var direct = 0
    /// How long those took that were delivered, sorted ascending.
    public var latencies: [Duration] = []
    /// How long those took whose recipient was online when they were accepted, sorted ascending.
    public var latenciesOnline: [Duration] = []
    /// How they came, by pairs of what people are behind.
    public var passages: [PassageFigures] = []
    /// Bytes sent by everybody, without what an idle network sends, for each message delivered.
    public var bytesSentPerDelivered = 0
    /// Bytes that buddies keep for each message not collected yet.
    public var bytesStoredPerMessage = 0

    public init() {}
}

/// What was sent to addresses from which its sender never heard: false contacts, and nodes that are gone.
public struct VictimFigures: Hashable, Sendable {
    /// Datagrams.
    public var datagrams: Int
    /// The most of one node to one address in a minute.
    public var mostOfOne: Int
    /// The most of all nodes to one address block in a minute.
    public var mostOfAll: Int

    public init(datagrams: Int, mostOfOne: Int, mostOfAll: Int) {
        (self.datagrams, self.mostOfOne, self.mostOfAll) = (datagrams, mostOfOne, mostOfAll)
    }
}

/// What was sent.
public struct TrafficFigures: Hashable, Sendable {
    /// By kind of RPC, requests and answers apart, most bytes first.
    public var kinds: [Kind] = []
    /// The same of the idle network alone.
    public var idleKinds: [Kind] = []
    /// What a relaying node sends a second while no person does anything: measured after the network has formed.
    public var idleBytesPerSecondPerNode = 0.0
    /// What a relaying node sends an hour to keep mailboxes and records in repair.
    public var repairBytesPerHourPerNode = 0.0
    /// What went to addresses from which its sender never heard; nil where that wasn't followed.
    public var victims: VictimFigures?
    /// Bytes a second that each relaying node up has sent since it came, sorted ascending.
    public var perNode: [Double] = []

    public struct Kind: Hashable, Sendable {
        public var name: String
        public var datagrams: Int
        public var bytes: Int
        public init(name: String, datagrams: Int, bytes: Int) {
            self.name = name
            self.datagrams = datagrams
            self.bytes = bytes
        }
    }
}
