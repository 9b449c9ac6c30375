import Basics

/// The way to another node that a session and its requests go over.
///
/// There is one kind. Where another kind would need a decision, code `switch`es over the kinds, or asks for `endpoint`: so
/// adding a kind doesn't compile before each of these places has decided. What is about an address has an `Endpoint`
/// instead: contacts, cookies, limits, hellos.
public enum Path: Hashable, Sendable, BitwiseCopyable {
    /// Datagrams go straight to an endpoint, and come from it.
    case direct(Endpoint)

    /// The address to which what goes over this path is charged, and at which the other side is.
    @inlinable
    public var endpoint: Endpoint {
        switch self {
        case .direct(let endpoint): endpoint
        }
    }
}
