import Basics
import Cryptography
import Exchange
import NodeCore
import PeerCore
import Station
import Storage

/// All checkers of a run. It is told what happens, and passes it on; it draws nothing by chance and changes nothing.
///
/// It is a class so that a simulator that is copied is not: what it has seen is large.
final class Checks {
    private var disks = PersonDisks()
    private var states: StateCheck
    private var conversations: ConversationCheck
    private var nonces = NonceCheck()
    private var inboxes = CheckFindings()
    private var machines = CheckFindings()
    private var bounds = BoundsCheck()
    private var owners = OwnerCheck()
    private var prompt = PromptCheck()
    /// For whom each message is.
    private var recipients: [MessageID: HostID] = [:]
    /// Whether mail must move at once.
    private let isPrompt: Bool
    /// People who have gone on with an older store, or live in two places.
    private var copied: Set<HostID> = []
    /// Second machines of people.
    private var copies: Set<HostID> = []

    init(_ scenario: Scenario) {
        states = StateCheck(toleratesLies: scenario.liars != nil, clocksMislead: scenario.misleadsClocks)
        conversations = ConversationCheck(
            clocksAreRight: !scenario.movesClocks, slowestCommit: scenario.slowestCommit)
        isPrompt = scenario.isCalm && scenario.flood == 0
    }

    /// What is broken.
    var violations: [Violation] {
        [
            states.findings, conversations.findings, inboxes, nonces.findings, machines, bounds.findings,
            owners.findings, prompt.findings,
        ].flatMap(\.violations)
    }

    // MARK: What happens in the network

    /// A batch of a person's writes is durable.
    func committed(_ writes: [StoreWrite], of person: PeerID, at host: HostID, _ instant: Instant) {
        disks.commit(writes, of: person, at: instant, isCopy: copies.contains(host))
    }

    /// A checker of a single machine has found something.
    func broken(_ violation: Violation) { machines.add(violation) }

    /// A one-time value was used.
    func used(_ seal: Seal, by host: HostID) { nonces.see(seal, by: host) }

    /// A machine has counted a datagram twice.
    func counted(_ counter: UInt64, after last: Int64, by host: HostID) {
        nonces.counted(counter, after: last, by: host)
    }

    /// Since when a message was durably in a person's inbox; nil where it never was.
    func received(_ id: MessageID, by person: PeerID) -> Instant? { disks.received(id, by: person) }

    /// All that a message was sealed into, as it is on its sender's disk.
    func envelopes(of id: MessageID, by sender: PeerID) -> [EnvelopeID] { disks.envelopes(of: id, of: sender) }

    /// A machine lost what was not committed, and all that people there were still to hear.
    func crashed(_ host: HostID) { states.crash(host) }

    /// A person goes on with an older store, or in two places at once: what was told before binds their node no more.
    func isNotOneAnyMore(_ host: HostID) {
        copied.insert(host)
        states.exempt(host)
        conversations.exempt(host)
    }

    /// A person lives on two machines from now on. What the first was told of its messages goes on to hold.
    func hasSecondCopy(_ host: HostID, at copy: HostID) {
        copied.formUnion([host, copy])
        copies.insert(copy)
        conversations.forgetOrder()
    }

    // MARK: What people do and are told

    func wrote(
        _ id: MessageID, _ text: String, by sender: HostID, for recipient: HostID, from: PeerID, to: PeerID
    ) {
        recipients[id] = recipient
        states.write(id, text, by: sender, from: from, to: to)
        conversations.write(id, text, from: from, to: to)
    }

    func deleted(_ id: MessageID) { conversations.delete(id) }

    func cancelled(_ id: MessageID) { states.cancel(id) }

    /// `person`: who lives at that machine.
    func told(_ notice: PeerNotice, of person: PeerID, at host: HostID, _ now: Now, _ storage: StorageLedger) {
        switch notice {
        case .accepted(let id):
            states.accepted(id, at: host, now.utc, disks)
            conversations.accepted(id)
            if let recipient = recipients[id] {
                prompt.accepted(id, from: host, to: recipient, at: now.monotonic)
            }
        case .notAccepted, .conversationChanged, .draftChanged: break
        case .changed(let message):
            states.told(message, at: host, now.utc, disks) { storage.disksEver(of: $0) }
            if message.state == .stored { prompt.stored(message.id, at: now.monotonic) }
            if !message.state.isUnderWay { prompt.ended(message.id) }
        case .received(let message):
            conversations.received(message, by: person, at: host, now.monotonic, disks)
            prompt.ended(message.id)
        }
    }

    // MARK: Looking at machines

    /// Looks at all that the two cores of a machine hold.
    func inspectTables(of node: Node, _ agent: PeerAgent?, at host: HostID) {
        bounds.inspect(node, of: "The node of host \(host.index)")
        if let agent { bounds.inspect(agent, of: "The person's side of host \(host.index)") }
    }

    /// Looks at what the owner of a machine is told.
    func inspectOwner(
        _ status: NodeStatus, _ agent: PeerAgent?, at host: HostID, _ truth: OwnerCheck.Truth, isCalm: Bool
    ) {
        var truth = truth
        truth.wasCopied = truth.wasCopied || copied.contains(host)
        truth.anybodyWasCopied = !copied.isEmpty
        owners.inspect(status, of: host, truth, isCalm: isCalm)
        if let agent { owners.inspect(agent, at: host, truth) }
    }

    /// Looks whether mail moves. `upSince`: since when a machine is up; nil while it isn't.
    func lookAtMail(now: Instant, upSince: (HostID) -> Instant?) {
        if isPrompt { prompt.look(now: now, upSince: upSince) }
    }

    /// Asks a person's side for all that it knows, as after a start: nothing told may be missing or less.
    func compare(_ agent: PeerAgent, at host: HostID, now: Now) {
        states.compare(agent.outgoingMessages(), at: host)
        for problem in conversations.problems(of: agent.inbox(InboxFilter(), now: now), at: host) {
            inboxes.add(problem.sentence)
        }
    }
}

extension Scenario {
    /// Whether civil clocks are wrong at times.
    var movesClocks: Bool {
        faults.contains { fault in
            switch fault.kind {
            case .clockJump, .drift: true
            default: false
            }
        }
    }

    /// The time that the slowest disk takes for a commit.
    var slowestCommit: Duration {
        let delays = faults.map { fault in
            if case .slowDisk(_, let delay, _) = fault.kind { delay } else { Duration.zero }
        }
        return max(VirtualHost.commitDelay, delays.max() ?? .zero)
    }

    /// Whether so many clocks jump so far that they may confirm each other at another time.
    var misleadsClocks: Bool {
        faults.contains { fault in
            switch fault.kind {
            case .clockJump(_, let seconds): return seconds.magnitude > Limits.clockToleranceSeconds
            case .drift(_, let millionths, let lasting):
                let gained = lasting.components.seconds * Int64(clamping: millionths.magnitude) / 1_000_000
                return gained > Limits.clockToleranceSeconds
            default: return false
            }
        }
    }
}
