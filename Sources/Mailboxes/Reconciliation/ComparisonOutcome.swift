import Wire

/// What a node answers to another's request to compare what both keep.
public enum ComparisonOutcome: Hashable, Sendable {
    /// The ranges of the answer.
    case ranges([UInt8])
    /// This node keeps all that there is only in a smaller subtree, of this depth: compare that.
    case narrower(depth: Int)
    /// The asker isn't in this node's subtree; or its clock seems to be wrong, or this one's.
    case refused(RefusalReason)
}
