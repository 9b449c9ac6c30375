import Basics

extension Lookup {
    /// What to do next.
    public enum Step: Equatable, Sendable {
        /// Ask this contact for the nodes closest to the target, then call `next` again.
        case ask(Contact)
        /// Nothing until an outcome is reported.
        case wait
        /// All of `closest` have answered. Final: later reports change nothing.
        case finished
    }
}

/// A node that answered a lookup.
public struct LookupEntry: Hashable, Sendable {
    public let contact: Contact
    public let roundTrip: Duration
}
