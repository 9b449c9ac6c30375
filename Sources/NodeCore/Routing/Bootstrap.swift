import Basics

/// Finding the first contacts: asks the given peers, and those remembered from before, until one answers.
struct Bootstrap: Sendable {
    /// The first pause between attempts; it doubles up to the longest.
    private static let firstPause = Duration.seconds(1)
    private static let longestPause = Duration.seconds(30)
    /// Peers remembered: a few from the command line, or an embedding app.
    private static let peers = 64
    /// Neighbours remembered: nodes of the local network, of which one suffices.
    private static let mostNeighbours = 16
    /// Searches through who answers besides attempts, in such a time, by a node that has its network: one of them leads to another part
    /// of it, if there is one.
    private static let otherSearches = 4
    private static let pauseOfSearches = Duration.seconds(10)
    /// Remembered contacts asked in one attempt: some live unless nearly all have gone, and a node that is offline for long
    /// doesn't go on sending to all of them.
    private static let batch = 20

    private(set) var peers: [BootstrapPeer] = []
    /// Where nodes of the local network say that they are, apart from the peers: they come and go, and can't take the peers' room.
    private var neighbours: [Endpoint] = []
    /// Families in which one of them is on this machine.
    private(set) var loopbackFamilies: AddressFamilies = []
    /// The questions under way: only an answer that repeats one is believed.
    private var questions: [Question] = []
    /// The same of what is asked besides attempts: whoever names many neighbours ends no question of an attempt.
    private var otherQuestions: [Question] = []
    /// Such searches since a moment.
    private var otherSearches = (since: Instant.origin, count: 0)
    /// When a node that has its network asks one of the peers again; nil where there is none.
    var nextRevisit: Instant? { peers.isEmpty ? nil : revisitDue }
    private var revisitDue: Instant?
    /// Which was the last.
    private var revisited = 0
    /// Endpoints that answered with an unexpected key.
    private(set) var keyMismatches: [Endpoint] = []
    /// Since when the node has looked for others without finding any; nil while it knows one that is alive.
    private(set) var seekingSince: Instant?
    /// Whether the last attempt had any node to ask.
    private(set) var hasNodesToAsk = false
    /// Attempts since the node last knew another.
    private var attempts = 0
    private var pause = Bootstrap.firstPause
    /// When to ask again, or nil while there is no need.
    private(set) var nextAttempt: Instant?

    /// Adds peers, or renews them. The newest are kept: a name may stand for other endpoints every week.
    mutating func add(_ more: [BootstrapPeer], now: Instant) {
        for peer in more {
            peers.removeAll { $0 == peer }
            if peers.count == Bootstrap.peers { peers.removeFirst() }
            peers.append(peer)
            if peer.endpoint.isLoopback { loopbackFamilies.insert(peer.endpoint.family) }
        }
        if !peers.isEmpty { nextAttempt = now }
    }

    /// Replaces the neighbours; returns those that are new.
    mutating func setNeighbours(_ endpoints: [Endpoint]) -> [Endpoint] {
        let former = neighbours
        neighbours = Array(endpoints.prefix(Bootstrap.mostNeighbours))
        return neighbours.filter { !former.contains($0) }
    }

    /// Asks which node is at an endpoint.
    struct Question: Sendable {
        let nonce: UInt64
        let endpoint: Endpoint
        /// The key expected there, or nil if any node that answers is believed.
        let pinned: PublicKey?
        let reason: Reason

        enum Reason {
            /// An attempt to find the network.
            case attempt
            /// Whoever is there may be in another part of the network: a node of the local network that has been named just now, a
            /// contact of before, or a peer.
            case otherPart
        }
    }

    /// Whom one attempt asks.
    struct Attempt: Sendable {
        /// How many there have been since the node last knew another.
        let number: Int
        /// The contacts through which it joins.
        let seeds: [Contact]
        /// The endpoints to send a hello to, each with the key expected there.
        let questions: [(endpoint: Endpoint, pinned: PublicKey?)]
        let asked: Int
    }

