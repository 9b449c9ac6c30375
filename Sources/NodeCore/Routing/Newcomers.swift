import Basics

/// Nodes on their way into the routing table, and nodes that are kept out of it for a while.
package struct Newcomers: Sendable {
    /// Nodes about which third nodes are being asked.
    private var underWay: [(node: NodeID, block: Account)] = []
    /// Nodes that no third node could confirm, oldest first.
    private var barred: [(node: NodeID, until: Instant)] = []
    /// Nodes let in while there was hardly a third node to ask: to be confirmed once there is.
    private(set) var provisional: [NodeID] = []

    package init() {}

    func isBarred(_ node: NodeID, now: Instant) -> Bool {
        underWay.contains { $0.node == node } || barred.contains { $0.node == node && $0.until > now }
    }

    /// Third nodes are asked about a node. Returns false if no confirmation may start now: too many are under way, of nodes in its
    /// address block or in all.
    package mutating func begin(_ node: NodeID, at endpoint: Endpoint, now: Instant) -> Bool {
        let block = Account.block(of: endpoint)
        guard underWay.count < Limits.confirmations,
            underWay.count(where: { $0.block == block }) < Limits.confirmationsOfBlock, !isBarred(node, now: now)
        else { return false }
        underWay.append((node, block))
        return true
    }

    /// They have been asked.
    mutating func end(_ node: NodeID, _ verdict: ReachVerdict, now: Instant) {
        underWay.removeAll { $0.node == node }
        barred.removeAll { $0.node == node }
        switch verdict {
        case .reached: provisional.removeAll { $0 == node }
        case .denied:
            provisional.removeAll { $0 == node }
            bar(node, until: now + Limits.unconfirmedTime)
        case .undecided: bar(node, until: now + Limits.unconfirmedTimeBusy)
        }
    }

    private mutating func bar(_ node: NodeID, until: Instant) {
        if barred.count >= Limits.unconfirmedNodes { barred.removeFirst() }
        barred.append((node, until))
    }

    /// A node was let in without a third node's word, into a small table: `isHeld` tells which nodes are still there.
    mutating func admitProvisionally(_ node: NodeID, isHeld: (NodeID) -> Bool) {
        provisional.removeAll { $0 == node || !isHeld($0) }
        provisional.append(node)
    }

    /// A node is no server any more, or has left the table: nothing is held for or against it.
    mutating func forget(_ node: NodeID) {
        provisional.removeAll { $0 == node }
        barred.removeAll { $0.node == node }
    }
}
