import Basics
import Exchange
import NodeCore
import PeerCore
import Storage

/// Something that happened at a host of which the simulator or its checkers must hear.
///
/// Hosts run in windows of time, perhaps several at once; what must be judged in the order in which it happened is written
/// down meanwhile, and handed over between windows.
enum Fact {
    /// A person was told something.
    case notice(PeerNotice)
    /// An answer to an operator's command, or what a node without a person says.
    case answer(NodeEvent)
    /// A node tells its person's side something.
    case report(NodeEvent)
    /// A person's side has its node deposit an envelope.
    case deposit(CommandID, EnvelopeID)
    /// A person's side collects what was announced; an envelope was fetched by a collect; a collect has ended.
    case collecting(CommandID)
    case fetched(EnvelopeID, by: CommandID)
    case collected(CommandID)
    /// A batch of a person's writes is durable.
    case personWrote([StoreWrite], PeerID)
    /// A disk has an envelope of so many bytes that it didn't have.
    case envelopeAdded(EnvelopeID, bytes: Int)
    /// A batch brings an envelope and removes it again: it came, and was collected before the disk wrote it.
    case envelopePassed(EnvelopeID)
    /// A disk has an envelope no more.
    case envelopeRemoved(EnvelopeID, bytes: Int)
    /// What a datagram or a command says about keys and nonces.
    case nonce(NonceFact)
    /// The machine has crashed.
    case crashed
    /// A checker that looks at one host at a time has found something.
    case broken(Violation)
}

/// The facts of a shard since they were last handed over, in the order in which they happened there.
struct FactLog {
    /// A fact, where and when.
    struct Entry {
        /// Nanoseconds: when the event was due in which it happened.
        let due: Int64
        let host: HostID
        /// When it happened: later, where all had slept.
        let time: Instant
        let fact: Fact
    }

    private(set) var entries: [Entry] = []

    mutating func append(_ fact: Fact, at host: HostID, due: Int64, _ time: Instant) {
        entries.append(Entry(due: due, host: host, time: time, fact: fact))
    }

    /// Hands all over.
    mutating func drain() -> [Entry] {
        defer { entries.removeAll(keepingCapacity: true) }
        return entries
    }

    /// The facts of several shards in the order in which a single one would have had them: that of their events. All facts of
    /// one event are of one host, and so come from one shard.
    static func merge(_ logs: [[Entry]]) -> [Entry] {
        let filled = logs.filter { !$0.isEmpty }
        guard filled.count > 1 else { return filled.first ?? [] }
        let all = Array(filled.joined())
        return all.indices.sorted { left, right in
            let (first, second) = (all[left], all[right])
            return (first.due, first.host.index, left) < (second.due, second.host.index, right)
        }
        .map { all[$0] }
    }
}
