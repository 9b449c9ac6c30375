import Basics
import Cryptography
import Kademlia
import Sessions
import Storage

/// The routing table: which nodes enter it (`Admission`), whether contacts are alive, and how it is kept fresh.
struct Routing {
    private let own: NodeID
    private let bucketSize: Int
    private var table: RoutingTable
    private var admission = Admission()
    private var greetings = Greetings()
    private var alternates = Alternates()
    private var announcement = Announcement()

    init(own: NodeID, bucketSize: Int, identities: @escaping NodeIdentity.Source) {
        self.own = own
        self.bucketSize = bucketSize
        table = RoutingTable(own: own, bucketSize: bucketSize, identities: identities)
    }

    /// The node has known these contacts for hours: see `RoutingTable.establish`.
    mutating func establish(
        _ contacts: [(contact: Contact, roundTrip: Duration)], age: Duration, _ turn: inout Turn
    ) {
        var random = SeededGenerator(seed: turn.randomness.next())
        table.establish(contacts, age: age, now: turn.now.monotonic, by: &random)
    }

    // MARK: Contacts

    /// How many contacts there are.
    var count: Int { table.count }
    /// Whether any of them lives, as far as is known.
    var hasLiveContact: Bool { table.hasLiveContact }
    /// Whether the whole network is this node's neighbourhood: then it knows all nodes.
    var isWholeNetwork: Bool { !table.hasFarPoints }
    /// How many nodes the network has, as far as the contacts say; nil where they are too few.
    var networkSize: Int? { isWholeNetwork ? count + 1 : table.sizeByNeighbours }

    func forEach(_ body: (TableEntry) -> Void) { table.forEach(body) }

    /// The closest contacts to a point.
    func closest(
        to point: Bytes32, count: Int, families: AddressFamilies, onlyAlive: Bool = false
    ) -> [Contact] {
        table.closest(to: point, count: count, families: families, onlyAlive: onlyAlive)
    }

    /// The closest live contacts to a point that may be named to a requester.
    func closest(
        to point: Bytes32, count: Int, families: AddressFamilies, besides asker: NodeID, in scope: AddressScope,
        into contacts: inout [Contact]
    ) {
        table.closest(
            to: point, count: count, families: families, excluding: asker, onlyAlive: true, scope: scope,
            into: &contacts)
    }

    /// The locations that this node keeps things for, where it takes part in this mode.
    func responsibility(in mode: NodeMode, networkSize: Int?) -> Responsibility {
        Responsibility(in: mode, among: table, networkSize: networkSize)
    }

    /// The live nodes that share so many leading bits with this one.
    func alive(sharing depth: Int) -> [NodeID] {
        var found: [NodeID] = []
        table.forEachAlive(sharing: depth) { found.append($0) }
        return found
    }

    /// Whether a node is a contact that lives, as far as is known.
    func isAlive(_ node: NodeID) -> Bool { table.contact(node) != nil && !table.isDoubted(node) }
    /// Whether it is a contact that hasn't answered lately, several times.
    func isSilent(_ node: NodeID) -> Bool { table.isSilent(node) }

    /// A live contact that shares so many leading bits with this node, by chance, but none of those left out.
    func drawn(
        sharing depth: Int = 0, in families: AddressFamilies, leavingOut leftOut: [NodeID] = [], _ turn: inout Turn
    ) -> Contact? {
        var random = SeededGenerator(seed: turn.randomness.next())
        return table.sample(1, sharing: depth, in: families, besides: own, leavingOut: leftOut, by: &random).first
    }

    /// The live contact heard last that shares so many leading bits with this node, but none of those left out.
    func heardLast(sharing depth: Int, in families: AddressFamilies, leavingOut leftOut: [NodeID]) -> Contact? {
        table.heardLast(sharing: depth, in: families, leavingOut: leftOut)
    }

    /// How long a contact may take to answer.
    func timeout(for node: NodeID) -> Duration { table.timeout(for: node) }

    /// Where a contact is to be asked: of two endpoints, the one over whose family it was last heard.
    func endpoint(of contact: Contact, in families: AddressFamilies) -> Endpoint? {
        guard contact.ipv4 != nil, contact.ipv6 != nil else { return contact.endpoint(in: families) }
        return contact.endpoint(in: families, preferring: table.lastFamily(of: contact.id) ?? .ipv4)
    }

    /// Where a contact is to be checked: of two endpoints, the one over whose family it was not heard last. So both
    /// endpoints are verified, as often as one would be, and this node hears over each family how it is seen.
    func endpointToCheck(of contact: Contact, in families: AddressFamilies) -> Endpoint? {
        guard contact.ipv4 != nil, contact.ipv6 != nil, let last = table.lastFamily(of: contact.id) else {
            return contact.endpoint(in: families)
        }
        return contact.endpoint(in: families, preferring: last == .ipv4 ? .ipv6 : .ipv4)
    }

