import Basics
import PeerCore

/// The truth about messages, kept apart from the code under test: who wrote what to whom, and what became of it.
package struct MessageLedger {
    /// What is known of one message.
    private struct Entry {
        let sender: HostID
        let recipient: HostID
        let acceptedAt: Instant
        let wasOnline: Bool
        /// When it came to its recipient, to whichever of their machines.
        var receivedAt: Instant?
        /// When it was shown at the recipient's own machine, and at which second machine of theirs.
        var shownAt: Instant?
        var shownByCopy: HostID?
        var isDirect = false
        /// How it came, and between whom.
        var passage: Passage?
        var isFailed = false
        var isDeleted = false
        /// Whether its sender has left for good since it was stored.
        var isLeft = false
        /// Whether its sender or recipient went back to a copy of their disk that didn't know of it: then it may be lost,
        /// or come again.
        var isForgotten = false
        /// Whether its recipient has lived on two machines since: then it may wait until its sender seals it anew. Or whether it may find no
        /// room among strangers' mail.
        var mayWait = false
        /// Whether nothing says when it comes.
        var isExcused: Bool { isForgotten || mayWait }
        /// Whether it was found in the inbox before its recipient was told of it.
        var isFound = false
        var trace: [String]
    }

    /// How a message came, and what its sender and its recipient are behind: by places among all names.
    struct Passage {
        let way: DeliveryWay
        let from: UInt8
        let to: UInt8
    }

    private var entries: [MessageID: Entry] = [:]
    /// In the order of acceptance, so that nothing depends on hashing.
    private var order: [MessageID] = []
    /// Written, and not yet durable.
    private var submitted: [MessageID: (sender: HostID, recipient: HostID)] = [:]
    package private(set) var violations: [Violation] = []
    package private(set) var delivered = 0
    private(set) var failed = 0
    private(set) var duplicated = 0
    /// Of senders who have left for good: messages, and of these those that arrived.
    private(set) var left = DeliveredShare()

    package init(victim: HostID? = nil) { self.victim = victim }

    var accepted: Int { order.count }
    /// What is still to arrive. Not what nobody but its buddies can bring any more, nor what was forgotten.
    package var pending: Int { order.count - delivered - failed - excused - (left.accepted - left.delivered) }
    /// Of those of which nothing says when they come, the ones that have not come or failed yet.
    private var excused = 0
    /// Who has lived on two machines.
    private var copied: Set<HostID> = []
    /// Whose mailbox strangers fill: mail to them of somebody to whom they haven't written may find no room.
    private let victim: HostID?

    package mutating func submit(_ id: MessageID, from sender: HostID, to recipient: HostID) {
        submitted[id] = (sender, recipient)
    }

    package mutating func accept(_ id: MessageID, at instant: Instant, isOnline: (HostID) -> Bool) {
        guard let (sender, recipient) = submitted.removeValue(forKey: id), entries[id] == nil else { return }
        let isThere = isOnline(recipient)
        entries[id] = Entry(
            sender: sender, recipient: recipient, acceptedAt: instant, wasOnline: isThere,
            trace: [
                "\(instant) accepted from host \(sender.index) for host \(recipient.index), who is \(isThere ? "online" : "away")"
            ])
        order.append(id)
        let mayFindNoRoom = recipient == victim && !hasHeard(sender, from: recipient, by: instant)
        if copied.contains(recipient) || mayFindNoRoom { letWait(id) }
    }

    /// What was committed when a machine crashed is accepted, though nobody was told.
    private mutating func acceptUntold(_ id: MessageID, at instant: Instant) {
        if submitted[id] != nil { accept(id, at: instant) { _ in false } }
    }

    mutating func record(_ message: SentMessage, at instant: Instant) {
        acceptUntold(message.id, at: instant)
        guard entries[message.id] != nil else { return }
        let buddies = message.of > 0 ? ", \(message.buddies) of \(message.of) buddies" : ""
        entries[message.id]?.trace.append("\(instant) its sender is told: \(message.state)\(buddies)")
        guard message.state == .failed, entries[message.id]?.isFailed == false else { return }
        entries[message.id]?.isFailed = true
        if entries[message.id]?.isExcused == true, entries[message.id]?.receivedAt == nil { excused -= 1 }
        if entries[message.id]?.receivedAt == nil { failed += 1 }
    }

    /// What is in an inbox has been received, though the machine may have crashed before it said so.
    mutating func lookInto(inbox: [IncomingMessage], of host: HostID, at instant: Instant) {
        for message in inbox where entries[message.id]?.shownAt == nil {
            receive(message, at: host, instant)
            entries[message.id]?.isFound = true
        }
    }

    /// `copy`: the second machine of the person at `host`, where it was shown there.
    package mutating func receive(
        _ message: IncomingMessage, at host: HostID, by copy: HostID? = nil, _ instant: Instant
    ) {
        acceptUntold(message.id, at: instant)
        guard let entry = entries[message.id], entry.recipient == host else {
            return violations.append(Violation("Host \(host.index) got a message that nobody wrote to it."))
        }
        if let copy {
            guard entry.shownByCopy != copy else { return recordDuplicate(message.id) }
            entries[message.id]?.shownByCopy = copy
        } else {
            guard entry.shownAt == nil else {
                guard entry.isFound else { return recordDuplicate(message.id) }
                entries[message.id]?.isFound = false
                return
            }
            entries[message.id]?.shownAt = instant
        }
        guard entry.receivedAt == nil else { return }
        entries[message.id]?.receivedAt = instant
        entries[message.id]?.isDirect = message.via == .direct
        entries[message.id]?.trace.append("\(instant) received, \(message.via)")
        if entry.isFailed { failed -= 1 } else if entry.isExcused { excused -= 1 }
        if entry.isLeft { left.delivered += 1 }
        delivered += 1
    }

    func sender(of id: MessageID) -> HostID? { entries[id]?.sender }

    /// How a message came that was received just now: the first time counts.
    mutating func record(_ passage: Passage, of id: MessageID) {
        if entries[id]?.passage == nil { entries[id]?.passage = passage }
    }

    /// Of what was delivered: how it came, by pairs of what people are behind, in the order of `names`.
    func passages(_ names: [String]) -> [PassageFigures] {
        var found: [Int: PassageFigures] = [:]
        for id in order {
            guard let entry = entries[id], let passage = entry.passage, let receivedAt = entry.receivedAt else {
                continue
            }
            let (from, to) = (names[Int(passage.from)], names[Int(passage.to)])
            // A name may stand there twice: as what a scenario says, and for those of whom it says nothing.
            let key = (names.firstIndex(of: from) ?? 0) << 8 | (names.firstIndex(of: to) ?? 0)
            var figures = found[key] ?? PassageFigures(from: from, to: to)
            figures.counts[Int(passage.way.rawValue)] += 1
            if entry.wasOnline { figures.online[Int(passage.way.rawValue)].append(receivedAt - entry.acceptedAt) }
            found[key] = figures
        }
        return found.sorted { $0.key < $1.key }.map { $0.value.sorted }
    }

    /// Its recipient has deleted it: it need not be in the inbox any more, and must not be shown again.
    mutating func recordDeleted(_ id: MessageID, at instant: Instant) {
        entries[id]?.isDeleted = true
        entries[id]?.trace.append("\(instant) deleted by its recipient")
    }

    /// The sender of these messages, all stored, leaves for good. What has arrived by then without their knowing it is
    /// mail like any other.
    mutating func senderLeaves(_ ids: [MessageID], at instant: Instant) {
        for id in ids where entries[id]?.receivedAt == nil {
            guard let entry = entries[id], !entry.isLeft, !entry.isExcused else { continue }
            entries[id]?.isLeft = true
            entries[id]?.trace.append("\(instant) its sender leaves for good")
            left.accepted += 1
        }
    }

    /// Somebody goes back to a copy of their disk. What they had accepted or received since is not there any more.
    /// What came to a second machine of theirs before may have come to this disk later.
    /// `durable`: when a message came to their inbox, whether or not their machine ever said so.
    mutating func recordRestored(
        _ host: HostID, to copiedAt: Instant, at instant: Instant, durable: (MessageID) -> Instant?
    ) {
        for id in order {
            guard let entry = entries[id], !entry.isLeft else { continue }
            let wasAccepted = entry.sender == host && entry.acceptedAt >= copiedAt
            let receivedAt = entry.recipient == host ? entry.shownAt ?? durable(id) : nil
            let wasReceived = receivedAt.map { $0 >= copiedAt } == true
            guard wasAccepted || wasReceived else { continue }
            if !entry.isExcused, entry.receivedAt == nil, !entry.isFailed { excused += 1 }
            entries[id]?.isForgotten = true
            entries[id]?.trace.append("\(instant) forgotten by host \(host.index), who goes back to a copy")
        }
    }

    /// A person lives on two machines from now on. What comes to them may come to either, or wait.
    package mutating func recordCopied(_ host: HostID, at instant: Instant) {
        copied.insert(host)
        for id in order where entries[id]?.recipient == host {
            entries[id]?.trace.append("\(instant) its recipient, host \(host.index), lives on two machines")
            letWait(id)
        }
    }

    private mutating func letWait(_ id: MessageID) {
        guard let entry = entries[id], !entry.mayWait, !entry.isLeft else { return }
        if !entry.isExcused, entry.receivedAt == nil, !entry.isFailed { excused += 1 }
        entries[id]?.mayWait = true
    }

    private mutating func recordDuplicate(_ id: MessageID) {
        if entries[id]?.isForgotten == true { return }
        duplicated += 1
        violations.append(Violation("A message was shown twice.", trace: entries[id]?.trace ?? []))
    }

    /// Compares with what recipients have in their inboxes in the end.
    mutating func compare(inbox: [IncomingMessage], of host: HostID) {
        var seen: Set<MessageID> = []
        for message in inbox where !seen.insert(message.id).inserted { recordDuplicate(message.id) }
        for id in order {
            guard let entry = entries[id], entry.recipient == host, entry.shownAt != nil, !entry.isDeleted,
                !entry.isForgotten, !seen.contains(id)
            else { continue }
            violations.append(Violation("A message that was shown is no longer in the inbox.", trace: entry.trace))
        }
    }

    /// Messages whose outcome is unknown. `standing`: what its sender's machine, and its recipient's, say of it now.
    func unfinished(standing: (MessageID, HostID, HostID) -> [String]) -> [Violation] {
        order.compactMap { id in
            guard let entry = entries[id], entry.receivedAt == nil, !entry.isFailed, !entry.isLeft, !entry.isExcused
            else {
                return nil
            }
            return Violation(
                "A message was accepted, and neither arrived nor was its sender told.",
                trace: entry.trace + standing(id, entry.sender, entry.recipient))
        }
    }

    /// How messages to somebody went.
    func figures(to recipient: HostID) -> VictimsMail {
        var figures = VictimsMail()
        for id in order {
            guard let entry = entries[id], entry.recipient == recipient else { continue }
            let one = DeliveredShare(accepted: 1, delivered: entry.receivedAt == nil ? 0 : 1)
            if hasHeard(entry.sender, from: recipient, by: entry.acceptedAt) {
                figures.ofAccepted = figures.ofAccepted + one
            } else {
                figures.ofOthers = figures.ofOthers + one
            }
        }
        return figures
    }

    /// Whether a message from somebody had arrived at a host by some time.
    private func hasHeard(_ host: HostID, from sender: HostID, by instant: Instant) -> Bool {
        entries.values.contains { entry in
            entry.sender == sender && entry.recipient == host && entry.receivedAt.map { $0 <= instant } == true
        }
    }

    var figures: MessageFigures {
        var figures = MessageFigures()
        (figures.accepted, figures.delivered, figures.duplicated) = (accepted, delivered, duplicated)
        (figures.failed, figures.pending) = (failed, pending)
        figures.leavers = left
        for id in order {
            guard let entry = entries[id], let receivedAt = entry.receivedAt else { continue }
            figures.latencies.append(receivedAt - entry.acceptedAt)
            if entry.wasOnline { figures.latenciesOnline.append(receivedAt - entry.acceptedAt) }
            if entry.isDirect { figures.direct += 1 }
        }
        figures.latencies.sort()
        figures.latenciesOnline.sort()
        return figures
    }
}

extension Instant: CustomStringConvertible {
    public var description: String { "\(sinceOrigin.nanoseconds / 1_000_000) ms" }
}
