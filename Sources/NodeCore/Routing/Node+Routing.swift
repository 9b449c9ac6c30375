import Basics
import Cryptography
import Kademlia
import Sessions
import Wire

extension Node {
    /// Joins the network: through the contacts remembered in the store and through `peers`. Without either the node is
    /// the first of its network, unless it `expectsMore`: peers whose names are still being resolved. May be called again
    /// with more peers.
    public mutating func start(
        bootstrap peers: [BootstrapPeer], expectsMore: Bool = false, now: Now, into outbox: inout Outbox
    ) {
        swap(&scratch, &outbox.scratch)
        defer { swap(&scratch, &outbox.scratch) }
        if !expectsMore && peers.isEmpty && rememberedContacts.isEmpty && !isJoined && bootstrap.peers.isEmpty {
            join(now: now, into: &outbox)
        }
        bootstrap.add(peers, now: now.monotonic)
        attemptBootstrap(now: now, into: &outbox)
    }

    /// Asks bootstrap peers and remembered contacts, where the node knows nobody.
    mutating func attemptBootstrap(now: Now, into outbox: inout Outbox) {
        if isJoined, table.hasLiveContact { return bootstrap.succeed() }
        bootstrap.beginAttempt(now: now.monotonic)
        var seeds = bootstrap.portion(of: rememberedContacts)
        for peer in bootstrap.peers {
            switch peer {
            case .known(let key, let endpoint):
                let contact = Contact(key: key, endpoint: endpoint)
                guard contact.id != id else { continue }
                seeds.append(contact)
                if bootstrap.asksPinned { askForKey(at: endpoint, pinned: key, now: now, into: &outbox) }
            case .unknown(let endpoint):
                askForKey(at: endpoint, pinned: nil, now: now, into: &outbox)
            }
        }
        bootstrap.recordAsked(max(seeds.count, bootstrap.peers.count))
        outbox.activity.reports.add(
            .bootstrapAttempt(bootstrap.attempts, asked: max(seeds.count, bootstrap.peers.count)))
        searchForSelf(seeds: seeds, now: now, into: &outbox)
    }

    private mutating func askForKey(
        at endpoint: Endpoint, pinned: PublicKey?, now: Now, into outbox: inout Outbox
    ) {
        let nonce = generator.next()
        guard sessions.sendHello(nonce: nonce, to: endpoint, now: now.monotonic, into: &outbox.datagrams) else {
            return
        }
        outbox.noteHelloSent()
        bootstrap.note(Bootstrap.Question(nonce: nonce, endpoint: endpoint, pinned: pinned))
    }

    mutating func handleBootstrapAnswer(
        _ answer: HelloAnswer, to question: Bootstrap.Question, now: Now, into outbox: inout Outbox
    ) {
        let (key, endpoint) = (answer.key, question.endpoint)
        noteHeard(from: endpoint, now: now, into: &outbox)
        if question.pinned == nil || question.pinned == key { path.observeSmallAnswer(from: endpoint) }
        if let pinned = question.pinned {
            // Whoever it is, the node doesn't join through them.
            if key != pinned { bootstrap.noteMistake(at: endpoint) }
            return
        }
        let contact = Contact(key: key, endpoint: endpoint)
        if contact.id != id { searchForSelf(seeds: [contact], now: now, into: &outbox) }
    }

    /// Looks for its own ID, and so joins, through contacts that it was told of or has just met.
    /// A search that is under way takes in what is found meanwhile: those that are given at the start all answer at once.
    mutating func searchForSelf(seeds: [Contact], now: Now, into outbox: inout Outbox) {
        guard !seeds.isEmpty else { return }
        if let index = operations.firstIndex(where: \.isJoining) {
            for seed in seeds { operations[index].add(seed) }
            return run(operations[index].serial, now: now, into: &outbox)
        }
        let search = Search(
            target: id.bytes, own: id, seeds: seeds, count: configuration.bucketSize, families: families,
            now: now)
        find(.join, search, now: now, into: &outbox)
    }

