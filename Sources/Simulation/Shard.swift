import Basics
import Cryptography
import NodeCore
import PeerCore
import Sessions
import Station
import Storage

/// Some of the hosts of a network, and all that is to happen to them.
///
/// Within a window of time no host can notice what another does in it, as no link is so fast. So shards run through a
/// window each by itself, perhaps at once on several threads. Datagrams for hosts of other shards are handed over when
/// it is over. What happens to a host depends only on the order of its own events, which is that of their keys: so the
/// history is the same however many shards there are.
struct Shard {
    /// Which of all shards it is.
    let number: Int32
    var hosts = HostList()
    var queue = EventQueue()
    let pool = DatagramPool()
    /// The NATs of its hosts, by number.
    var nats: [UInt32: NAT] = [:]
    /// What is on its way to the hosts of each other shard.
    var outgoing: [[(key: EventQueue.Key, event: HostEvent)]]
    var commits: [CommitUnderWay?] = []
    var freeCommits: [UInt32] = []
    /// Lent to the host whose turn it is, and empty between turns.
    var effects = Station.Effects()

    /// Where its hosts get the identities from that their tables refer to; nil: from where their configuration says.
    var identities: NodeIdentity.Source?

    /// Virtual time since the network was made, and the same in whole nanoseconds.
    private(set) var time = Instant.origin
    private(set) var nanoseconds: Int64 = 0
    /// When the event was due that happens now.
    private(set) var due: Int64 = 0

    /// Datagrams that arrived, commits and timers.
    var events = 0
    /// Turns of hosts: some of several datagrams that came together.
    var turns = 0
    /// Of the events, datagrams that arrived, and timers at which something was due.
    var datagrams = 0
    var timers = 0
    /// The traces of hosts that are gone.
    var traceOfGone: UInt64 = 0
    /// What relays and what people's nodes sent, by what it was for.
    var traffic = (relays: Traffic(), people: Traffic())

    /// Whether what happens is written down, and no host keeps what its person was told.
    var keepsLog = false
    var log = FactLog()
    private var mailboxes = MailboxCheck()
    /// What goes to addresses that never answered, where that is followed.
    var victims: VictimLedger?
    /// Hosts whose programs have ended by themselves, and when that was due.
    var ended: [(due: Int64, id: HostID)] = []

    init(number: Int, of count: Int) {
        self.number = Int32(number)
        outgoing = Array(repeating: [], count: count)
    }

    /// Time has come to here, perhaps by what other shards did.
    mutating func begin(at time: Instant) {
        self.time = time
        nanoseconds = time.roundedUp
        due = nanoseconds
    }

    /// Time comes to where an event is due, unless it is there already.
    mutating func goOn(to due: Int64) {
        self.due = due
        guard due > nanoseconds else { return }
        nanoseconds = due
        time = Instant(sinceOrigin: .nanoseconds(due))
    }

    /// What the clocks of a host say.
    func now(of index: Int, _ conditions: Conditions) -> Now {
        let now = conditions.now(at: time)
        let gained = hosts[index].ailment?.gained(at: time) ?? 0
        let monotonic = hosts[index].ailment?.timers?.local(at: time) ?? time
        return Now(monotonic: monotonic, utc: now.utc.advanced(bySeconds: hosts[index].clockSkew + gained))
    }

    /// Puts down a fact, if anybody wants to know.
    mutating func record(_ fact: @autoclosure () -> Fact, at index: Int) {
        if keepsLog { log.append(fact(), at: hosts[index].id, due: due, time) }
    }

    // MARK: Machines

    /// Kills a machine: what was not committed is lost, and no one is told.
    mutating func crash(_ index: Int) {
        hosts[index].isUp = false
        hosts[index].incarnation += 1
        record(.crashed, at: index)
        let id = hosts[index].id
        victims?.startOver(id)
        hosts[index].ailment?.pausedUntil = nil
        hosts[index].ailment?.datagramsWaiting = 0
        hosts[index].station = Station(node: hosts[index].station.node)
    }

    /// The disk of a machine is taken away.
    mutating func loseDisk(of index: Int) {
        guard keepsLog else { return }
        mailboxes.loseDisk(of: hosts[index].id)
        for fact in StorageLedger.facts(ofLosing: hosts[index].disk) { record(fact, at: index) }
    }

    /// Puts a new machine in the place of one that is gone for good.
    mutating func replace(_ index: Int, by host: VirtualHost) {
        loseDisk(of: index)
        traceOfGone &+= hosts[index].trace.mixed(with: hosts[index].id)
        hosts[index] = host
    }

    /// Makes writes durable on the disk of a host.
    mutating func persist(_ writes: [StoreWrite], at index: Int, _ conditions: Conditions) {
        if keepsLog { inspect(writes, at: index, conditions) }
        hosts[index].disk.commit(writes)
    }

    private mutating func inspect(_ writes: [StoreWrite], at index: Int, _ conditions: Conditions) {
        let (id, disk) = (hosts[index].id, hosts[index].disk)
        let now = now(of: index, conditions)
        for fact in StorageLedger.facts(ofCommitting: writes, on: disk, at: id, now: now) { record(fact, at: index) }
        mailboxes.commit(writes, on: disk, at: id)
        for violation in mailboxes.drainFindings() { record(.broken(violation), at: index) }
        guard let person = hosts[index].profile?.peerID,
            writes.contains(where: { $0.table == .outbox || $0.table == .inbox })
        else { return }
        record(.personWrote(writes, person), at: index)
    }
}
