import Basics
import Kademlia

/// Which nodes may enter the routing table: servers that have answered and that a third node has reached by a dial of its
/// own. A node behind a NAT that has contacted this one answers through the hole that it made itself; if it were named to
/// others, it would only cost them time.
///
/// While few servers are known there is hardly a third node to ask. Then a node enters once it has answered, and is
/// confirmed when there are more.
struct Admission {
    private var newcomers = Newcomers()

    /// Whether so many servers are known that third nodes can be asked.
    func hasThirdNodes(in table: RoutingTable) -> Bool { table.count >= Limits.serversBeforeConfirmation }

    /// A server that isn't in the table has shown that it is where it says. It may enter once it answers a request of
    /// ours or a third node's (Kademlia, §2.2; admission only after an answer keeps spoofed contacts out).
    /// `isChecked`: whether it is being asked, or too many others are.
    mutating func observeSender(
        _ contact: Contact, at endpoint: Endpoint, in table: RoutingTable, now: Now, isChecked: () -> Bool
    ) -> RoutingDirective {
        guard table.hasRoom(for: contact), !isChecked(), !newcomers.isBarred(contact.id, now: now.monotonic) else {
            return .nothing
        }
        // It has shown that it is there; third nodes say whether others reach it.
        return hasThirdNodes(in: table) ? confirm(contact, at: endpoint, in: table, now: now) : .ping(contact)
    }

    /// Third nodes are to be asked whether they reach a node, unless that is under way or was denied lately.
    mutating func confirm(
        _ contact: Contact, at endpoint: Endpoint, in table: RoutingTable, now: Now
    ) -> RoutingDirective {
        guard table.contact(contact.id) != nil || table.hasRoom(for: contact),
            newcomers.begin(contact.id, at: endpoint, now: now.monotonic)
        else { return .nothing }
        return .confirm(contact, at: endpoint)
    }

    /// Live contacts that are to dial an endpoint, where a node is said to be. `own`: where this node is over that family.
    func confirmers(
        of subject: NodeID, _ role: ReachSubject, at endpoint: Endpoint, own: Endpoint?, in table: RoutingTable,
        hasSession: (NodeID) -> Bool, _ turn: inout Turn
    ) -> [Contact] {
        var random = SeededGenerator(seed: turn.randomness.next())
        let choice = ConfirmerChoice(
            subject: subject, endpoint: endpoint, own: own, provisional: newcomers.provisional)
        return choice.choose(among: table, as: role, by: &random, hasSession: hasSession)
    }

    /// Third nodes have said what they could of a node, or could not be asked. True if it may enter.
    mutating func observe(
        _ verdict: ReachVerdict, of subject: NodeID, at endpoint: Endpoint, in table: inout RoutingTable, now: Now
    ) -> Bool {
        newcomers.end(subject, verdict, now: now.monotonic)
        // What is known of its other address family stands.
        if verdict.isDenial, table.contact(subject)?.endpoint(in: endpoint.family) != nil { table.remove(subject) }
        return verdict == .reached
    }

    /// There is no third node to ask about a node that has answered. True if it may enter all the same.
    mutating func admitsProvisionally(_ node: NodeID, to table: RoutingTable, now: Now) -> Bool {
        guard !newcomers.isBarred(node, now: now.monotonic) else { return false }
        newcomers.admitProvisionally(node) { table.contact($0) != nil }
        return true
    }

    /// The nodes that were let in while the network seemed small, if it isn't small any more.
    func unconfirmed(in table: RoutingTable) -> [NodeID] { hasThirdNodes(in: table) ? newcomers.provisional : [] }

    /// Whether a node was let in without a third node's word.
    func isProvisional(_ node: NodeID) -> Bool { newcomers.provisional.contains(node) }

    /// A node is no server any more, or has left the table: nothing is held for or against it.
    mutating func forget(_ node: NodeID) { newcomers.forget(node) }
}
