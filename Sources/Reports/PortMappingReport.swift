import Basics

/// Whether the router passes on what comes to the node's port. The names of its properties are those of its JSON.
public struct PortMappingReport: Codable, Hashable, Sendable {
    public enum State: String, Codable, CaseIterable, Sendable {
        /// It is switched off.
        case off
        /// No router is known that could be asked.
        case noRouter = "no-router"
        /// Others reach the node without it.
        case unneeded
        /// The router is being asked.
        case asking
        /// The router has opened a port.
        case open
        /// It has, and its own address is none of the Internet.
        case behindAnother = "behind-another"
        case refused
        /// No protocol is answered.
        case silent
        /// It answered what can't be used.
        case faulty
    }

    public var state: State
    /// How the router was asked: PCP, NAT-PMP or UPnP; nil where it hasn't answered.
    public var via: String?
    /// The endpoint of the router's that leads to the node, as the router says.
    public var endpoint: Endpoint?
    /// Whether third nodes reach the node there; nil while that is open.
    public var confirmed: Bool?
    /// One plain sentence.
    public var message: String

    public init(
        _ state: State, via: String? = nil, endpoint: Endpoint? = nil, confirmed: Bool? = nil, message: String
    ) {
        self.state = state
        self.via = via
        self.endpoint = endpoint
        self.confirmed = confirmed
        self.message = message
    }
}
