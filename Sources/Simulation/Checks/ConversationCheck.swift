import Basics
import Cryptography
import PeerCore

/// Whether people are shown what was written to them, as it was written and in its order.
///
/// Messages of one sender stand in the order in which they were written, and an answer stands after all that its writer
/// had been shown. A message is shown before the one that its sender wrote before only when it has waited long enough for
/// that. Arrival numbers rise.
package struct ConversationCheck {
    /// One message of a direction.
    private struct Line {
        let id: MessageID
        let text: String
        /// Its number must be above this: the highest that its writer had been shown.
        let floor: UInt64
        var isAccepted = false
        var lamport: UInt64?
    }

    /// Who writes to whom.
    private struct Direction: Hashable {
        let from: PeerID
        let to: PeerID
    }

    private var lines: [Direction: [Line]] = [:]
    private var places: [MessageID: (direction: Direction, index: Int)] = [:]
    /// The highest number of each direction that was shown.
    private var highest: [Direction: UInt64] = [:]
    private var arrivals: [HostID: UInt64] = [:]
    /// What each was shown, in that order.
    private var shown: [HostID: [IncomingMessage]] = [:]
    private var deleted: Set<MessageID> = []
    private var exempt: Set<HostID> = []
    /// Whether everybody goes on from all that they were shown, so that numbers rise from one message to its answer.
    private var isOrderKnown = true
    /// Whether all civil clocks are right: they say how long a message is withheld.
    private let clocksAreRight: Bool
    package private(set) var findings = CheckFindings()

    /// How long a message that is on disk is withheld at least.
    private let withholding: Duration

    /// `slowestCommit`: the time that the slowest disk takes. A message is withheld from its arrival; it is on disk up to two
    /// commits later, as it may wait for the one before it. Civil time is in whole seconds.
    package init(clocksAreRight: Bool, slowestCommit: Duration = .zero) {
        self.clocksAreRight = clocksAreRight
        withholding = .seconds(Limits.withholdingSeconds - 1) - slowestCommit * 2
    }

    // MARK: Facts

    package mutating func write(_ id: MessageID, _ text: String, from: PeerID, to: PeerID) {
        let direction = Direction(from: from, to: to)
        let floor = highest[Direction(from: to, to: from)] ?? 0
        places[id] = (direction, lines[direction]?.count ?? 0)
        lines[direction, default: []].append(Line(id: id, text: text, floor: floor))
    }

    package mutating func accepted(_ id: MessageID) {
        guard let (direction, index) = places[id] else { return }
        lines[direction]?[index].isAccepted = true
    }

    /// Its recipient has deleted it: from then on it need not be there.
    package mutating func delete(_ id: MessageID) { deleted.insert(id) }

    package mutating func exempt(_ host: HostID) {
        exempt.insert(host)
        forgetOrder()
    }

    /// Somebody doesn't know all that they were shown.
    package mutating func forgetOrder() { isOrderKnown = false }

    // MARK: What people are shown

    package mutating func received(
        _ message: IncomingMessage, by person: PeerID, at host: HostID, _ now: Instant, _ disks: PersonDisks
    ) {
        let what = "Host \(host.index) is shown message \(message.id)"
        guard let (direction, index) = places[message.id], direction == Direction(from: message.from, to: person),
            let line = lines[direction]?[index]
        else { return findings.add("\(what), which nobody wrote to it under that name.") }
        if line.text != message.text { findings.add("\(what) with another text than was written.") }
        if !line.isAccepted, disks.isAccepted(message.id, of: message.from) == false {
            findings.add("\(what), which was never accepted.")
        }
        let since = disks.received(message.id, by: person)
        if since == nil { findings.add("\(what), and it is not on its disk.") }
        if message.arrival > 0 {
            if message.arrival <= arrivals[host] ?? 0, !exempt.contains(host) {
                findings.add("\(what) as number \(message.arrival), after number \(arrivals[host] ?? 0).")
            }
            arrivals[host] = max(arrivals[host] ?? 0, message.arrival)
        }
        // Whoever goes on with an older store counts from an older logical time, and so do those who write to them.
        if isOrderKnown { checkOrder(message, line, direction, index, what) }
        if clocksAreRight, isOrderKnown, let before = lines[direction]?[..<index].last(where: \.isAccepted),
            let since,
            disks.received(before.id, by: person) == nil, now - since < withholding
        {
            let seconds = (now - since).components.seconds
            findings.add("\(what) \(seconds) s after it came, and the one before it hadn't come.")
        }
        lines[direction]?[index].lamport = message.lamport
        highest[direction] = max(highest[direction] ?? 0, message.lamport)
        shown[host, default: []].append(message)
    }

    private mutating func checkOrder(
        _ message: IncomingMessage, _ line: Line, _ direction: Direction, _ index: Int, _ what: String
    ) {
        // At the highest number all that follow stay there.
        guard message.lamport < Limits.lamport, let all = lines[direction] else { return }
        if message.lamport <= line.floor {
            findings.add("\(what) before one that its writer had been shown.")
        }
        if let number = all[..<index].last(where: { $0.lamport != nil })?.lamport, number >= message.lamport {
            findings.add("\(what) before one that was written earlier.")
        }
        if let number = all[(index + 1)...].first(where: { $0.lamport != nil })?.lamport, number <= message.lamport {
            findings.add("\(what) after one that was written later.")
        }
    }

    /// Compares an inbox, as it is read, with what its owner was shown.
    package func problems(of inbox: [IncomingMessage], at host: HostID) -> [Violation] {
        var findings = CheckFindings()
        for (first, second) in zip(inbox, inbox.dropFirst()) where first.position >= second.position {
            findings.add("The inbox of host \(host.index) is not in the order of conversations.")
        }
        guard !exempt.contains(host) else { return findings.violations }
        var listed: [MessageID: IncomingMessage] = [:]
        for message in inbox { listed[message.id] = message }
        for message in shown[host] ?? [] where !deleted.contains(message.id) {
            guard var now = listed[message.id] else {
                findings.add("Host \(host.index) sees message \(message.id) no more, which it was shown.")
                continue
            }
            if message.isRead, !now.isRead {
                findings.add("Host \(host.index) sees message \(message.id) unread, which it has read.")
            }
            now.isRead = message.isRead
            if now != message, message.arrival > 0 {
                findings.add("Host \(host.index) sees message \(message.id) otherwise than it was shown.")
            }
        }
        return findings.violations
    }
}
