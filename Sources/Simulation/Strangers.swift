import Basics

/// Mail that strangers offer to one person's mailbox, spread evenly over the duration.
///
/// Relaying nodes, drawn by chance, bring it. Its senders aren't accepted by anybody, and nobody can open it.
public struct Strangers: Hashable, Sendable {
    /// 1…`Scenario.maximumCount`.
    public var envelopes: Int
    /// Bytes of each: one of `Limits.sizeClasses`.
    public var size: Int

    public init(envelopes: Int, size: Int = Limits.sizeClasses[0]) {
        self.envelopes = envelopes
        self.size = size
    }

    /// What is wrong with them, as a sentence for a person; nil where they can be.
    var problem: String? {
        if !(1...Scenario.maximumCount).contains(envelopes) {
            return "strangers.envelopes is a number from 1 to \(Scenario.maximumCount), not \(envelopes)."
        }
        if !Limits.sizeClasses.contains(size) {
            let sizes = Limits.sizeClasses.map(String.init).joined(separator: ", ")
            return "strangers.size is one of \(sizes), not \(size)."
        }
        return nil
    }
}
