import Basics
import Cryptography
import NodeCore
import PeerCore

/// Whether what senders are told of their messages is true when they are told, and stays so.
///
/// *Accepted*: it is on their disk. *Stored at n of k*: so many disks had the message's envelope, and a quorum at
/// first. *Collected*, *delivered*: it is on the recipient's disk. *Read*: the recipient has marked it. *Failed*: its time is
/// over, or its sender has cancelled it. No state comes before it is on the sender's own disk, and none follows that
/// takes another back: only what has failed may still turn out to have arrived.
package struct StateCheck {
    private struct Written {
        let sender: HostID
        let from: PeerID
        let to: PeerID
        let text: String
        var acceptedAt: UnixTime?
        var told: MessageState?
        var isCancelled = false
    }

    private var messages: [MessageID: Written] = [:]
    /// In the order in which they were written, so that nothing depends on hashing.
    private var order: [HostID: [MessageID]] = [:]
    /// Whose node has lost news for people with a crash since it wrote: what they hear next need not be the first.
    private var crashed: Set<HostID> = []
    /// People who go on with an older store, or in two places: what was told to one copy binds no other.
    private var exempt: Set<HostID> = []
    /// Whether nodes may lie, so that senders are told of buddies that keep nothing.
    private let toleratesLies: Bool
    /// Whether clocks may be so wrong that they confirm each other, and time is over for all of them at once.
    private let clocksMislead: Bool
    package private(set) var findings = CheckFindings()

    /// By so much the clocks of two nodes may differ that both trust theirs, once at acceptance and once at the end.
    private static let tolerance = 2 * Int64(Limits.clockToleranceSeconds)

    package init(toleratesLies: Bool, clocksMislead: Bool = false) {
        self.toleratesLies = toleratesLies
        self.clocksMislead = clocksMislead
    }

    // MARK: Facts

    package mutating func write(_ id: MessageID, _ text: String, by sender: HostID, from: PeerID, to: PeerID) {
        messages[id] = Written(sender: sender, from: from, to: to, text: text)
        order[sender, default: []].append(id)
    }

    package mutating func cancel(_ id: MessageID) { messages[id]?.isCancelled = true }
    package mutating func crash(_ host: HostID) { crashed.insert(host) }
    package mutating func exempt(_ host: HostID) { exempt.insert(host) }

    // MARK: What people are told

    package mutating func accepted(_ id: MessageID, at host: HostID, _ now: UnixTime, _ disks: PersonDisks) {
        guard let message = messages[id], message.sender == host else {
            return findings.add("Host \(host.index) is told that a message was accepted which it didn't write.")
        }
        if !disks.isAccepted(id, of: message.from) {
            findings.add("Host \(host.index) is told that message \(id) was accepted, and it is not on its disk.")
        }
        if message.acceptedAt == nil { messages[id]?.acceptedAt = now }
    }

    /// `copies`: on how many disks an envelope ever was.
    package mutating func told(
        _ sent: SentMessage, at host: HostID, _ now: UnixTime, _ disks: PersonDisks, copies: (EnvelopeID) -> Int
    ) {
        guard let message = messages[sent.id], message.sender == host else {
            return findings.add("Host \(host.index) is told the state of a message that it didn't write.")
        }
        let what = "Host \(host.index) is told that message \(sent.id) is \(sent.state)"
        if sent.text != message.text || sent.to != message.to {
            findings.add("\(what), with another text or recipient than it wrote.")
        }
        if let before = message.told, !StateCheck.follows(sent.state, before), !exempt.contains(host) {
            findings.add("\(what), after it was told that it is \(before).")
        }
        if disks.state(of: sent.id, of: message.from).map({ !StateCheck.follows($0, sent.state) }) ?? true {
            findings.add("\(what), and its own disk doesn't say so.")
        }
        switch sent.state {
        case .queued: break
        case .stored: checkStored(sent, message, what, disks, copies)
        case .collected, .delivered, .read:
            if disks.received(sent.id, by: message.to) == nil {
                findings.add("\(what), and the recipient's disk never had it.")
            } else if sent.state == .read, !disks.isRead(sent.id, by: message.to) {
                findings.add("\(what), and the recipient hasn't marked it read.")
            }
        case .failed: checkFailed(message, what, now)
        }
        messages[sent.id]?.told = sent.state
    }

    private mutating func checkStored(
        _ sent: SentMessage, _ message: Written, _ what: String, _ disks: PersonDisks, _ copies: (EnvelopeID) -> Int
    ) {
        let most = disks.envelopes(of: sent.id, of: message.from).map(copies).max() ?? 0
        if sent.buddies > most, !toleratesLies {
            findings.add("\(what) at \(sent.buddies) of \(sent.of) buddies, and it was on \(most) disks only.")
        }
        if sent.buddies > sent.of || sent.of > Limits.holdersFound {
            findings.add("\(what) at \(sent.buddies) of \(sent.of) buddies, which can't be.")
        }
        let isFirst = (message.told ?? .queued) == .queued && !crashed.contains(message.sender)
        if isFirst, sent.buddies < min(sent.of, max(3, sent.of / 2 + 1)) || sent.of == 0 {
            findings.add("\(what) at \(sent.buddies) of \(sent.of) buddies, which is no quorum.")
        }
    }

    private mutating func checkFailed(_ message: Written, _ what: String, _ now: UnixTime) {
        guard !message.isCancelled, !clocksMislead, let acceptedAt = message.acceptedAt else { return }
        let end = acceptedAt.day.advanced(by: Limits.envelopeDays + 1).start.advanced(bySeconds: -StateCheck.tolerance)
        if now < end { findings.add("\(what), and its time is not over, nor was it cancelled.") }
    }

    /// What the person's side says when it is asked must not be behind what the person was told.
    package mutating func compare(_ listed: [SentMessage], at host: HostID) {
        guard !exempt.contains(host), let mine = order[host] else { return }
        var states: [MessageID: MessageState] = [:]
        for message in listed { states[message.id] = message.state }
        for id in mine {
            guard let message = messages[id], message.acceptedAt != nil else { continue }
            guard let state = states[id] else {
                findings.add("Host \(host.index) sees message \(id) no more, which was accepted.")
                continue
            }
            if let told = message.told, !StateCheck.follows(state, told) {
                findings.add("Host \(host.index) sees message \(id) as \(state), and was told that it is \(told).")
            }
        }
    }

    /// Whether a state may be said after another.
    private static func follows(_ state: MessageState, _ before: MessageState) -> Bool {
        switch before {
        case .queued, .stored, .collected: state >= before
        case .delivered: state == .delivered || state == .read
        case .read: state == .read
        case .failed: state == .failed || state == .delivered || state == .read
        }
    }
}
