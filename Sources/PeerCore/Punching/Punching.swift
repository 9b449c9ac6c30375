import Basics
import Conversations
import Cryptography
import Exchange

/// Opens ways to peers who aren't reached where their record says, or who are reached nowhere: both are behind NATs, or one is.
///
/// An offer goes to who announces the peer's mail, and from there to the peer's node. It and its answer say where the two nodes may be
/// found; then both nodes say hello at once. Until that has worked, mail takes the mailbox: nobody waits for it.
struct Punching {
    private enum Stage {
        /// An offer is on its way, with this number.
        case offered(InitiatorHandshake, nonce: UInt64)
        /// Both say hello.
        case opening
        case open(Contact)
        /// Nobody has answered the offer, and none is made before this.
        case unanswered(until: Instant)
        /// The hellos were in vain, and no way is tried before this.
        case resting(until: Instant)
    }

    private struct Attempt {
        let peer: PeerID
        let stage: Stage

        var isOver: Bool {
            switch stage {
            case .unanswered, .resting: true
            case .offered, .opening, .open: false
            }
        }
    }

    private let person: PeerID
    private let seal: WaySeal
    /// Where this person's node may be found.
    private var place: OwnPlace?
    /// The one that changed longest ago first.
    private var attempts: [Attempt] = []
    /// Offers that were answered, and the time from which they are too old anyway.
    private var offersRead: [(hash: Bytes32, peer: PeerID, until: UnixTime)] = []

    init(profile: ProfileKey, suite: CipherSuite) {
        person = profile.peerID
        seal = WaySeal(profile, suite: suite)
    }

    /// This person's node may be found here.
    mutating func nodeIsFound(at place: OwnPlace) { self.place = place }

    /// The network is another, or all is built anew: every way is to be opened again.
    mutating func startOver(_ turn: inout Turn) {
        for attempt in attempts { forget(attempt.peer, &turn) }
    }

    // MARK: Offers of this person's

    /// Something waits for a peer to whom there is no straight way. Makes an offer, unless one is on its way, or it has just
    /// been in vain.
    mutating func wantWay(to peer: PeerID, mailbox: MailboxID, _ turn: inout Turn) {
        guard !turn.errands.isUnderWay(.offer(peer)), !turn.errands.isUnderWay(.way(peer)) else { return }
        switch attempts.first(where: { $0.peer == peer })?.stage {
        case .offered, .opening, .open: return
        case .unanswered(let until), .resting(let until): guard until <= turn.now.monotonic else { return }
        case nil: break
        }
        guard let place, turn.endpointReaders != .nobody, !turn.view.isBlocked(peer) else { return }
        let nonce = turn.secrets.next()
        let question = WayMessage.Question(peer: person, time: turn.now.utc, nonce: nonce)
        let message = WayMessage(question: question, key: place.key, endpoints: Punching.global(place))
        let sealed = seal.offer(message, to: peer, in: mailbox, ephemeral: turn.secrets.secretKey())
        guard let (state, bytes) = sealed else { return }
        put(peer, .offered(state, nonce: nonce), &turn)
        turn.command(.offer(mailbox: mailbox, bytes), for: .offer(peer))
    }

    /// A peer has answered, or nobody has.
    mutating func offerAnswered(_ id: CommandID, _ answer: [UInt8]?, at answerer: Endpoint?, _ turn: inout Turn) {
        guard case .offer(let peer)? = turn.errands[id] else { return }
        if answer == nil { turn.end(id) }
        guard case .offered(let state, let nonce)? = attempts.first(where: { $0.peer == peer })?.stage else {
            turn.cancel(.offer(peer))
            return
        }
        guard let answer, let answerer else {
            turn.mark(.offerUnanswered)
            // Their own offer may have come meanwhile.
            if turn.errands.isUnderWay(.way(peer)) { return put(peer, .opening, &turn) }
            return put(peer, .unanswered(until: turn.now.monotonic + Limits.offerPause), &turn)
        }
        guard let message = seal.open(answer, to: state), !turn.view.isBlocked(peer) else {
            // It isn't theirs: the buddy has made it up. Others go on being asked.
            return turn.mark(.offerAnsweredByOther)
        }
        turn.cancel(.offer(peer))
        turn.cancel(.way(peer))
        open(peer, message, seenAt: answerer, nonce: nonce, &turn)
    }

    // MARK: Offers of others

    /// A buddy passes an offer on. It is answered where it is of somebody whose mail this person accepts; anybody else sees what they
    /// would see of somebody who is away.
    mutating func offerCame(
        _ id: OfferID, in mailbox: MailboxID, _ offer: [UInt8], from asker: Endpoint, _ turn: inout Turn
    ) {
        guard let (message, nonce, peer, answer) = read(offer, in: mailbox, from: asker, &turn) else {
            turn.mark(.offerNotAnswered)
            return turn.command(.answerOffer(id, nil))
        }
        turn.command(.answerOffer(id, answer))
        turn.cancel(.way(peer))
        let own = attempts.first { $0.peer == peer }?.stage
        open(peer, message, seenAt: asker, nonce: nonce, &turn)
        // Where two offers cross, both sides go by that of the lower ID as soon as they can.
        if case .offered? = own, let own, person.bytes < peer.bytes { put(peer, own, &turn) }
    }

