import Basics

/// What a driver knows of the network that this machine is in.
public struct NetworkState: Hashable, Sendable {
    /// The address families in which this machine has a way beyond itself: an address that is valid elsewhere, on an
    /// interface that is up. A node that listens on the loopback alone has the families that it listens in. Empty: the
    /// machine is offline, and what fails says nothing about others.
    public var routes: AddressFamilies
    /// Addresses of this machine's own with the port that the node listens at, those first by which it is best reached:
    /// contacts are told of them, and believe what they reach. Nil where the driver doesn't know: those from before stay.
    public var candidates: [Endpoint]?

    public init(routes: AddressFamilies, candidates: [Endpoint]? = nil) {
        self.routes = routes
        self.candidates = candidates
    }
}
