import Basics

extension PortMapper {
    /// Where the router is, and what it is to be asked for.
    public struct Place: Hashable, Sendable {
        /// The router's address in this network; its port is 0.
        public let gateway: Endpoint
        /// This machine's own address there, with the port that the node listens at.
        public let inner: Endpoint

        public init(gateway: Endpoint, inner: Endpoint) {
            self.gateway = gateway.with(port: 0)
            self.inner = inner
        }
    }
}
