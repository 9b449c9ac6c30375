/// The endpoints that a node believes to be its own. It tells each other node the one that the other can't observe: the
/// endpoint of the address family over which the two don't communicate.
///
/// It is a claim: the receiver uses it only after it has dialled that endpoint successfully.
public struct OwnEndpoints: Hashable, Sendable {
    /// The endpoint at which most other nodes see this node.
    public var ipv4: Endpoint?
    public var ipv6: Endpoint?
    /// The families over which others don't reach it: it states no endpoint of these.
    public var hidden: AddressFamilies = []
    /// The machine's own addresses with the port that it listens at, those at which it is reached best first.
    public var candidates: [Endpoint] = []

    public init() {}

    /// The endpoint to state to the node at `endpoint`: one of the other family that is valid in that node's scope, or
    /// nil.
    ///
    /// What others observe is preferred to the machine's own addresses: behind a NAT only others see the public
    /// endpoint.
    public func endpoint(toldTo endpoint: Endpoint) -> Endpoint? {
        let other: AddressFamilies = endpoint.isIPv4 ? .ipv6 : .ipv4
        guard !hidden.contains(other) else { return nil }
        if let observed = endpoint.isIPv4 ? ipv6 : ipv4 { return observed.scope >= endpoint.scope ? observed : nil }
        return candidates.first { $0.family == other && $0.scope >= endpoint.scope }
    }
}
