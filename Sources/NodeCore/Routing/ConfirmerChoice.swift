import Basics
import Kademlia

/// Which third nodes are asked to dial a node: live contacts drawn at random. Those of another owner than the
/// endpoint's and ours come first, then those with whom no handshake is needed.
struct ConfirmerChoice {
    /// The node whose reach they are asked about, and where it is said to be.
    let subject: NodeID
    let endpoint: Endpoint
    /// Where this node is itself, over the same family.
    let own: Endpoint?
    /// Those in the table whom no third node has confirmed.
    let provisional: [NodeID]

    /// Contacts of whom the most suitable are asked: enough that some have a session and are of another block.
    private static let candidates = 32
    /// Neighbours of a newcomer of whom the best is asked: those beyond hardly know more of it than any other node.
    private static let neighbours = 8

    /// About a newcomer the best of its neighbours known here is asked before those at random: it has most likely met it, and
    /// need not dial. Only one, so that nodes clustered around an ID can't block its admission.
    func choose(
        among table: RoutingTable, as role: ReachSubject, by random: inout SeededGenerator, hasSession: (NodeID) -> Bool
    ) -> [Contact] {
        var chosen: [Contact] = []
        if role == .newcomer {
            let neighbours = table.closest(
                to: subject.bytes, count: ConfirmerChoice.neighbours, families: endpoint.family, excluding: subject,
                onlyAlive: true)
            chosen = best(1, of: neighbours, besides: [], areStrangers: false, hasSession)
        }
        let candidates = table.sample(
            ConfirmerChoice.candidates, in: endpoint.family, besides: subject, by: &random)
        return chosen
            + best(
                role.confirmers - chosen.count, of: candidates, besides: chosen, areStrangers: role == .asker,
                hasSession)
    }

    /// The most suitable to dial: the first where several are. `areStrangers`: those that the subject has hardly met.
    private func best(
        _ count: Int, of candidates: [Contact], besides chosen: [Contact], areStrangers: Bool,
        _ hasSession: (NodeID) -> Bool
    ) -> [Contact] {
        let involved = [endpoint, own].compactMap { $0.map(Account.block) }
        var suitable: [Contact] = []
        var others: [(rank: Int, contact: Contact)] = []
        for (order, contact) in candidates.enumerated() where suitable.count < count {
            guard let place = contact.endpoint(in: endpoint.family), !chosen.contains(where: { $0.id == contact.id })
            else { continue }
            var rank = 0
            if !hasSession(contact.id) { rank |= 1 << 8 }
            // A node knows most of those near it, and few in the other half of the keyspace.
            if areStrangers, contact.id.distance(to: subject.bytes).commonPrefixLength > 0 { rank |= 1 << 9 }
            if provisional.contains(contact.id) { rank |= 1 << 10 }
            if involved.contains(Account.block(of: place)) { rank |= 1 << 11 }
            if rank == 0 { suitable.append(contact) } else { others.append((rank | order, contact)) }
        }
        guard suitable.count < count else { return suitable }
        let next = others.sorted { $0.rank < $1.rank }.prefix(count - suitable.count)
        return suitable + next.map(\.contact)
    }
}
