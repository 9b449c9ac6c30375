/// Whether the router at home is asked to pass on what comes to the node's port.
public enum MappingSetting: String, CaseIterable, Sendable {
    /// Where that is of use: behind a router, on an address that is valid in the local network alone.
    case auto
    case off
}
