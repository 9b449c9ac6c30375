import Basics
import Kademlia
import Sessions
import Wire

// Both address families. Two nodes speak over one, and each sees the other's endpoint of that one only. So each tells the
// other its endpoint of the other family; whoever is told dials it, and where the same key answers the contact has both from
// then on, and is named with both. Else those who have one family only would know nobody but who happened to meet them.
extension Node {
    /// What this node can send over: what its sockets can, and there is a route for. The loopback needs none.
    var families: AddressFamilies {
        let routed = configuration.families.intersection(network.routes.union(bootstrap.loopbackFamilies))
        // Whoever watches the routes may be wrong: where it says there are none, sending finds out.
        return routed.isEmpty ? configuration.families : routed
    }

    // MARK: Which of two

    /// Where a contact is to be asked: of two endpoints, the one over whose family it was last heard.
    func endpoint(of contact: Contact) -> Endpoint? {
        guard contact.ipv4 != nil, contact.ipv6 != nil else { return contact.endpoint(in: families) }
        return contact.endpoint(in: families, preferring: table.lastFamily(of: contact.id) ?? .ipv4)
    }

    /// Where a contact is to be checked: of two endpoints, the one over whose family it was not heard last. So both are seen
    /// to be true, as often as one, and for each this node hears how it is seen over that family.
    func endpointToCheck(of contact: Contact) -> Endpoint? {
        guard contact.ipv4 != nil, contact.ipv6 != nil, let last = table.lastFamily(of: contact.id) else {
            return contact.endpoint(in: families)
        }
        return contact.endpoint(in: families, preferring: last == .ipv4 ? .ipv6 : .ipv4)
    }

    // MARK: Telling

    /// What this node tells of itself: where others see it, unless they don't reach it there.
    mutating func updateOwnEndpoints() {
        sessions.ownEndpoints.ipv4 = reach.ipv4
        sessions.ownEndpoints.ipv6 = reach.ipv6
        sessions.ownEndpoints.hidden = reach.hidden
    }

    /// Of the machine's own addresses those count for which there is a route. Nil: those from before.
    mutating func updateCandidates(_ new: [Endpoint]?) {
        if let new { candidates = new }
        let families = families
        sessions.ownEndpoints.candidates = candidates.filter { families.contains($0.family) }
    }

    /// Appends to a ping, or to the answer to one, what somebody at an endpoint can't see of this node.
    func tell(_ endpoint: Endpoint, in body: inout ByteWriter) {
        guard sessions.mode == .server, let alternate = sessions.ownEndpoints.endpoint(toldTo: endpoint) else { return }
        body.alternate(alternate)
    }

    // MARK: Being told

    /// Takes in where the other side of a session says that it is in the other address family.
    mutating func considerAlternate(_ endpoint: Endpoint, statedIn session: SessionID, now: Now) {
        guard let info = sessions.info(session), info.identity == .node, info.remoteMode == .server,
            // Nobody from elsewhere makes this node dial near it.
            endpoint.family != info.endpoint.family, endpoint.scope >= info.endpoint.scope,
            families.contains(endpoint.family), !table.knows(info.remoteID, at: endpoint)
        else { return }
        alternates.add(info.remoteID, info.remoteKey, at: endpoint, from: info.endpoint, now: now.monotonic)
    }

    /// Whether the other side of a session is a contact, but one that is known over the other address family only. Third nodes
    /// have let it in: where else it is reached, this node sees for itself.
    func isKnownOverOther(_ info: SessionInfo) -> Bool {
        guard let known = table.contact(info.remoteID) else { return false }
        return known.endpoint(in: info.endpoint.family) == nil
    }

    /// Has the endpoint dialled over which such a contact speaks.
    mutating func dialLater(_ info: SessionInfo, now: Now) {
        alternates.add(info.remoteID, info.remoteKey, at: info.endpoint, from: info.endpoint, now: now.monotonic)
    }

    /// Dials what contacts have stated, from the second port and within the same bounds as at the request of others: no
    /// firewall lets that in because its node had sent something out.
    mutating func dialAlternates(now: Now, into outbox: inout Outbox) {
        while let statement = alternates.takeDue(now: now.monotonic) {
            guard let known = table.contact(statement.node) else {
                // It may still be on its way into the table.
                alternates.postpone(statement, until: now.monotonic + Node.alternatePause * 4)
                continue
            }
            if known.endpoint(in: statement.endpoint.family) == statement.endpoint { continue }
            switch probes.finding(at: statement.endpoint, now: now.monotonic) {
            case .answered(statement.key): adopt(statement, now: now, into: &outbox)
            case .answered, .silent: alternates.refute(statement, now: now.monotonic)
            case .underWay: alternates.postpone(statement, until: now.monotonic + Node.alternatePause)
            case .unknown:
                _ = dial(statement.endpoint, for: statement.source, now: now, into: &outbox)
                alternates.postpone(statement, until: now.monotonic + Node.alternatePause)
            }
        }
    }

    /// The time between two looks at a dial under way.
    private static let alternatePause = Duration.milliseconds(500)

    /// A contact has been reached at the endpoint that it stated.
    private mutating func adopt(_ statement: Alternates.Statement, now: Now, into outbox: inout Outbox) {
        guard table.extend(statement.node, with: statement.endpoint) else { return }
        // While nobody has said how this node is seen over that family, it asks.
        guard !reach.isSeen(over: statement.endpoint.family) else { return }
        let there = Contact(id: statement.node, key: statement.key, endpoint: statement.endpoint)
        greet(there, at: statement.endpoint, attempt: 1, now: now, into: &outbox)
    }

    // MARK: Routes

    /// There may be routes for more families than before: asks over the new one how this node is seen. That it is there, and
    /// where others are over it, it tells and hears with the pings that follow every change of network.
    mutating func familiesChanged(from former: AddressFamilies, now: Now, into outbox: inout Outbox) {
        updateOwnEndpoints()
        let added = families.subtracting(former)
        guard isJoined, !added.isEmpty else { return }
        var asked: [Contact] = []
        table.forEachAlive(inAllOf: added) { contact in
            asked.append(contact)
            return asked.count < Node.askedOnChange
        }
        for contact in asked {
            guard let endpoint = contact.endpoint(in: added) else { continue }
            greet(contact, at: endpoint, attempt: 1, now: now, into: &outbox)
        }
    }

    /// Contacts asked then: enough observers to agree on how this node is seen, though one or two are gone.
    private static let askedOnChange = 5
}
