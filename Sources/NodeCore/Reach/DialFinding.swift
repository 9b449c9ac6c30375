import Basics

/// What is known of an endpoint from dials from the second port.
enum DialFinding: Equatable {
    /// A node with this key answers there. `isUnprompted`: nothing had come from its address lately when it was dialled, so
    /// that strangers reach it.
    case answered(PublicKey, isUnprompted: Bool)
    /// No node answers.
    case silent
    case underWay
    /// It was not dialled lately.
    case unknown
}
