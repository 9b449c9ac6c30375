import Basics
import Conversations
import Cryptography
import Exchange
import PeerCore
import Wire

/// Plays a script of what happens to a person's agent: one byte for what, and then what it needs.
func playPeerScript(_ input: [UInt8]) throws(Finding) {
    let (steps, isWhole) = Script.extent(of: input)
    var script = Script(input)
    var world = PeerWorld()
    try world.start()
    for _ in 0..<steps where !script.isAtEnd { try world.play(&script) }
    try world.end(isWhole: isWhole)
}

extension PeerWorld {
    fileprivate mutating func play(_ script: inout Script) throws(Finding) {
        switch script.below(16) {
        case 0: try handle(.joined)
        case 1: try handle(.reachable(at: Contact(key: PublicKey(script.bytes32()), endpoint: NodeWorld.endpoint)))
        case 2, 3, 4: try answer(&script)
        case 5, 6: try deliver(&script)
        case 7: try send(&script)
        case 8: try read(&script)
        case 9: try pass(.milliseconds(1 << Int64(script.below(20))))
        case 10: now.utc = UnixTime(seconds: script.flag() ? Sample.now.seconds : Int64(bitPattern: script.u64()))
        case 11: try commit(script.one(of: [.committed, .committed, .full, .failed]))
        case 12:
            if script.flag() { return try handle(.clock(script.clock())) }
            commitsAtOnce.toggle()
        case 13: try handle(.announced(mailbox: ownMailbox(&script)))
        case 14:
            try handle(
                .announcers(
                    mailbox: ownMailbox(&script), Announcers(script.below(4), doubted: script.below(4))))
        default:
            switch script.below(4) {
            case 0: try offer(&script)
            case 1:
                let place = OwnPlace(
                    key: PublicKey(script.bytes32()), observed: [NodeWorld.endpoint], local: NodeWorld.strangers)
                try handle(.placeChanged(place))
            case 2:
                let tombstone = Tombstone(
                    envelope: EnvelopeID(script.bytes32()), expiry: Sample.now.day,
                    signature: Signature(r: .zero, s: .zero))
                try handle(.collected([tombstone]))
            default: try restart()
            }
        }
    }

    // MARK: What the person does

    private mutating func send(_ script: inout Script) throws(Finding) {
        let friend = friends[script.below(friends.count)].id
        let key = script.flag() ? "key \(script.below(3))" : nil
        let text = String(decoding: script.string(), as: UTF8.self)
        try call { agent, now, outbox in _ = try? agent.send(text, to: friend, key: key, now: now, into: &outbox) }
    }

    private mutating func read(_ script: inout Script) throws(Finding) {
        let (isCancelled, number) = (script.flag(), Int(script.u8()))
        let ids = isCancelled ? agent.outgoingMessages().map(\.id) : agent.inbox(InboxFilter(), now: now).map(\.id)
        guard !ids.isEmpty else { return }
        let id = ids[number % ids.count]
        try call { agent, now, outbox in
            if isCancelled {
                _ = agent.cancel(id, now: now, into: &outbox)
            } else {
                agent.markRead([.message(id)], now: now, into: &outbox)
            }
        }
    }

    // MARK: What comes from outside

    private mutating func deliver(_ script: inout Script) throws(Finding) {
        deliveries += 1
        let (mailbox, bytes) = envelope(&script)
        try handle(.envelopeDelivered(DeliveryID(number: deliveries), mailbox: mailbox, envelope: bytes))
    }

    /// Somebody offers a way: bytes that make no sense, as only who holds a friend's key could make others.
    private mutating func offer(_ script: inout Script) throws(Finding) {
        let (mailbox, asker) = (ownMailbox(&script), script.one(of: NodeWorld.strangers))
        deliveries += 1
        try handle(
            .offerCame(OfferID(number: deliveries), mailbox: mailbox, offer: script.string(), asker: asker))
    }

    private func ownMailbox(_ script: inout Script) -> MailboxID {
        let epoch = Epoch(number: Sample.now.epoch.number + UInt32(script.below(4)) - 1)
        return Sample.profile.blinded(for: .mailbox, epoch: epoch).location
    }

    /// An envelope for one of the person's mailboxes: sealed by somebody, or made up.
    private mutating func envelope(_ script: inout Script) -> (MailboxID, [UInt8]) {
        let mailbox = ownMailbox(&script)
        let expiry = Sample.now.day.advanced(by: script.below(20) - 2)
        if script.below(4) == 0 {
            let header = EnvelopeHeader(expiry: expiry, sizeClass: 0)
            let start = script.string()
            return (
                mailbox, header.assemble(sealed: start + Array(repeating: 0, count: header.sealed.count - start.count))
            )
        }
        let (friend, content) = (friends[script.below(friends.count)], script.content(about: agent.outgoingMessages()))
        return (mailbox, seal(content, by: friend, in: mailbox, expiry: expiry))
    }

