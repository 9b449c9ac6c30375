import Basics
import NIOCore

/// The way a datagram came in by, and answers to its sender leave by.
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

/// By which of this machine's addresses others know this node.
///
/// A session lies between two addresses: who wrote to one of ours drops what comes from another. The system would choose
/// by its routes, so a machine with several addresses has to remember. An address that the machine loses is forgotten with
/// all paths by it: the system refuses to send from there.
package struct ReturnPaths: Sendable {
    private struct Entry {
        let path: ReturnPath
        var heardAt: NIODeadline
    }

    /// Two generations: when the recent one is full it becomes the older one, which is forgotten.
    private var recent: [Endpoint: Entry] = [:]
    private var older: [Endpoint: Entry] = [:]

    /// While a path is in use, a datagram that came by another doesn't change it: its sender may be somebody else's
    /// invention.
    private static let patience = TimeAmount.seconds(30)

    package init() {}

    /// The path by which `endpoint` was last heard, where it is remembered.
    package subscript(endpoint: Endpoint) -> ReturnPath? { (recent[endpoint] ?? older[endpoint])?.path }

    /// A datagram came from `endpoint` by `path`.
    package mutating func note(_ endpoint: Endpoint, _ path: ReturnPath, now: NIODeadline) {
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

    /// The path to somebody leads nowhere any more.
    package mutating func forget(_ endpoint: Endpoint) {
        recent[endpoint] = nil
        older[endpoint] = nil
    }

    /// This machine has an address no more, as far as can be told: nobody is answered from there.
    package mutating func forget(source: Endpoint) {
        let address = source.with(port: 0)
        recent = recent.filter { $0.value.path.source?.with(port: 0) != address }
        older = older.filter { $0.value.path.source?.with(port: 0) != address }
    }

    /// This machine's addresses or routes are others than they were: the system chooses anew.
    package mutating func removeAll() {
        recent.removeAll(keepingCapacity: true)
        older.removeAll()
    }
}
