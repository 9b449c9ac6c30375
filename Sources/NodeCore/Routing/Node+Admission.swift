import Basics
import Kademlia
import Sessions

// Who enters the routing table: servers that have answered, and that a third node has reached by a dial of its own. A node
// behind a NAT that has contacted this one answers it through the hole that it made itself; named to others it would only
// cost them time.
extension Node {
    /// A server that has shown that it is where it says may enter the routing table, once it answers a request of ours or a
    /// third node's (Kademlia, §2.2; admission only after an answer keeps spoofed contacts out).
    mutating func considerSender(of session: SessionID, now: Now, into outbox: inout Outbox) {
        guard let info = sessions.info(session), info.isProven, info.identity == .node, info.remoteID != id else {
            return
        }
        guard info.remoteMode == .server else { return retire(info.remoteID) }
        let contact = Contact(id: info.remoteID, key: info.remoteKey, endpoint: info.endpoint)
        // Who asks from where it is known, and where we reached it, lives: of two that check each other, one need not.
        guard !table.knows(info.remoteID, at: info.endpoint) else {
            if info.isInitiator { admit(contact, roundTrip: nil, hasAsked: true, now: now, into: &outbox) }
            return
        }
        guard !isKnownOverOther(info) else { return dialLater(info, now: now) }
        guard table.hasRoom(for: contact),
            checks < Node.checksAtOnce, !isChecking(info.remoteID),
            !newcomers.isBarred(info.remoteID, now: now.monotonic)
        else { return }
        // That it is there it has shown; whether others reach it, third nodes say.
        if hasThirdNodes { return confirm(contact, at: info.endpoint, now: now, into: &outbox) }
        ping(contact, now: now, into: &outbox)
    }

    /// Newcomers checked at once: enough for a network that starts together, no use to a flood.
    private static let checksAtOnce = 64

    /// Whoever answers lives, whatever it was asked.
    mutating func noteAlive(_ info: SessionInfo, roundTrip: Duration?, now: Now, into outbox: inout Outbox) {
        guard info.remoteMode == .server else { return retire(info.remoteID) }
        // Where it really answered from, whatever whoever named it said.
        let contact = Contact(id: info.remoteID, key: info.remoteKey, endpoint: info.endpoint)
        if table.knows(contact.id, at: info.endpoint) || isOwnDial(info) {
            admit(contact, roundTrip: roundTrip, now: now, into: &outbox)
        } else if hasThirdNodes {
            // Over the other address family it is alive as well, wherever it answers from.
            if isKnownOverOther(info), let known = table.contact(contact.id) {
                admit(known, roundTrip: roundTrip, now: now, into: &outbox)
                return dialLater(info, now: now)
            }
            confirm(contact, at: info.endpoint, now: now, into: &outbox)
        } else if !newcomers.isBarred(contact.id, now: now.monotonic) {
            newcomers.admitProvisionally(contact.id) { [table] in table.contact($0) != nil }
            admit(contact, roundTrip: roundTrip, now: now, into: &outbox)
        }
    }

    /// Whether so many servers are known that third nodes can be asked.
    var hasThirdNodes: Bool { surroundings.hasThirdNodes }

    /// Whether we reached it without its help: nobody at its address had come to us before.
    private func isOwnDial(_ info: SessionInfo) -> Bool { info.isInitiator && !sessions.wasOpened(from: info.endpoint) }

    /// It is no server any more.
    private mutating func retire(_ node: NodeID) {
        if table.knows(node) { table.remove(node) }
        newcomers.forget(node)
    }

    mutating func admit(
        _ contact: Contact, roundTrip: Duration?, hasAsked: Bool = false, now: Now, into outbox: inout Outbox
    ) {
        switch table.observe(contact, roundTrip: roundTrip, hasAsked: hasAsked, now: now.monotonic) {
        case .inserted:
            if isJoined {
                bootstrap.succeed()
            } else if !operations.contains(where: \.isJoining) {
                searchForSelf(seeds: [contact], now: now, into: &outbox)
            }
        case .waiting(let doubt?):
            if !isChecking(doubt.id) { check(doubt, now: now, into: &outbox) }
        case .waiting(nil), .refreshed, .crowded, .ignored:
            break
        }
    }

    // MARK: Third nodes

    /// Asks third nodes about somebody who answers here.
    private mutating func confirm(
        _ contact: Contact, at endpoint: Endpoint, now: Now, into outbox: inout Outbox
    ) {
        guard table.contact(contact.id) != nil || table.hasRoom(for: contact),
            newcomers.begin(contact.id, now: now.monotonic)
        else { return }
        if !beginConfirmation(.newcomer, of: contact, at: endpoint, now: now, into: &outbox) {
            newcomers.end(contact.id, .undecided, now: now.monotonic)
        }
    }

