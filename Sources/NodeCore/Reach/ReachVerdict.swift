/// The node whose reach third nodes are asked about.
enum ReachSubject: Equatable {
    /// A node that answered us, but perhaps only because it had contacted us. One third node that reaches it is enough:
    /// a lie about that lets in one contact that later checks remove.
    case newcomer
    /// This node. A majority must reach it.
    case own
}

/// What third nodes say about whether they reach a node.
enum ReachVerdict {
    case reached
    case denied
    /// Too few third nodes said anything.
    case undecided
}
