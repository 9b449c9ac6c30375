/// Whose reach third nodes are asked about.
enum ReachSubject: Equatable {
    /// Somebody who answered us, but perhaps only because it had contacted us. One third node that reaches it is enough: who
    /// lies about that lets in one contact that later checks remove.
    case newcomer
    /// This node. A majority must reach it.
    case own
}

/// What third nodes say about whether they reach somebody.
enum ReachVerdict {
    case reached
    case denied
    /// Too few third nodes said anything.
    case undecided
}