    /// Live contacts with an endpoint in all of these families, at most so many.
    func alive(in families: AddressFamilies, count: Int) -> [Contact] {
        var found: [Contact] = []
        table.forEachAlive(inAllOf: families) { contact in
            found.append(contact)
            return found.count < count
        }
        return found
    }

    // MARK: Admission

    /// Newcomers checked at once: enough for a network that starts together, no use to a flood.
    private static let checksAtOnce = 64

    /// A node has sent a request, or has proved its address. `pings`: those under way; `isPinged`: whether it is among
    /// them.
    mutating func observeSender(
        _ info: SessionInfo, pings: () -> Int, isPinged: (NodeID) -> Bool, now: Now
    ) -> RoutingDirective {
        guard info.isProven, info.identity == .node, info.remoteID != own else { return .nothing }
        guard info.remoteMode == .server else { return retire(info.remoteID) }
        let contact = Contact(id: info.remoteID, key: info.remoteKey, endpoint: info.endpoint)
        // A requester at its known endpoint, at which we reached it, is alive: of two nodes that check each other, one
        // need not.
        guard !table.knows(info.remoteID, at: info.endpoint) else {
            return info.isDial ? admit(contact, roundTrip: nil, hasAsked: true, now: now) : .nothing
        }
        guard !isKnownOverOther(info) else { return learn(info.endpoint, of: info, now: now) }
        return admission.observeSender(contact, at: info.endpoint, in: table, now: now) {
            pings() + greetings.count >= Routing.checksAtOnce || isPinged(info.remoteID)
                || greetings.contains(info.remoteID)
        }
    }

    /// A node has answered, whatever it was asked, and so is alive. `isOwnDial`: whether we reached it without its
    /// help.
    mutating func observeAnswer(
        from info: SessionInfo, roundTrip: Duration?, isOwnDial: @autoclosure () -> Bool, now: Now
    ) -> RoutingDirective {
        guard info.remoteMode == .server else { return retire(info.remoteID) }
        // The endpoint from which it really answered, whatever the node that named it said.
        let contact = Contact(id: info.remoteID, key: info.remoteKey, endpoint: info.endpoint)
        if table.knows(contact.id, at: info.endpoint) || isOwnDial() {
            return admit(contact, roundTrip: roundTrip, now: now)
        }
        if admission.hasThirdNodes(in: table) {
            // It counts as alive over the other address family as well, wherever it answers from.
            if isKnownOverOther(info), let known = table.contact(contact.id) {
                learn(info.endpoint, of: info, now: now)
                return admit(known, roundTrip: roundTrip, now: now)
            }
            return admission.confirm(contact, at: info.endpoint, in: table, now: now)
        }
        guard admission.admitsProvisionally(contact.id, to: table, now: now) else { return .nothing }
        return admit(contact, roundTrip: roundTrip, now: now)
    }

    /// It is no server any more.
    private mutating func retire(_ node: NodeID) -> RoutingDirective {
        if table.knows(node) { table.remove(node) }
        admission.forget(node)
        return .nothing
    }

    private mutating func admit(
        _ contact: Contact, roundTrip: Duration?, hasAsked: Bool = false, now: Now
    ) -> RoutingDirective {
        switch table.observe(contact, roundTrip: roundTrip, hasAsked: hasAsked, now: now.monotonic) {
        case .inserted: return .added(contact)
        case .waiting(let doubt?): return .check(doubt)
        case .waiting(nil), .refreshed, .crowded, .ignored: return .nothing
        }
    }

    /// Live contacts that are to dial an endpoint, where a node is said to be. `own`: where this node is over that family.
    func confirmers(
        of subject: NodeID, _ role: ReachSubject, at endpoint: Endpoint, own: Endpoint?,
        hasSession: (NodeID) -> Bool, _ turn: inout Turn
    ) -> [Contact] {
        admission.confirmers(
            of: subject, role, at: endpoint, own: own, in: table, hasSession: hasSession, &turn)
    }

    /// Third nodes have said what they could of a newcomer, or could not be asked.
    mutating func observe(
        _ verdict: ReachVerdict, of subject: Contact, at endpoint: Endpoint, now: Now
    ) -> RoutingDirective {
        admission.observe(verdict, of: subject.id, at: endpoint, in: &table, now: now)
            ? admit(subject, roundTrip: nil, now: now) : .nothing
    }

    /// The nodes that were let in while the network seemed small, if it isn't small any more.
    var unconfirmed: [NodeID] { admission.unconfirmed(in: table) }

    /// One of them is to be confirmed.
    mutating func confirm(_ node: NodeID, in families: AddressFamilies, now: Now) -> RoutingDirective {
        guard let contact = table.contact(node), let endpoint = endpoint(of: contact, in: families) else {
            admission.forget(node)
            return .nothing
        }
        return admission.confirm(contact, at: endpoint, in: table, now: now)
    }

