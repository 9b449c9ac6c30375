import Basics
import NIOCore

/// The path by which a datagram arrived, and by which answers to its sender leave.
package struct ReturnPath: Hashable, Sendable {
    /// The index of the socket.
    package let socket: Int
    /// The address of this machine that the datagram was sent to, where the socket has several; its port means nothing.
    package let source: Endpoint?

    package init(socket: Int, source: Endpoint?) {
        self.socket = socket
        self.source = source
    }
}

/// Remembers by which of this machine's addresses other nodes know this node.
///
/// A session is between two addresses: a node that wrote to one of ours follows us to another after a round trip, or not at
/// all. The system would
/// choose the source by its routes, so a machine with several addresses has to remember. When the machine loses an
/// address, the address is forgotten with all paths by it: the system refuses to send from there.
///
/// An address may stay and lead nowhere: a VPN takes the default route, and what still comes to the address from before
/// would be answered from there into the VPN, which carries nothing from a foreign address. So an address that the system
/// chose before a change, and doesn't choose since, is superseded: what comes to it is answered by the system's choice,
/// which for neighbours on its own link is the same address.
package struct ReturnPaths: Sendable {
    private struct Entry {
        let path: ReturnPath
        var heardAt: NIODeadline
    }

    /// Two generations: when the recent one is full it becomes the older one, which is forgotten.
    private var recent: [Endpoint: Entry] = [:]
    private var older: [Endpoint: Entry] = [:]

    /// Addresses of this machine that the system sends from to everywhere.
    private var chosen: [Endpoint] = []
    /// Those that it sent from before, the latest last.
    private var superseded: [Endpoint] = []
    /// More than a machine has networks.
    private static let mostSuperseded = 8

    /// While a path is in use, a datagram that came by another doesn't change it: its source address may be forged.
    private static let patience = TimeAmount.seconds(30)

    package init() {}

    /// The path by which `endpoint` was last heard, where it is remembered.
    package subscript(endpoint: Endpoint) -> ReturnPath? { (recent[endpoint] ?? older[endpoint])?.path }

    /// A datagram came from `endpoint` by `path`.
    package mutating func record(_ endpoint: Endpoint, _ path: ReturnPath, now: NIODeadline) {
        if let source = path.source, superseded.contains(source.with(port: 0)) { return }
        if let known = recent[endpoint] ?? older[endpoint], known.path != path,
            now - known.heardAt < ReturnPaths.patience
        {
            return
        }
        if recent.count >= Limits.returnPaths, recent[endpoint] == nil {
            swap(&older, &recent)
            recent.removeAll(keepingCapacity: true)
        }
        recent[endpoint] = Entry(path: path, heardAt: now)
    }

    /// The path to an endpoint no longer works.
    package mutating func forget(_ endpoint: Endpoint) {
        recent[endpoint] = nil
        older[endpoint] = nil
    }

    /// This machine seems to have lost an address: no answers are sent from there.
    package mutating func forget(source: Endpoint) {
        let address = source.with(port: 0)
        recent = recent.filter { $0.value.path.source?.with(port: 0) != address }
        older = older.filter { $0.value.path.source?.with(port: 0) != address }
    }

    /// This machine's addresses or routes have changed: the system chooses again.
    ///
    /// - Parameter addresses: those that the system now sends from to everywhere, at most one of each family.
    package mutating func networkChanged(chosen addresses: [Endpoint]) {
        recent.removeAll(keepingCapacity: true)
        older.removeAll()
        let addresses = addresses.map { $0.with(port: 0) }
        superseded = (superseded + chosen.filter { !superseded.contains($0) }).filter { !addresses.contains($0) }
        superseded.removeFirst(max(0, superseded.count - ReturnPaths.mostSuperseded))
        // If a family has no route out, the address chosen before remains the one for it.
        chosen = addresses + chosen.filter { old in !addresses.contains { $0.isIPv4 == old.isIPv4 } }
        superseded.removeAll { chosen.contains($0) }
    }
}
