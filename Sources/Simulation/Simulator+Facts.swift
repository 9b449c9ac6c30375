import Basics
import Exchange
import NodeCore
import PeerCore
import Storage

/// What the ledgers and checkers make of what has happened, in its order, and what people do then.
///
/// They hear of it once a window is over. Each fact comes with its time, so that what a person was told is judged by what
/// lay on disks at that moment.
extension Simulator {
    mutating func handleFacts() {
        for entry in network.drainFacts() {
            let host = entry.host
            switch entry.fact {
            case .notice(let notice): handle(notice, at: host, entry.time)
            case .answer(let event): handle(event)
            case .report(let event): storage.record(event, at: host)
            case .deposit(let command, let envelope): storage.recordDeposit(envelope, command, by: host)
            case .collecting(let command): ways.begin(command, at: host)
            case .fetched(let envelope, let command): ways.fetch(envelope, by: command, at: host)
            case .collected(let command): ways.end(command, at: host)
            case .personWrote(let writes, let person):
                checks.committed(writes, of: person, at: host, entry.time)
            case .envelopeAdded(let id, let bytes): storage.add(id, bytes, at: host)
            case .envelopePassed(let id): storage.recordCommitted(id, at: host)
            case .envelopeRemoved(let id, let bytes): storage.remove(id, bytes)
            case .nonce(let fact): handle(fact, of: host)
            case .crashed:
                checks.crashed(host)
                ways.crash(host)
            case .broken(let violation): checks.broken(violation)
            }
        }
    }

    private mutating func handle(_ notice: PeerNotice, at host: HostID, _ time: Instant) {
        if let original = secondCopies.original(of: host) {
            return handle(notice, at: host, of: original, time)
        }
        if let person = network.peerID(host) {
            checks.told(notice, of: person, at: host, network.conditions.now(at: time), storage)
        }
        switch notice {
        case .accepted(let id):
            messages.accept(id, at: time) { network.isUp($0) }
            planCancelling(id, at: host)
        case .notAccepted, .conversationChanged, .draftChanged: break
        case .changed(let message): messages.record(message, at: time)
        case .received(let message):
            messages.receive(message, at: host, time)
            messages.record(passage(of: message, at: host), of: message.id)
            planReading(message, at: host)
        }
        if phase == .running, let stored = leavers.hear(notice, at: host) { leaveForGood(host, stored) }
    }

    private mutating func handle(_ answer: NodeEvent) {
        switch answer {
        case .lookupFinished(let command, let report):
            lookups.finish(command, report, bucketSize: scenario.bucketSize, among: roster) { network.nodeID($0) }
        case .busy(let command): lookups.giveUp(command)
        default: break
        }
        if scenario.strangers != nil { strangers.hear(answer) }
    }

    private mutating func handle(_ fact: NonceFact, of host: HostID) {
        switch fact {
        case .seal(let seal): checks.used(seal, by: host)
        case .newKey(let sender, let name, let mark): network.addKey(name, mark: mark, of: sender)
        case .counted(let counter, let last): checks.counted(counter, after: last, by: host)
        }
    }

    /// Turns a machine on. What its person's side knows then must not be less than what its person was told.
    mutating func start(_ host: HostID) {
        let acquaintances = acquaintances()
        network.start(host, bootstrap: acquaintances)
        guard let agent = network.peer(host) else { return }
        toldOf[host] = acquaintances
        checks.compare(agent, at: host, now: network.now(of: host))
    }
}