    /// Whether a node is in the table as one that is reached at an endpoint: it has been confirmed, and checks keep finding it.
    func hasReached(_ node: NodeID, at endpoint: Endpoint) -> Bool {
        table.isAlive(node, at: endpoint) && !admission.isProvisional(node)
    }

    // MARK: Both address families

    /// Records the endpoint that a node states for the other address family.
    mutating func observeStatement(
        of endpoint: Endpoint, by info: SessionInfo, families: AddressFamilies, now: Now
    ) {
        guard info.identity == .node, info.remoteMode == .server,
            // A node from farther away can't make this one dial addresses near it.
            endpoint.family != info.endpoint.family, endpoint.scope >= info.endpoint.scope,
            families.contains(endpoint.family), !table.knows(info.remoteID, at: endpoint)
        else { return }
        learn(endpoint, of: info, now: now)
    }

    /// Whether the other side of a session is a contact that is known over the other address family only. Third nodes
    /// have let it in: this node finds out by itself where else it is reached.
    private func isKnownOverOther(_ info: SessionInfo) -> Bool {
        table.contact(info.remoteID).map { $0.endpoint(in: info.endpoint.family) == nil } ?? false
    }

    /// Has another endpoint of a contact dialled in a while.
    @discardableResult
    private mutating func learn(_ endpoint: Endpoint, of info: SessionInfo, now: Now) -> RoutingDirective {
        alternates.add(
            info.remoteID, info.remoteKey, at: endpoint, from: info.endpoint, isProven: info.isProven,
            now: now.monotonic)
        return .nothing
    }

    /// An endpoint that a contact has stated and that is to be dialled now; called until nil.
    mutating func nextStatement(now: Instant) -> Alternates.Statement? { alternates.next(among: table, now: now) }

    /// Dials have found this at the endpoint that a contact stated.
    mutating func observe(
        _ finding: DialFinding, of statement: Alternates.Statement, now: Instant
    ) -> Alternates.Outcome {
        let outcome = alternates.observe(finding, of: statement, now: now)
        return outcome == .adopted && !table.extend(statement.node, with: statement.endpoint) ? .nothing : outcome
    }

    // MARK: Liveness

    /// Times that a contact is asked before it is doubted; once where it is already, as the table's retries are further apart.
    func attempts(toCheck node: NodeID) -> Int { table.isDoubted(node) ? 1 : Limits.attempts }

    /// Whether a hello to a contact is under way.
    func isGreeting(_ node: NodeID) -> Bool { greetings.contains(node) }

    /// A hello for a contact, which is to be sent; nil where too many are under way.
    func greeting(
        for contact: Contact, at endpoint: Endpoint, attempt: Int, _ turn: inout Turn
    ) -> Greetings.Greeting? {
        guard !greetings.isFull else { return nil }
        return Greetings.Greeting(
            contact, at: endpoint, nonce: turn.randomness.next(), attempt: attempt, now: turn.now.monotonic)
    }

    /// A hello has been sent, or not.
    mutating func observe(_ greeting: Greetings.Greeting, isSent: Bool, now: Instant) {
        greetings.observe(greeting, isSent: isSent, patience: patience(with: greeting), now: now)
    }

    /// Nothing waits to hear whether a doubted contact is back: so the silence of several is recorded at one moment.
    private func patience(with greeting: Greetings.Greeting) -> Duration {
        table.isDoubted(greeting.contact.id)
            ? Limits.timeoutMaximum : table.timeout(for: greeting.contact.id) * greeting.attempt
    }

    /// The hello that this answer matches: it comes from the node that was asked.
    mutating func match(_ answer: HelloAnswer, from endpoint: Endpoint) -> Greetings.Greeting? {
        greetings.take(answer, from: endpoint)
    }

    /// A hello has been answered from an endpoint. The responder's identity is not proven: only an attacker on the path could answer for
    /// another node, and the next lookup through the contact would find out. So a hello tells no more than that nothing has changed. A change
    /// is only believed in a session: that a node which didn't answer a request is back, or that a server has become a client.
    mutating func observeAnswer(
        to greeting: Greetings.Greeting, in mode: NodeMode, from endpoint: Endpoint, now: Now
    ) -> RoutingDirective {
        let contact = Contact(id: greeting.contact.id, key: greeting.contact.key, endpoint: endpoint)
        guard mode == .server, !table.isDoubted(contact.id) else { return .ping(contact) }
        guard table.knows(contact.id, at: endpoint) else { return .nothing }
        return admit(
            contact, roundTrip: greeting.attempt == 1 ? now.monotonic - greeting.sentAt : nil, now: now)
    }

