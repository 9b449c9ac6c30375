import Basics

/// At what addresses of this machine's own others may reach a node: where its sockets are bound or, where they listen at
/// every address, those of the interfaces. Whether anybody does reach it there, they find out.
enum OwnAddresses {
    /// Of a machine with more, those in a wider scope come first.
    private static let most = 8

    /// - Parameters:
    ///   - bound: where the sockets are bound.
    ///   - interfaces: the addresses of the machine's interfaces; their ports mean nothing.
    static func candidates(bound: [Endpoint], interfaces: [Endpoint]) -> [Endpoint] {
        var candidates: [Endpoint] = []
        for socket in bound {
            let isEverywhere = socket.ipv4 == 0 || (socket.high == 0 && socket.low == 0)
            let found = isEverywhere ? interfaces.filter { $0.isIPv4 == socket.isIPv4 } : [socket]
            for address in found.map({ $0.with(port: socket.port) }) where address.isUsable {
                if !candidates.contains(address) { candidates.append(address) }
            }
        }
        let scopes: [AddressScope] = [.world, .site, .machine]
        return Array(scopes.flatMap { scope in candidates.filter { $0.scope == scope } }.prefix(most))
    }
}