    /// Begins to ask third nodes; false where there is none, or too much is under way.
    mutating func beginConfirmation(
        _ role: Confirmation.Role, of subject: Contact, at endpoint: Endpoint, now: Now, into outbox: inout Outbox
    ) -> Bool {
        let confirmers = confirmers(role, of: subject, at: endpoint)
        guard !confirmers.isEmpty else { return false }
        return begin(
            .confirmation(Confirmation(role, of: subject, at: endpoint, by: confirmers)), now: now, into: &outbox)
    }

    /// Live contacts drawn at random to dial an endpoint. Those of another owner than the endpoint's and ours come first,
    /// then those with whom no handshake is needed.
    ///
    /// About a newcomer the best of its neighbours known here is asked before them: it has most likely met it, and need not
    /// dial. Only one, so that who crowds around somebody can't keep them out.
    private mutating func confirmers(
        _ role: Confirmation.Role, of subject: Contact, at endpoint: Endpoint
    ) -> [Contact] {
        let own = endpoint.isIPv4 ? reach.ipv4 : reach.ipv6
        let involved = [endpoint, own].compactMap { $0.map(Account.block) }
        var chosen: [Contact] = []
        if role == .newcomer {
            let neighbours = table.closest(
                to: subject.id.bytes, count: Node.neighboursConsidered, families: endpoint.family,
                excluding: subject.id, onlyAlive: true)
            chosen = best(1, of: neighbours, besides: [], without: involved, in: endpoint.family)
        }
        var random = SeededGenerator(seed: generator.next())
        let candidates = table.sample(Node.confirmerCandidates, in: endpoint.family, besides: subject.id, by: &random)
        let count = Limits.confirmers - chosen.count
        return chosen + best(count, of: candidates, besides: chosen, without: involved, in: endpoint.family)
    }

    /// The most suitable to dial: the first where several are.
    private func best(
        _ count: Int, of candidates: [Contact], besides chosen: [Contact], without blocks: [Account],
        in family: AddressFamilies
    ) -> [Contact] {
        var suitable: [Contact] = []
        var others: [(rank: Int, contact: Contact)] = []
        for (order, contact) in candidates.enumerated() where suitable.count < count {
            guard let place = contact.endpoint(in: family), !chosen.contains(where: { $0.id == contact.id }) else {
                continue
            }
            var rank = 0
            if sessions.established(as: .node, with: contact.id) == nil { rank |= 1 << 8 }
            if newcomers.provisional.contains(contact.id) { rank |= 1 << 9 }
            if blocks.contains(Account.block(of: place)) { rank |= 1 << 10 }
            if rank == 0 { suitable.append(contact) } else { others.append((rank | order, contact)) }
        }
        guard suitable.count < count else { return suitable }
        let next = others.sorted { $0.rank < $1.rank }.prefix(count - suitable.count)
        return suitable + next.map(\.contact)
    }

    /// Contacts of whom the most suitable are asked: enough that some have a session and are of another block.
    private static let confirmerCandidates = 32
    /// Neighbours of a newcomer of whom the best is asked: those beyond hardly know more of it than anybody.
    private static let neighboursConsidered = 8

    /// Third nodes have said what they could.
    mutating func confirmationEnded(
        _ verdict: Confirmation.Verdict, _ role: Confirmation.Role, of subject: Contact, at endpoint: Endpoint,
        now: Now, into outbox: inout Outbox
    ) {
        switch role {
        case .own: noteOwnReach(verdict, at: endpoint, now: now, into: &outbox)
        case .newcomer:
            newcomers.end(subject.id, verdict, now: now.monotonic)
            switch verdict {
            case .reached: admit(subject, roundTrip: nil, now: now, into: &outbox)
            case .denied:
                // What is known of its other address family stands.
                if table.contact(subject.id)?.endpoint(in: endpoint.family) != nil {
                    table.remove(subject.id)
                }
            case .undecided: break
            }
        }
    }

    /// Confirms those that were let in while the network seemed small, now that it isn't.
    mutating func confirmProvisional(now: Now, into outbox: inout Outbox) {
        guard !newcomers.provisional.isEmpty, hasThirdNodes else { return }
        for node in newcomers.provisional {
            guard let contact = table.contact(node), let endpoint = endpoint(of: contact) else {
                newcomers.forget(node)
                continue
            }
            confirm(contact, at: endpoint, now: now, into: &outbox)
        }
    }
}
