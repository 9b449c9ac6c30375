import Basics

/// What is known of an endpoint from dials from the second port.
enum DialFinding: Equatable {
    /// Whoever has this key answers there.
    case answered(PublicKey)
    /// Nobody answers.
    case silent
    case underWay
    /// It was not dialled lately.
    case unknown
}
