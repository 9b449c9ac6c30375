import Basics
import Cryptography

/// What a simulation is about: who takes part, what they do, and what goes wrong. Together with the program's version it
/// decides everything that happens, to the bit.
///
/// A run has four parts: the network *forms* without trouble; for `duration` it *runs* with all that the scenario says,
/// and only safety is demanded; then it *heals*: nothing goes wrong any more, everybody comes online, and what is under way
/// must arrive within `healing`.
public struct Scenario: Hashable, Sendable {
    /// From which all chance follows.
    public var seed: UInt64 = 1
    /// Civil time at the beginning, in seconds since 1970, UTC: a moment in the middle of an epoch.
    public var startTime = UnixTime(seconds: 1_790_000_000)
    /// Relaying nodes, at least 1: they churn.
    public var nodes = 100
    /// k: how many contacts a bucket of each node holds, and how many nodes keep a mailbox.
    public var bucketSize = Limits.bucketSize
    /// The usual time between two rounds of repair of each node; nil: it follows from how nodes come and go.
    public var repairInterval: Duration?
    /// People, each on a node of their own: they come and go, and never vanish.
    public var peers = 10
    /// Whether the network is there from the beginning, as if all nodes had joined it hours ago: their tables are made
    /// directly, which takes a fraction of the time of joining. Else nodes join one after the other.
    public var isSettled = false
    /// How long the network is left alone once all nodes have joined; what it sends in the second half is measured as what
    /// an idle network sends.
    public var settling = Duration.seconds(1_200)
    /// How long it runs once the network has formed.
    public var duration = Duration.seconds(3_600)
    /// How long it may take, once nothing goes wrong any more, until all that was accepted has arrived.
    public var healing = Duration.seconds(3_600)
    /// How relaying nodes leave for good, each replaced by a new one; nil: they stay.
    public var churn: Churn?
    /// How datagrams travel.
    public var link = LinkModel()
    /// What each relaying node can send at most, in bits a second; nil: as much as it likes.
    public var uplink: Int?
    /// The share of relaying nodes, 0…1, that others reach only after the node has sent to them.
    public var hidden = 0.0
    /// What these are behind.
    public var nat = NATKind.portRestricted
    /// What people's machines are behind, as shares of 1 together; empty: nothing.
    public var nats: [NATShare] = []
    /// The share of people behind NATs, 0…1, who come to the household of somebody before them; up to four share one.
    public var households = 0.0
    /// Whether nodes have a name to ask for others by, while nobody whom they know answers; otherwise they were given
    /// endpoints once, and nothing leads back to the network when all these are gone.
    public var hasBootstrapNames = true
    /// Who may read in people's records where their nodes are reached, as with `roost up --endpoints`.
    public var endpoints = EndpointReaders.accepted
    /// Relaying nodes that lie; nil: none.
    public var liars: Liars?
    /// Messages that people write to each other, spread evenly over the duration.
    public var messages = 0
    /// The share of people, 0…1, who leave for good once their mail is stored. Nobody writes to them.
    public var leavers = 0.0
    /// Messages that one person gets from all others at about the same time, in the middle of the duration.
    public var flood = 0
    /// What strangers offer to one person's mailbox; nil: nothing.
    public var strangers: Strangers?
    /// Lookups of random points by random relaying nodes, spread evenly over the duration.
    public var lookups = 0
    /// The share of time, 0..<1, for which each person is away.
    public var offline = 0.5
    /// How long a person is online at a time, on average.
    public var spell = Duration.seconds(1_800)
    /// How long a person stays away, around the average that follows from `offline` and `spell`.
    public var absences = Churn.Law.exponential
    /// The share of accepted messages, 0…1, that their senders cancel, mostly within minutes.
    public var cancels = 0.0
    /// The share of received messages, 0…1, that their readers mark as read, and that they delete.
    public var reads = 0.0
    public var deletes = 0.0
    /// Whether people end their programs as `roost down` does, so that what others are to hear leaves first (`hurry`);
    /// otherwise their machines go off without a word.
    public var hurries = false
    /// What goes wrong when.
    public var faults: [Fault] = []
    /// Whether cores take rare paths now and then that they may take at any time (`Buggify`), as the seed has it.
    public var buggifies = false
    /// Whether public-key cryptography is real, or only has its shape.
    public var suite = CipherSuite.cheap

    /// A small network in which nothing goes wrong.
    public init() {}

    /// The mix in the order in which draws go through it, so that it doesn't matter how it was written.
    var natsInOrder: [NATShare] { nats.sorted { $0.name < $1.name } }

    /// Whether nothing goes wrong but that people come and go.
    public var isCalm: Bool {
        churn == nil && link.loss == 0 && uplink == nil && hidden == 0 && nats.isEmpty && liars == nil && leavers == 0
            && strangers == nil && faults.isEmpty && !buggifies
    }
}

/// How relaying nodes come and go.
public struct Churn: Hashable, Sendable {
    /// The time in which half of those present leave.
    public var halfLife: Duration
    public var law: Law

    /// How long a node stays.
    public enum Law: Hashable, Sendable {
        /// Leaving is equally likely for all nodes, however long they have stayed.
        case exponential
        /// Weibull with shape 1/2: most leave soon, some stay very long, as measured on file-sharing networks
        /// (Stutzbach and Rejaie, "Understanding Churn in Peer-to-Peer Networks", IMC 2006, §5: shapes of 0.34 to 0.59).
        case weibull
    }

    public init(halfLife: Duration, law: Law = .exponential) {
        self.halfLife = halfLife
        self.law = law
    }
}

/// Relaying nodes that lie from the start.
public struct Liars: Hashable, Sendable {
    /// Of all relaying nodes, 0…1.
    public var share: Double
    /// What they do.
    public var lies: Set<Lie>

    /// One way to lie.
    public enum Lie: String, Hashable, Sendable, CaseIterable {
        /// Acknowledges deposits and records, and keeps nothing.
        case dropDeposits
        /// Names contacts that don't exist, close to what is asked for.
        case falseContacts
        /// Keeps what it is given, and neither lists nor returns it.
        case refuseReturn
        /// All of them have IDs closest to one person's mailbox.
        case crowd
        /// Says in each comparison that it keeps the same as who asks, acknowledges deposits and records, and keeps nothing.
        case claimEqual
        /// Agrees to announce mail, and announces none.
        case announceNothing

        /// Whether who lies so keeps nothing of what it acknowledges.
        var keepsNothing: Bool { self == .dropDeposits || self == .claimEqual }
    }

    public init(share: Double, lies: Set<Lie> = [.dropDeposits, .falseContacts, .refuseReturn]) {
        self.share = share
        self.lies = lies
    }
}