    /// Begins an attempt, and sets when the next is due should it fail.
    mutating func beginAttempt(remembered: [Contact], own: NodeID, now: Instant) -> Attempt {
        questions.removeAll()
        if seekingSince == nil { seekingSince = now }
        attempts += 1
        nextAttempt = now + pause
        pause = min(pause * 2, Bootstrap.longestPause)
        var seeds = batch(of: remembered)
        var toAsk: [(endpoint: Endpoint, pinned: PublicKey?)] = []
        for peer in peers {
            switch peer {
            case .known(let key, let endpoint):
                let contact = Contact(key: key, endpoint: endpoint)
                guard contact.id != own else { continue }
                seeds.append(contact)
                if asksPinned { toAsk.append((endpoint, key)) }
            case .unknown(let endpoint): toAsk.append((endpoint, nil))
            }
        }
        for endpoint in neighbours where !toAsk.contains(where: { $0.endpoint == endpoint }) {
            toAsk.append((endpoint, nil))
        }
        let asked = max(seeds.count, peers.count + neighbours.count)
        hasNodesToAsk = asked > 0
        return Attempt(number: attempts, seeds: seeds, questions: toAsk, asked: asked)
    }

    /// Which of the remembered contacts this attempt asks: in a few attempts, all of them, near and far ones in each.
    private func batch(of remembered: [Contact]) -> [Contact] {
        let batches = max(1, (remembered.count + Bootstrap.batch - 1) / Bootstrap.batch)
        return remembered.indices.filter { $0 % batches == attempts % batches }.map { remembered[$0] }
    }

    /// Whether peers whose keys are known are asked for their keys nevertheless: if the first attempt failed, it is
    /// worth knowing whether another node is in their place. The answer is only reported, never trusted.
    private var asksPinned: Bool { attempts > 1 }

    mutating func record(_ question: Question) {
        guard question.reason == .otherPart else { return questions.append(question) }
        // The oldest gives way: it is asked again in the next attempt.
        if otherQuestions.count >= 2 * Bootstrap.mostNeighbours { otherQuestions.removeFirst() }
        otherQuestions.append(question)
    }

    /// The question that is answered from where it was sent to.
    mutating func takeQuestion(_ nonce: UInt64, from endpoint: Endpoint) -> Question? {
        func isAnswered(_ question: Question) -> Bool { question.nonce == nonce && question.endpoint == endpoint }
        if let index = questions.firstIndex(where: isAnswered) { return questions.remove(at: index) }
        return otherQuestions.firstIndex(where: isAnswered).map { otherQuestions.remove(at: $0) }
    }

    /// Whether another search may begin through who answered besides attempts: a few in some seconds.
    mutating func takeOtherSearch(now: Instant) -> Bool {
        if now - otherSearches.since >= Bootstrap.pauseOfSearches { otherSearches = (now, 0) }
        otherSearches.count += 1
        return otherSearches.count <= Bootstrap.otherSearches
    }

    /// The peer that is to be asked now, in turn, by a node that has its network; nil where none is.
    mutating func nextRevisited(now: Instant) -> BootstrapPeer? {
        guard let due = nextRevisit, due <= now else { return nil }
        revisitDue = now + Limits.bootstrapInterval
        revisited = (revisited + 1) % peers.count
        return peers[revisited]
    }

    /// The node has found its network. `randomness` spreads over time what nodes ask that have started together.
    mutating func joined(now: Instant, randomness: UInt64) {
        revisitDue = now + Limits.bootstrapInterval * (500 + Int(randomness % 1_000)) / 1_000
    }

    /// Another node answered in the place of one whose key is known.
    mutating func observeKeyMismatch(at endpoint: Endpoint) {
        if !keyMismatches.contains(endpoint) { keyMismatches.append(endpoint) }
    }

    /// The node knows others: no peer need be asked until it loses them all.
    mutating func succeed() {
        attempts = 0
        keyMismatches.removeAll()
        seekingSince = nil
        nextAttempt = nil
        pause = Bootstrap.firstPause
    }

    /// What failed may work now: where peers are to be asked, they are asked at once, and soon again.
    mutating func hasten(now: Instant) {
        pause = Bootstrap.firstPause
        if nextAttempt != nil { nextAttempt = now }
        if revisitDue != nil { revisitDue = now }
    }

    /// The node has lost all its contacts.
    mutating func restart(now: Instant) {
        if nextAttempt == nil { nextAttempt = now + pause }
        if seekingSince == nil { seekingSince = now }
    }
}