    private mutating func read(
        _ offer: [UInt8], in mailbox: MailboxID, from asker: Endpoint, _ turn: inout Turn
    ) -> (WayMessage, nonce: UInt64, PeerID, answer: [UInt8])? {
        let (hash, now) = (Blake2b.hash256(offer), turn.now.utc)
        offersRead.removeAll { $0.until < now }
        guard turn.endpointReaders != .nobody, let place, !offersRead.contains(where: { $0.hash == hash })
        else { return nil }
        guard let (message, question, state) = seal.open(offer: offer, in: mailbox), question.peer != person,
            abs(question.time.seconds - now.seconds) <= Limits.offerAge,
            turn.view.standing(of: question.peer, with: person) == .accepted,
            offersRead.count(where: { $0.peer == question.peer }) < Limits.offersRememberedPerPeer,
            offersRead.count < Limits.offersRemembered
        else { return nil }
        offersRead.append((hash, question.peer, now.advanced(bySeconds: 2 * Limits.offerAge)))
        // Who is in the same household is told where in it this node is; to others that would be of no use.
        let isNeighbour = Punching.isNeighbour(of: asker, place)
        let near = isNeighbour ? place.local.filter { $0.scope == .site && $0.isIPv4 == asker.isIPv4 } : []
        let own = WayMessage(key: place.key, endpoints: near + Punching.global(place))
        let answer = seal.answer(own, to: state, ephemeral: turn.secrets.secretKey())
        return answer.map { (message, question.nonce, question.peer, $0) }
    }

    // MARK: Both

    /// Has the node say hello where a buddy has seen the other node, and where that says it may be.
    private mutating func open(
        _ peer: PeerID, _ message: WayMessage, seenAt seen: Endpoint, nonce: UInt64, _ turn: inout Turn
    ) {
        guard let place else { return }
        let isNear = Punching.isNeighbour(of: seen, place)
        let stated = message.endpoints.filter { $0 != seen }
        let near = isNear ? stated.filter { $0.scope == .site } : []
        let endpoints = near + [seen] + stated.filter { !$0.isIPv4 && $0.scope == .world }
        put(peer, .opening, &turn)
        turn.command(.openWay(to: message.key, at: endpoints, attested: seen, nonce: nonce), for: .way(peer))
    }

    /// A way is open.
    mutating func wayOpened(_ id: CommandID, at contact: Contact, _ turn: inout Turn) {
        if case .way(let peer)? = turn.errands[id] { put(peer, .open(contact), &turn) }
    }

    /// Where something may go straight to a peer: over a way that is open, or else to the nodes that their record names.
    func contacts(of peer: PeerID, by record: PeerRecord?) -> [Contact] {
        contact(of: peer).map { [$0] } ?? record?.contacts ?? []
    }

    private func contact(of peer: PeerID) -> Contact? {
        if case .open(let contact)? = attempts.first(where: { $0.peer == peer })?.stage { contact } else { nil }
    }

    /// A way is closed.
    mutating func wayClosed(_ id: CommandID, _ turn: inout Turn) {
        guard case .way(let peer)? = turn.errands[id] else { return }
        turn.end(id)
        guard contact(of: peer) == nil else { return attempts.removeAll { $0.peer == peer } }
        turn.mark(.wayNotOpened)
        put(peer, .resting(until: turn.now.monotonic + Limits.wayPause), &turn)
    }

    /// Nothing arrives over a way that was open, or its peer was blocked: it is given up.
    mutating func giveUpWay(to peer: PeerID, _ turn: inout Turn) { forget(peer, &turn) }

    /// A peer has written, and so accepts this person's mail: they may answer an offer now.
    mutating func peerHasWritten(_ peer: PeerID) {
        attempts.removeAll {
            if case .unanswered = $0.stage { $0.peer == peer } else { false }
        }
    }

    private mutating func put(_ peer: PeerID, _ stage: Stage, _ turn: inout Turn) {
        attempts.removeAll { $0.peer == peer }
        if attempts.count >= Limits.waysRemembered {
            forget(attempts[attempts.firstIndex(where: \.isOver) ?? 0].peer, &turn)
        }
        attempts.append(Attempt(peer: peer, stage: stage))
    }

    private mutating func forget(_ peer: PeerID, _ turn: inout Turn) {
        turn.cancel(.offer(peer))
        turn.cancel(.way(peer))
        attempts.removeAll { $0.peer == peer }
    }

    /// Where a node may be found by anybody, besides the address that the buddy in between sees: over IPv6.
    private static func global(_ place: OwnPlace) -> [Endpoint] {
        let all = (place.observed + place.local).filter { !$0.isIPv4 && $0.scope == .world }
        return all.first.map { [$0] } ?? []
    }

    /// Whether somebody seen at an endpoint is behind the same NAT, or on the same network without any.
    private static func isNeighbour(of endpoint: Endpoint, _ place: OwnPlace) -> Bool {
        place.observed.contains {
            endpoint.isLocal ? $0.isLocal : Account.host(of: $0) == Account.host(of: endpoint)
        }
    }
}
