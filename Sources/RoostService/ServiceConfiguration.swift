@_exported import Basics

/// What a node needs to know to run.
public struct ServiceConfiguration: Hashable, Sendable {
    /// The directory of its keys, its mail and its store; made at first use with mode 0700.
    public var dataDirectory: String
    /// Where to listen for datagrams; port 0 takes any free port. The unspecified address listens on every interface.
    public var listen: [Endpoint]
    /// Nodes through which to join. Not needed where the node knows others from an earlier run.
    public var bootstrap: [BootstrapAddress]
    /// Lists of such nodes in the DNS.
    public var bootstrapLists: [BootstrapList]
    /// The network's name: nodes of different networks don't hear each other.
    public var network: String
    /// Who may read in this person's record where their node is reached.
    public var endpointReaders: EndpointReaders
    /// Whether the router at home is asked to pass on what comes to the node's port.
    public var portMapping: MappingSetting
    /// Whether nodes of the same local network find each other by themselves. A node that listens on the loopback alone says and
    /// hears nothing there.
    public var localDiscovery: Bool
    /// Whether others hear what this person has read, from the start on; nil: as it was chosen last, which is yes at first.
    public var tellsOfReading: Bool?
    /// How often the node may wake this machine for its person's mail.
    public var power: PowerSetting

    /// Every interface, over IPv4 and IPv6, at the port of Roost.
    public static let defaultListen = [
        Endpoint(ipv4: 0, port: 7_337), Endpoint(high: 0, low: 0, port: 7_337),
    ]

    public init(
        dataDirectory: String, listen: [Endpoint] = defaultListen, bootstrap: [BootstrapAddress] = [],
        network: String = "main", endpointReaders: EndpointReaders = .accepted,
        portMapping: MappingSetting = .auto, localDiscovery: Bool = true,
        bootstrapLists: [BootstrapList] = [], tellsOfReading: Bool? = nil,
        power: PowerSetting = .normal
    ) {
        self.dataDirectory = dataDirectory
        self.listen = listen
        self.bootstrap = bootstrap
        self.network = network
        self.endpointReaders = endpointReaders
        self.portMapping = portMapping
        self.localDiscovery = localDiscovery
        self.bootstrapLists = bootstrapLists
        self.tellsOfReading = tellsOfReading
        self.power = power
    }
}
