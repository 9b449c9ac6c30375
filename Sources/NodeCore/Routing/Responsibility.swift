import Basics
import Kademlia

/// The locations whose mail and records a node keeps: those to which it is among the 1.5 k closest, as far as it knows, those
/// in the smallest subtree around it with k nodes, within which it takes part in repair, and those in whose region it lies:
/// a crowd of Sybils around a location doesn't keep honest nodes from keeping what lies there.
///
/// That is a little more than the k that a sender looks for, as no two nodes know quite the same. It is a server's: a client is
/// responsible for nothing, as the owner couldn't come.
package struct Responsibility {
    private let mode: NodeMode
    private let table: RoutingTable
    private let networkSize: Int?

    /// The range of a node that takes part in this mode and has these contacts. `networkSize`: how many nodes there are, as far
    /// as is known.
    package init(in mode: NodeMode, among table: RoutingTable, networkSize: Int? = nil) {
        self.mode = mode
        self.table = table
        self.networkSize = networkSize
    }

    /// Whether a location lies in it for requesters that come over some of these address families: only contacts that
    /// they can reach as well count.
    package func covers(_ location: Location, over families: AddressFamilies) -> Bool {
        mode == .server
            && (table.isAmongClosest(to: location.bytes, count: table.bucketSize * 3 / 2, families: families)
                || table.own.distance(to: location.bytes).commonPrefixLength >= table.depth(holding: table.bucketSize)
                || isInRegion(of: location))
    }

    private func isInRegion(of location: Location) -> Bool {
        networkSize.flatMap { Region(around: location.bytes, count: table.bucketSize, networkSize: $0) }?
            .contains(table.own) ?? false
    }

    /// The depth of the smallest subtree around this node with k nodes, of which it keeps all that there is; nil for a
    /// client.
    package var depth: Int? { mode == .server ? table.depth(holding: table.bucketSize) : nil }
}
