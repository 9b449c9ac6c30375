import Basics

/// What stands in front of one host and lets in only what it has asked for, without changing addresses.
final class Firewall {
    private var table: NATTable

    /// Nil where it would let in everything.
    init?(_ kind: NATKind) {
        guard kind.filtering != .none else { return nil }
        table = NATTable(kind, address: Endpoint(high: 0, low: 0, port: 0), seed: 0)
    }

    var kind: NATKind { table.kind }

    func recordSent(from socket: VirtualSocket, to remote: Endpoint, at time: Instant) {
        _ = table.send(from: Firewall.place(of: socket), to: remote, at: time)
    }

    func admits(from remote: Endpoint, to socket: VirtualSocket, at time: Instant) -> Bool {
        table.receive(at: Firewall.place(of: socket), from: remote, at: time) != nil
    }

    /// It forgets whom the host has sent to.
    func forget() { table.forget() }

    /// The table looks at no more than that two sockets are different ones.
    private static func place(of socket: VirtualSocket) -> Endpoint {
        Endpoint(high: 0, low: UInt64(socket.rawValue), port: 0)
    }
}
