/// Where a node takes itself to be, of which it tells each other node what that can't see: its endpoint of the address
/// family over which the two don't speak.
///
/// Nobody believes that before they have dialled it themselves.
public struct OwnEndpoints: Hashable, Sendable {
    /// Where others see this node, as most of them say.
    public var ipv4: Endpoint?
    public var ipv6: Endpoint?
    /// The families over which others don't reach it: of these it says nothing.
    public var hidden: AddressFamilies = []
    /// Addresses of this machine's own with the port that it listens at, those first by which it is best reached.
    public var candidates: [Endpoint] = []

    public init() {}

    /// What to tell somebody who is known at `endpoint`: an endpoint of the other family that means the same to them, or nil.
    ///
    /// What others see comes before what the machine knows of itself: before a NAT only they see what counts.
    public func endpoint(toldTo endpoint: Endpoint) -> Endpoint? {
        let other: AddressFamilies = endpoint.isIPv4 ? .ipv6 : .ipv4
        guard !hidden.contains(other) else { return nil }
        if let observed = endpoint.isIPv4 ? ipv6 : ipv4 { return observed.scope >= endpoint.scope ? observed : nil }
        return candidates.first { $0.family == other && $0.scope >= endpoint.scope }
    }
}