    /// Begins a search of the node's own, where as many operations as may be don't run yet.
    mutating func find(_ role: Find.Role, _ search: Search, now: Now, into outbox: inout Outbox) {
        _ = begin(.find(Find(role: role, identity: .node)), search: search, now: now, into: &outbox)
    }

    /// A search has ended that was for its own sake.
    mutating func routingSearchEnded(_ role: Find.Role, _ search: Search, now: Now, into outbox: inout Outbox) {
        if role == .join, table.hasLiveContact { join(now: now, into: &outbox) }
        if role == .exploration {
            networkSize.observe(search.closest.map(\.id), wanted: search.lookup.wanted, to: search.lookup.target)
        }
    }

    /// The node has found its network: it asks neighbours at what endpoint they see it, and gets to know the rest.
    mutating func join(now: Now, into outbox: inout Outbox) {
        guard !isJoined else { return }
        isJoined = true
        neighbourhood.begin(now: now.monotonic)
        outbox.events.append(.joined)
        for contact in table.closest(to: id.bytes, count: Node.observers, onlyAlive: true) {
            ping(contact, now: now, into: &outbox)
        }
        refreshBuckets(asking: configuration.bucketSize, now: now, into: &outbox)
    }

    /// Neighbours asked, once joined, at what endpoint they see us: a small majority.
    private static let observers = 3

    // MARK: Upkeep

    /// Looks for newcomers close by.
    mutating func searchNeighbourhood(now: Now, into outbox: inout Outbox) {
        guard isJoined, neighbourhood.takeSearch(now: now.monotonic, randomness: generator.next()) else { return }
        let count = neighbourhood.isNew ? configuration.bucketSize : refreshed
        find(.refresh, search(for: id.bytes, count: count, now: now), now: now, into: &outbox)
    }

    /// Refreshes buckets that heard nothing, checks contacts that were silent.
    mutating func maintainBuckets(now: Now, into outbox: inout Outbox) {
        guard isJoined, let due = table.nextDeadline, due <= now.monotonic else { return }
        refreshBuckets(asking: refreshed, now: now, into: &outbox)
        table.takeChecks(now: now.monotonic, into: &scratch.contacts)
        for contact in scratch.contacts { check(contact, now: now, into: &outbox) }
    }

    private mutating func refreshBuckets(asking count: Int, now: Now, into outbox: inout Outbox) {
        while let target = table.refreshTarget(now: now.monotonic, randomness: generator.bytes32()) {
            let search = search(for: target, count: count, now: now)
            find(table.isFar(target) ? .exploration : .refresh, search, now: now, into: &outbox)
        }
    }

    /// How many of the closest a later refresh asks: it is to hear of a range again, not to find the very closest. But who
    /// knows fewer than k asks all there are.
    private var refreshed: Int { table.count < configuration.bucketSize ? configuration.bucketSize : 3 }

    // MARK: The table on disk

    private static let snapshotKey = Array("snapshot".utf8)
    /// Contacts written down: more than enough to find the network again after half of them have gone.
    private static let snapshotSize = 100

    /// Writes down whom to ask after a restart, so that the node finds its network again without a bootstrap, and the time.
    /// The contacts that were written before stay while nobody lives.
    public mutating func saveContacts() {
        saveClock()
        let contacts = table.contactsToRemember(Node.snapshotSize)
        if !contacts.isEmpty { store.put(.contacts, Node.snapshotKey, Node.encode(contacts)) }
    }

    private var rememberedContacts: [Contact] {
        var contacts: [Contact] = []
        _ = store.read(.contacts, Node.snapshotKey) { bytes in
            var reader = ContactReader(ByteRange(offset: 0, count: bytes.byteCount))
            while contacts.count < Node.snapshotSize, let contact = reader.next(in: bytes) {
                if contact.id != id { contacts.append(contact) }
            }
        }
        return contacts
    }

    private static func encode(_ contacts: [Contact]) -> [UInt8] {
        var writer = ByteWriter(capacity: contacts.count * ContactReader.largestEntryByteCount)
        for contact in contacts { writer.contact(contact) }
        return writer.bytes
    }
}
