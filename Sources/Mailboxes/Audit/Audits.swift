import Basics
import Wire

/// Which nodes are asked, and when, whether they keep what they claimed to this node; and which are left out as they don't.
///
/// A node claims an envelope by acknowledging it, or in a comparison in which it isn't among the differences. What is left
/// out is decided by `Doubts`. It is this node's own experience: it is told to nobody, and what others say changes nothing.
public struct Audits: Sendable {
    /// `seed` decides what is asked for: nobody else may know it.
    public init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    private var random: SeededGenerator

    private struct Question: Sendable {
        let node: Contact
        let item: ItemKey
        var at: Instant
        /// Answers without a finding.
        var failures = 0
    }

    private var questions: [Question] = []
    /// The one that was put and isn't answered.
    private var underWay: Question?
    /// What was answered to it, until that is looked at.
    private var answer: (audit: Audit, response: Response?)?
    private var doubts = Doubts()
    private var left: [(node: NodeID, until: Instant)] = []
    /// To whom something was brought last, and how many envelopes.
    private var brought: (node: NodeID, count: UInt64)?

    // MARK: Claims

    /// A node has said in a comparison that it keeps these envelopes, which this node had before.
    public mutating func observeClaims(of items: [ItemKey], by node: Contact, now: Instant) {
        for item in items { ask(node, for: item, at: now) }
    }

    /// A node has acknowledged an envelope that this node brought it. Of many, some by chance are asked for.
    public mutating func observeBrought(
        _ envelope: (item: ItemKey, to: Contact)?, now: Instant
    ) {
        guard let (item, node) = envelope else { return }
        let count = brought?.node == node.id ? (brought?.count ?? 0) + 1 : 1
        brought = (node.id, count)
        let waiting = questions.indices.filter { questions[$0].node.id == node.id && now < questions[$0].at }
        let place = Int(random.next() % count)
        guard waiting.count >= Limits.auditsPerRound else {
            return ask(node, for: item, at: now + Limits.auditDelay)
        }
        guard place < Limits.auditsPerRound, !isDoubted(waiting[place]) else { return }
        questions.remove(at: waiting[place])
        ask(node, for: item, at: now + Limits.auditDelay)
    }

    private func isDoubted(_ index: Int) -> Bool {
        doubts.contains(questions[index].node.id, for: questions[index].item.envelope)
    }

    private mutating func ask(_ node: Contact, for item: ItemKey, at instant: Instant) {
        let isKnown = questions.contains { $0.node.id == node.id && $0.item == item }
        guard !isKnown, !isLeftOut(node.id), questions.count < Limits.auditsWaiting else { return }
        questions.append(Question(node: node, item: item, at: instant))
    }

    /// Decides which envelopes are drawn before a comparison.
    public mutating func nextSeed() -> UInt64 { random.next() }

    // MARK: Questions

    /// When the next question is to be put, an answer is to be looked at, or a node is to be counted again; nil while a
    /// question waits for its answer.
    public var due: Instant? {
        guard underWay == nil else { return answer.map { _ in .origin } }
        let next = questions.lazy.map(\.at).min()
        guard let end = left.first?.until else { return next }
        return next.map { min($0, end) } ?? end
    }

    /// The question to be put now; nil where there is none. Its outcome must be told.
    public mutating func next(now: Instant) -> (node: Contact, item: ItemKey)? {
        left.removeAll { $0.until <= now }
        guard underWay == nil, let index = questions.indices.min(by: { questions[$0].at < questions[$1].at }),
            questions[index].at <= now
        else { return nil }
        let question = questions.remove(at: index)
        underWay = question
        return (question.node, question.item)
    }

    /// The question that was put is over; without a response where no answer came.
    public mutating func observe(_ response: Response?, to audit: Audit) { answer = (audit, response) }

    /// An answer to be looked at, and of whom it is. What it says must be told.
    public mutating func nextAnswer() -> (audit: Audit, response: Response?, node: Contact)? {
        defer { answer = nil }
        guard let answer, let question = underWay else { return nil }
        return (answer.audit, answer.response, question.node)
    }

    /// This node can't ask fairly any more: it doesn't hold the envelope, or that is about to expire.
    public mutating func observeGone() {
        guard let question = underWay else { return }
        underWay = nil
        doubts.forget(question.item.envelope, in: question.item.location)
        questions.removeAll { $0.item == question.item }
    }

    /// What is to be done after an answer was looked at.
    public enum Directive: Equatable, Sendable {
        case nothing
        /// Bring the node this again.
        case bringAgain(ItemKey, to: Contact)
        /// The node is left out from now on.
        case leftOut
    }

    /// A question was answered, or got no answer. `patience`: how long a tombstone may take to come round.
    public mutating func observe(
        _ finding: Audit.Finding, of audit: Audit, patience: Duration, now: Instant
    ) -> Directive {
        guard var question = underWay else { return .nothing }
        underWay = nil
        let judgement = doubts.observe(finding, of: audit, now: now)
        switch judgement {
        case .none:
            guard finding == .unclear, doubts.contains(audit.node, for: audit.envelope) else { return .nothing }
            question.failures += 1
            guard question.failures < Limits.auditTries else {
                doubts.forget(audit.node, for: audit.envelope)
                return .nothing
            }
            question.at = now + patience
            questions.append(question)
            return .nothing
        case .bringAgain: return .bringAgain(question.item, to: question.node)
        case .askAgain(let instant):
            question.at = instant
            questions.append(question)
            return .nothing
        case .unfaithful:
            leaveOut(audit.node, now: now)
            return .leftOut
        }
    }

    /// What became of something that a doubted node was to be brought again.
    public mutating func observeBroughtAgain(
        _ envelope: (item: ItemKey, to: Contact), isKept: Bool, patience: Duration, now: Instant
    ) {
        let (item, node) = envelope
        guard isKept,
            let instant = doubts.observeBrought(item.envelope, to: node.id, patience: patience, now: now)
        else { return doubts.forget(node.id, for: item.envelope) }
        ask(node, for: item, at: instant)
    }

    // MARK: Who is left out

    private mutating func leaveOut(_ node: NodeID, now: Instant) {
        questions.removeAll { $0.node.id == node }
        if left.count >= Limits.nodesLeftOut { left.removeFirst() }
        left.append((node, now + Limits.leftOutFor))
    }

    /// Whether a node isn't counted as a keeper.
    public func isLeftOut(_ node: NodeID) -> Bool { left.contains { $0.node == node } }

    /// The nodes that aren't counted as keepers, in the order in which they were found.
    public var leftOut: [NodeID] { left.map(\.node) }

    /// Traps where something that holds between any two calls doesn't. For tests.
    package func checkInvariants() {
        precondition(questions.count <= Limits.auditsWaiting + 1 && left.count <= Limits.nodesLeftOut)
    }
}