    /// A hello that has waited long enough; nil where there is none.
    mutating func nextOverdueGreeting(now: Instant) -> Greetings.Overdue? {
        greetings.nextOverdue(now: now) { table.isDoubted($0) ? 1 : Limits.attempts }
    }

    /// A contact didn't answer at an endpoint. A contact that isn't where another node said may be where the table has it; one that
    /// isn't there may be at its other address.
    mutating func observeSilence(
        of node: NodeID, at endpoint: Endpoint, families: AddressFamilies, now: Instant
    ) -> SilenceOutcome {
        let outcome = table.observeFailure(of: node, at: endpoint, families: families, now: now)
        guard outcome != .unknown else { return .unknown }
        let elsewhere: Contact? = if case .elsewhere(let contact) = outcome { contact } else { nil }
        return .counted(elsewhere: elsewhere, isLast: !table.hasLiveContact)
    }

    /// A contact didn't answer at one of two endpoints; what came of the other is told by `observeSilence`.
    mutating func observeFailure(of node: NodeID, at endpoint: Endpoint, families: AddressFamilies, now: Instant) {
        table.observeFailure(of: node, at: endpoint, families: families, now: now)
    }

    /// All that had failed starts over.
    mutating func startOver(now: Instant) {
        table.forgiveFailures()
        table.hastenFormerContacts(now: now)
    }

    // MARK: Upkeep

    /// How many of the closest a later refresh asks: it is to hear of a range again, not to find the very closest. But
    /// a node that knows fewer than k asks all there are.
    private var refreshed: Int { table.count < bucketSize ? bucketSize : 3 }

    /// How many of the closest a search for the own ID asks. `isNew`: it is the first since joining.
    func countToSearch(isNew: Bool) -> Int { isNew ? bucketSize : refreshed }

    /// Neighbours asked, once joined, at what endpoint they see us: a small majority.
    var observers: [Contact] { table.closest(to: own.bytes, count: 3, onlyAlive: true) }

    /// Whether a bucket heard nothing, or a contact was silent. `mode`: how this node takes part.
    mutating func isUpkeepDue(in mode: NodeMode, now: Instant) -> Bool { table.isUpkeepDue(in: mode, now: now) }

    /// A point in a bucket that heard nothing; called until nil. `isNew`: the node has just joined.
    mutating func nextRefresh(isNew: Bool, _ turn: inout Turn) -> (target: Bytes32, count: Int, isFar: Bool)? {
        let randomness = turn.randomness.bytes32()
        guard let target = table.refreshTarget(now: turn.now.monotonic, randomness: randomness) else { return nil }
        return (target, countToSearch(isNew: isNew), table.isFar(target))
    }

    /// The contacts that are to be checked now.
    mutating func nextChecks(now: Instant, into contacts: inout [Contact]) {
        table.takeChecks(now: now, into: &contacts)
    }

    /// Contacts are to be shown where this node is now: the closest, so many.
    mutating func announce(count: Int, families: AddressFamilies, now: Instant) {
        announcement.begin(table.closest(to: own.bytes, count: count, families: families), now: now)
    }

    /// Those whose turn it is.
    mutating func nextAnnounced(now: Instant) -> [Contact] { announcement.takeBatch(now: now) }

    /// Writes down whom to ask after a restart.
    func save(in store: inout StoreView) {
        RememberedContacts.save(table.contactsToRemember(RememberedContacts.limit), in: &store)
    }

    /// A contact that has left and is to be asked now; nil where none is.
    mutating func nextFormerContact(now: Instant) -> Contact? { table.nextFormerContact(now: now) }
    var formerContactDue: Instant? { table.formerContactDue }
    mutating func formerContactReturned(_ node: NodeID) { table.formerContactReturned(node) }

    mutating func drainMarks(into marks: inout Marks) { marks.drain(&table.marks) }

    /// Other points of a crowded region, and the contacts closest to each: those that the crowd names are of no use.
    func points(
        of region: Region, families: AddressFamilies, _ turn: inout Turn
    ) -> [(target: Bytes32, seeds: [Contact])] {
        region.points { turn.randomness.bytes32() }.map { point in
            (point, table.closest(to: point, count: bucketSize, families: families))
        }
    }

    // MARK: What it tells

    var nextGreetingTimeout: Instant? { greetings.nextDeadline }
    /// When a bucket has heard nothing, or a contact is to be checked.
    var nextUpkeep: Instant? { table.nextDeadline }
    var nextStatementDue: Instant? { alternates.nextDeadline }
    var nextAnnouncement: Instant? { announcement.nextBatch }

    /// Bytes of the room reserved: for the table, and for checks under way.
    var memory: (table: Int, checks: Int) { (table.memory, greetings.memory + alternates.memory) }

    /// Traps where something that holds between any two calls doesn't. For tests.
    func checkInvariants() { table.checkInvariants() }
}
