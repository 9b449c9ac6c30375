import Basics
import Cryptography
import Kademlia
import Sessions

/// Finding the network, and the upkeep that is done at its times from then on.
///
/// It is told who answers and when the last contact is lost; it says whom to ask and what is due.
struct Joining {
    private let own: NodeID
    private var bootstrap = Bootstrap()
    private var neighbourhood = Neighbourhood()
    private var networkSize = NetworkSize()
    /// Whether the node has found its network, or is the first of it.
    private(set) var isJoined = false

    init(own: NodeID) { self.own = own }

    // MARK: Finding the network

    /// Adds bootstrap peers. Returns the families in which one of them is on this machine.
    mutating func add(_ peers: [BootstrapPeer], now: Instant) -> AddressFamilies {
        bootstrap.add(peers, now: now)
        return bootstrap.loopbackFamilies
    }

    /// Nodes of the local network are at these endpoints, and no others. Returns those to be asked now, each once: all are asked
    /// in attempts.
    mutating func observe(neighbours: [Endpoint]) -> [Endpoint] { bootstrap.setNeighbours(neighbours) }

    /// Whether the node is the first of its network: it knows no node to ask, and never did. `remembered`: contacts
    /// from before.
    func isFirst(remembered: [Contact]) -> Bool { remembered.isEmpty && !isJoined && bootstrap.peers.isEmpty }

    /// Whom to ask in an attempt to find the network; nil where it is found: some contact lives.
    mutating func beginAttempt(
        hasLiveContact: Bool, remembered: () -> [Contact], now: Instant
    ) -> Bootstrap.Attempt? {
        if isJoined, hasLiveContact {
            bootstrap.succeed()
            return nil
        }
        return bootstrap.beginAttempt(remembered: remembered(), own: own, now: now)
    }

    /// A hello has been sent to ask which node is at an address.
    mutating func observe(asked question: Bootstrap.Question) { bootstrap.record(question) }

    /// The question of an attempt that this answer matches, if it comes from the endpoint that was asked.
    mutating func matchQuestion(_ answer: HelloAnswer, from endpoint: Endpoint) -> Bootstrap.Question? {
        bootstrap.takeQuestion(answer.nonce, from: endpoint)
    }

    /// The node at the endpoint of a question has this key. Returns the contact to join through, if it is one.
    mutating func observe(
        _ key: PublicKey, answering question: Bootstrap.Question, hasLiveContact: Bool, isKnown: (NodeID) -> Bool,
        now: Instant
    ) -> Contact? {
        if let pinned = question.pinned, question.reason == .attempt {
            // Whichever node it is, this one doesn't join through it.
            if key != pinned { bootstrap.observeKeyMismatch(at: question.endpoint) }
            return nil
        }
        let contact = Contact(key: key, endpoint: question.endpoint)
        guard contact.id != own, question.pinned ?? key == key else { return nil }
        guard question.reason == .otherPart, isJoined, hasLiveContact else { return contact }
        // A node that has its network doesn't look around for each that answers, and not through one that it knows.
        return isKnown(contact.id) || !bootstrap.takeOtherSearch(now: now) ? nil : contact
    }

    /// There is a new contact in the routing table. Returns whether the network is yet to be found, through it.
    mutating func observeContact() -> Bool {
        if isJoined { bootstrap.succeed() }
        return !isJoined
    }

    /// No contact lives any more.
    mutating func observeLoss(now: Instant) { bootstrap.restart(now: now) }

    /// What failed may work now: where peers are to be asked, they are asked at once.
    mutating func startOver(now: Instant) { bootstrap.hasten(now: now) }

    /// The node has found its network; false where it had found it before.
    mutating func join(_ turn: inout Turn) -> Bool {
        guard !isJoined else { return false }
        isJoined = true
        neighbourhood.begin(now: turn.now.monotonic)
        bootstrap.joined(now: turn.now.monotonic, randomness: turn.randomness.next())
        return true
    }

    /// The node found its network hours ago.
    mutating func establish(_ turn: inout Turn) {
        isJoined = true
        neighbourhood.establish(now: turn.now.monotonic, randomness: turn.randomness.next())
        bootstrap.joined(now: turn.now.monotonic, randomness: turn.randomness.next())
    }

    // MARK: Upkeep

    /// Why the own ID is looked for.
    enum NeighbourSearch {
        /// The first time since joining: whom the join missed.
        case first
        case later
    }

    /// The search for the own ID that is due; nil where none is.
    mutating func nextSearch(_ turn: inout Turn) -> NeighbourSearch? {
        guard isJoined, neighbourhood.takeSearch(now: turn.now.monotonic, randomness: turn.randomness.next()) else {
            return nil
        }
        return neighbourhood.isNew ? .first : .later
    }

    /// A bootstrap peer that is to be asked now, as it may be in another part of the network; nil where none is.
    mutating func nextRevisited(now: Instant) -> BootstrapPeer? { isJoined ? bootstrap.nextRevisited(now: now) : nil }

    /// Whether the routing table is to be written down now.
    mutating func isSnapshotDue(now: Instant) -> Bool { isJoined && neighbourhood.takeSnapshot(now: now) }

    /// A search for a point far away has found these.
    mutating func observe(found closest: [NodeID], wanted: Int, to target: Bytes32) {
        networkSize.observe(closest, wanted: wanted, to: target)
    }

    // MARK: What it tells

    /// When the bootstrap is asked again.
    var nextAttempt: Instant? { bootstrap.nextAttempt }
    /// When a bootstrap peer is asked though the network is found.
    var nextRevisit: Instant? { isJoined ? bootstrap.nextRevisit : nil }
    /// When the own ID is looked for again.
    var searchDue: Instant? { isJoined ? neighbourhood.nextSearch : nil }
    /// When the routing table is written down.
    var snapshotDue: Instant? { isJoined ? neighbourhood.nextSnapshot : nil }

    /// Since when the node has looked for others without finding any; nil while it knows one that is alive.
    func seekingSince(hasLiveContact: Bool) -> Instant? { isJoined && hasLiveContact ? nil : bootstrap.seekingSince }
    /// Whether the last attempt had any node to ask.
    var hasNodesToAsk: Bool { bootstrap.hasNodesToAsk }
    /// Endpoints of bootstrap nodes that answered with an unexpected key.
    var strangersAtBootstraps: [Endpoint] { bootstrap.keyMismatches }

    /// How many nodes the network has; `byContacts` is what the contacts alone say, for a node that has looked around too
    /// little.
    func networkSize(byContacts: Int?) -> Int? { networkSize.estimate ?? (isJoined ? byContacts : nil) }
}
