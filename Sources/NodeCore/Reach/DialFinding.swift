import Basics

/// What is known of an endpoint from dials from the second port.
enum DialFinding: Equatable {
    /// A node with this key answers there.
    case answered(PublicKey)
    /// No node answers.
    case silent
    case underWay
    /// It was not dialled lately.
    case unknown
}
