import Basics

/// The node whose reach third nodes are asked about.
enum ReachSubject: Equatable {
    /// A node that answered us, but perhaps only because it had contacted us. One third node that reaches it is enough:
    /// a lie about that lets in one contact that later checks remove.
    case newcomer
    /// This node. A majority must reach it. `isOpen`: it doesn't know yet whether it is reached.
    case own(isOpen: Bool)
    /// A node that asks about itself, and that we reach, but perhaps only because it has contacted us: the first node that it
    /// hasn't contacted decides.
    case asker

    var isOwn: Bool { if case .own = self { true } else { false } }

    /// Third nodes that may be asked.
    var confirmers: Int { self == .own(isOpen: true) ? Limits.confirmersAtFirst : Limits.confirmers }
}

/// What third nodes say about whether they reach a node.
enum ReachVerdict: Equatable {
    case reached
    /// `isFirm`: so many that it is no chance.
    case denied(isFirm: Bool)
    /// Too few third nodes said anything.
    case undecided

    var isDenial: Bool { if case .denied = self { true } else { false } }
}
