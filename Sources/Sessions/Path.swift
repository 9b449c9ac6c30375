import Basics

/// The way to another node, over which a session and its requests are sent.
///
/// There is one kind. Where another kind would need a decision, code `switch`es over the kinds, or asks for `endpoint`:
/// so after adding a kind, the code doesn't compile until each of these places has decided. What concerns only an
/// address has an `Endpoint` instead: contacts, cookies, limits, hellos.
public enum Path: Hashable, Sendable, BitwiseCopyable {
    /// Datagrams go straight to an endpoint, and come from it.
    case direct(Endpoint)

    /// The address of the other side, to which everything sent over this path is charged.
    @inlinable
    public var endpoint: Endpoint {
        switch self {
        case .direct(let endpoint): endpoint
        }
    }
}