    /// Answers one of the agent's commands, as a node might.
    private mutating func answer(_ script: inout Script) throws(Finding) {
        guard !underWay.isEmpty else { return }
        let index = Int(script.u8()) % underWay.count
        let (id, command) = underWay[index]
        guard let event = event(answering: id, command, &script) else { return }
        if event.isFinal { underWay.remove(at: index) }
        try handle(event)
    }

    private mutating func event(answering id: CommandID, _ command: NodeCommand, _ script: inout Script) -> NodeEvent? {
        if script.below(16) == 0 { return .busy(id) }
        switch command {
        case .lookup, .authorize, .fetch, .approach, .watch, .acceptDeliveries, .resolveDelivery, .answerOffer, .cancel:
            return nil
        case .offer(_, let offer):
            let answer = script.flag() ? script.string() : offer
            return .offerAnswered(
                id, answer: script.flag() ? answer : nil, answerer: script.flag() ? NodeWorld.endpoint : nil)
        case .openWay(let key, let endpoints, _, _):
            guard script.flag(), let endpoint = endpoints.first else { return .wayClosed(id) }
            return .wayOpened(id, Contact(key: key, endpoint: endpoint))
        case .fetchRecord(let location):
            return .record(id, record: record(at: location, &script), answered: script.below(20))
        case .publishRecord: return .recordPublished(id, script.tally())
        case .checkRecord: return .recordChecked(id, script.tally())
        case .deposit(_, _, let envelope):
            let tally = script.tally()
            if script.flag() { return .depositProgress(id, tally) }
            let tombstone = Tombstone(
                envelope: EnvelopeID(hashing: envelope.span.bytes), expiry: Sample.now.day,
                signature: Signature(r: .zero, s: .zero))
            return .depositFinished(id, tally, collected: script.flag() ? tombstone : nil)
        case .deliver:
            return .delivery(id, script.one(of: [.accepted, .unreachable, .refused(.invalid), .refused(.notFound)]))
        case .discard: return .discarded(id, script.tally())
        case .collect(let mailbox, _), .glance(let mailbox, _), .collectAnnounced(let mailbox, _):
            return event(ofCollecting: mailbox, id, &script)
        }
    }

    private mutating func event(ofCollecting mailbox: MailboxID, _ id: CommandID, _ script: inout Script) -> NodeEvent {
        switch script.below(5) {
        case 0:
            let binding = [UInt8](repeating: script.u8(), count: script.flag() ? 64 : 3)
            return .challenge(
                id, ChallengeID(number: 1), mailbox: mailbox, channelBinding: binding, responder: NodeID(.zero))
        case 1: return .offer(id, mailbox: mailbox, (0..<script.below(4)).map { _ in EnvelopeID(script.bytes32()) })
        case 2:
            let (sealedFor, bytes) = envelope(&script)
            let name = EnvelopeID(hashing: bytes.span.bytes)
            return .envelope(id, mailbox: script.flag() ? sealedFor : mailbox, name, bytes)
        case 3: return .envelopeUnavailable(id, mailbox: mailbox, EnvelopeID(script.bytes32()))
        default: return .collectFinished(id, mailbox: mailbox, script.tally())
        }
    }

    private mutating func record(at location: Location, _ script: inout Script) -> [UInt8]? {
        switch script.below(4) {
        case 0: return nil
        case 1: return script.string()
        default: return friendsRecord(at: location, sequence: UInt64(script.u8()))
        }
    }
}

extension NodeEvent {
    fileprivate var isFinal: Bool {
        switch self {
        case .offerAnswered(_, let answer, _): answer == nil
        case .record, .recordPublished, .recordChecked, .depositFinished, .delivery, .discarded, .collectFinished,
            .busy, .wayClosed:
            true
        default: false
        }
    }
}

extension Script {
    fileprivate mutating func clock() -> ClockStanding {
        switch below(3) {
        case 0: .unconfirmed
        case 1: .confirmed
        default: .differs(bySeconds: Int64(bitPattern: u64()))
        }
    }

    fileprivate mutating func tally() -> Tally {
        Tally(done: below(21), found: 20, refusal: flag() ? one(of: [.stale, .expiry, .mailboxFull]) : nil)
    }

    /// What a peer might write: their own messages from few, so that they meet; or of ours, that they arrived.
    fileprivate mutating func content(about sent: [SentMessage]) -> Content {
        let (id, parent) = (MessageID(UInt128(below(8))), flag() ? MessageID(UInt128(below(8))) : nil)
        let lamport = flag() ? UInt64(u8()) : u64() % (Limits.lamport + 1)
        let body: Content.Body
        switch below(4) {
        case 0, 1: body = .text(String(decoding: string(), as: UTF8.self))
        case 2:
            let ids = sent.isEmpty || flag() ? [MessageID(UInt128(u8()))] : [sent[below(sent.count)].id]
            body = .receipt(delivered: ids, read: flag() ? ids : [])
        default: body = .unknown(u8(), bytes: [])
        }
        // Drawn from what was drawn: else the inputs that are kept would mean something else.
        var name: NameClaim?
        if case .text(let text) = body { name = NameClaim(text, version: lamport) }
        return Content(id: id, parent: parent, lamport: lamport, sentAt: Sample.now, body: body, name: name)
    }
}
