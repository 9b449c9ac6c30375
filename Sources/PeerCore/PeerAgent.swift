import Basics
import Conversations
import Cryptography
import Exchange
import Storage

/// What serves a person: it brings their messages to others, fetches what waits for them, and tells the truth about both.
/// A pure state machine. Its driver hands it the node's events and the time, and drains the outbox and the writes after
/// every call. All that must survive lies in the store: what one call writes is durable as a whole or not at all, and
/// what follows from a write (an acceptance, the first sending of an envelope, a discard, a receipt) is done only when it is
/// durable. Everything else is rebuilt from the store, after a start as after a failed commit.
/// It coordinates its components: it tells each what happens, and carries what one of them wants to another. It decides nothing.
public struct PeerAgent {
    /// The person served.
    public let id: PeerID

    var turn: Turn
    var sent: SentMessages
    var sending: Sending
    var receipts = Receipts()
    var collecting: Collecting
    var inbox: Inbox
    let history: History
    let indexing = HistoryIndexing()
    var publishing: Publishing
    var directory: Directory
    var punching: Punching

    /// Rebuilds everything from the store. `seed` is secret and never used twice; `endpointReaders` may read where this person's
    /// node is reached; `power`: how often its device may wake for mail.
    public init(
        profile: ProfileKey, suite: CipherSuite, endpointReaders: EndpointReaders = .accepted,
        power: PowerSetting = .normal, store: any StoreReader, seed: Bytes32, now: Now
    ) {
        id = profile.peerID
        turn = Turn(of: id, store: store, endpointReaders: endpointReaders, seed: seed, now: now)
        sent = SentMessages(profile: profile)
        let cipher = EnvelopeCipher(profile: profile, suite: suite)
        sending = Sending(cipher: cipher, suite: suite)
        collecting = Collecting(profile: profile, power: power)
        inbox = Inbox(cipher: cipher)
        history = History(id: profile.peerID)
        publishing = Publishing(profile: profile, suite: suite)
        directory = Directory(suite: suite)
        punching = Punching(profile: profile, suite: suite)
        load(pause: .zero)
    }

    /// Builds all that is not in the store from what is. After a failure, work resumes only after a pause.
    mutating func load(pause: Duration) {
        turn.removeAllTimers()
        turn.loadConversations()
        let underWay = sending.load(pause: pause, &turn)
        sent.load(underWay, &turn)
        directory.removeAll()
        punching.startOver(&turn)
        receipts.load(underWay.filter { $0.entry.kind == .receipt }.map { ($0.id, $0.entry.to) }, &turn)
        collecting.load(&turn)
        inbox.load(&turn)
        indexing.load(&turn)
        publishing.load(pause: pause, &turn)
        turn.schedule(.housekeeping, in: .zero)
    }

    // MARK: What happens

    mutating func route(_ event: NodeEvent) {
        switch event {
        case .clock(let standing): route(turn.report(standing))
        case .erasureDelay(let seconds): turn.delayErasure(bySeconds: seconds)
        case .joined:
            turn.nodeHasJoined()
            collecting.resumePolling(after: .zero, &turn)
            publishing.nodeHasJoined(&turn)
            sending.retryUnstored(&turn)
        case .networkReturned: startOver()
        case .reachable(let contact): publishing.nodeIsReached(at: contact, &turn)
        case .unreachable: publishing.nodeIsReached(at: nil, &turn)
        case .record(let id, let record, let answered): recordFetched(id, record, answered: answered)
        case .recordPublished(let id, let tally), .recordChecked(let id, let tally):
            publishing.recordPublished(id, tally, &turn)
        case .depositProgress(let id, let tally): sending.depositProgressed(id, tally, &turn)
        case .depositFinished(let id, let tally, let tombstone):
            carry(sending.depositFinished(id, tally, tombstone, &turn))
        case .collected(let tombstones): sending.envelopesWereCollected(tombstones, &turn)
        case .delivery(let id, let outcome): carry(sending.deliveryEnded(id, outcome, &turn))
        case .challenge(let id, let challenge, let mailbox, let binding, let responder):
            collecting.buddyChallenges(id, challenge, mailbox, binding, responder, &turn)
        case .offer(let id, let mailbox, let envelopes): offered(id, mailbox, envelopes)
        case .envelope(let id, let location, let envelope, let bytes):
            guard let mailbox = collecting.mailbox(collectedBy: id, at: location, turn.errands) else { return }
            let outcome = openAndStore(bytes, envelope, mailbox, nil)
            let finding = collecting.envelopeFetched(envelope, from: mailbox, outcome, size: bytes.count, &turn)
            if finding == .dataMayBeOlder { publishing.dataMayBeOlder(&turn) }
        case .collectFinished(let id, _, let tally): collecting.collectFinished(id, tally, &turn)
        case .announced(let mailbox): collecting.mailWasAnnounced(in: mailbox, &turn)
        case .announcers(let mailbox, let left): collecting.announcersChanged(to: left, in: mailbox, &turn)
        case .envelopeUnavailable(let id, let mailbox, _): collecting.envelopeUnavailable(id, in: mailbox, &turn)
        case .discarded(let id, _): collecting.discardFinished(id, &turn)
        case .envelopeDelivered(let delivery, let location, let bytes):
            guard let mailbox = collecting.mailbox(at: location) else {
                turn.mark(.deliveryForNoMailbox)
                return turn.answer(delivery, .refused(.unopenable))
            }
            let outcome = openAndStore(bytes, EnvelopeID(hashing: bytes.span.bytes), mailbox, delivery)
            if let answer = outcome.answer { turn.answer(delivery, answer) }
        case .offerAnswered(let id, let answer, let endpoint): punching.offerAnswered(id, answer, at: endpoint, &turn)
        case .offerCame(let id, let mailbox, let offer, let asker):
            punching.offerCame(id, in: mailbox, offer, from: asker, &turn)
        case .wayOpened(let id, let contact): punching.wayOpened(id, at: contact, &turn)
        case .wayClosed(let id): punching.wayClosed(id, &turn)
        case .placeChanged(let place): punching.nodeIsFound(at: place)
        case .busy(let id): routeBusy(id)
        case .lookupRound, .lookupFinished: break
        }
    }

    /// The node does not even begin with a command: it counts as answered, but by no node.
    private mutating func routeBusy(_ id: CommandID) {
        turn.mark(.nodeWasBusy)
        switch turn.errands[id] {
        case .record, .readOwnRecord: recordFetched(id, nil, answered: 0)
        case .direct: carry(sending.deliveryEnded(id, .unreachable, &turn))
        case .deposit: carry(sending.depositFinished(id, Tally(), nil, &turn))
        case .collect, .receive: collecting.collectFinished(id, nil, &turn)
        case .discard: collecting.discardFinished(id, &turn)
        case .publish: publishing.recordPublished(id, Tally(), &turn)
        case .offer: punching.offerAnswered(id, nil, at: nil, &turn)
        case .way: punching.wayClosed(id, &turn)
        case nil: break
        }
    }

    mutating func route(_ item: AgendaItem) {
        switch item {
        case .attempt(let id): sending.attemptIsDue(id, &turn)
        case .deposit(let id): sending.depositIsDue(id, &turn)
        case .receipts(let peer): accept(receipts.nextBatch(for: peer, &turn), to: peer, .receipt, key: nil)
        case .poll(let epoch): collecting.lookIsDue(into: epoch, &turn)
        case .stall(let epoch): collecting.fetchStalls(in: epoch, &turn)
        case .discard(let epoch): collecting.discardIsDue(in: epoch, &turn)
        case .publish: publishing.isDue(&turn)
        case .farewell(let peer): punching.giveUpWay(to: peer, &turn)
        case .ordering: inbox.orderingIsDue(&turn)
        case .numbering: inbox.numberingIsDue(&turn)
        case .indexing: indexing.portionIsDue(of: id, &turn)
        case .housekeeping: keepHouse()
        }
    }

    mutating func route(_ step: AwaitedStep) {
        switch step {
        case .acceptance(let id): sent.becameDurable(id, sending.entry(of: id), &turn)
        case .change(let change): sent.changeIsDurable(change, &turn)
        case .envelope(let id, let peer):
            let record = directory.record(of: peer)
            carry(sending.envelopeIsDurable(id, to: punching.contacts(of: peer, by: record), by: record, &turn))
        case .arrival(let ticket):
            guard let arrival = inbox.arrivalIsDurable(ticket, &turn) else { return }
            if let envelope = arrival.envelopeInMailbox {
                collecting.discard(envelope, expiry: arrival.expiry, in: arrival.epoch, &turn)
            }
            if let peer = arrival.owed {
                receipts.scheduleBatch(for: peer, &turn)
                carry(directory.prepare(for: peer, &turn))
            }
            inbox.showArrived(arrival, &turn)
        case .unopenedDiscard(let entry):
            collecting.discard(entry.envelope, expiry: entry.expiry, in: entry.mailbox, &turn)
        case .lateNumber(let position, let arrival): inbox.lateNumberIsDurable(position, arrival, &turn)
        case .oldNumbers(let last): inbox.oldNumbersAreDurable(through: last, &turn)
        case .historyPortion: indexing.portionIsDurable(&turn)
        case .notice(let notice): turn.notify(notice)
        case .ownRecords: publishing.recordsAreDurable(&turn)
        }
    }

    /// What a step waited for is lost. What is not told here is rebuilt from the store.
    mutating func routeLost(_ step: AwaitedStep, _ result: CommitResult) {
        switch step {
        case .acceptance(let id): sent.wasLost(id, sending.entry(of: id), result, &turn)
        case .arrival(let ticket): inbox.arrivalIsLost(ticket, &turn)
        case .change, .envelope, .unopenedDiscard, .lateNumber, .oldNumbers: break
        case .historyPortion, .notice, .ownRecords: break
        }
    }

    private mutating func route(_ news: ClockGuard.News) {
        guard news != .isInDoubt else { return turn.mark(.agentsClockInDoubt) }
        sending.dateMessages(&turn)
        turn.schedule(.housekeeping, in: .zero)
        if news == .hasRecovered {
            turn.mark(.agentsClockRecovered)
            collecting.clockHasRecovered(&turn)
        }
        publishing.clockIsUsable(&turn)
        sending.retryUnstored(&turn)
    }

    /// Ends every pause that a failure began.
    mutating func startOver() {
        guard turn.isJoined else { return }
        punching.startOver(&turn)
        sending.startOver(&turn)
        sending.lookupsWereCalledOff(directory.startOver(&turn), &turn)
        sending.retryUnstored(andStoredLately: true, &turn)
        collecting.startOver(&turn)
        publishing.startOver(&turn)
    }

    private mutating func keepHouse() {
        if collecting.followEpochs(&turn) == .epochHasBegun {
            publishing.epochHasBegun(&turn)
            turn.beginTidying()
        }
        var done = 0
        if let time = turn.erasingTime {
            carry(sending.expire(by: time, &turn))
            publishing.forgetPrekeys(by: time, &turn)
            collecting.forgetExpired(by: time, &turn)
            done = max(turn.tidyConversations(mayForget: isHistoryIndexed), inbox.forgetOutdated(by: time, &turn))
        }
        turn.schedule(.housekeeping, in: Housekeeping.pause(turn.now.utc, done: done))
    }

    // MARK: What components want of others

    mutating func carry(_ directives: [SendingDirective]) {
        for directive in directives {
            switch directive {
            case .distrust(let peer): directory.distrust(peer)
            case .giveUpWay(let peer): punching.giveUpWay(to: peer, &turn)
            case .wantWay(let peer, let mailbox): punching.wantWay(to: peer, mailbox: mailbox, &turn)
            case .receiptsHaveEnded(let peer): receipts.batchHasEnded(to: peer, &turn)
            }
        }
    }

    mutating func carry(_ finding: Directory.Finding?) {
        guard let finding else { return }
        for id in finding.messages {
            let ways = punching.contacts(of: finding.peer, by: finding.record)
            carry(sending.recordFound(finding.record, at: ways, otherwise: finding.failure, for: id, &turn))
        }
    }

    mutating func recordFetched(_ id: CommandID, _ bytes: [UInt8]?, answered: Int) {
        if let answer = directory.recordFetched(id, bytes, answered: answered, &turn) {
            if let record = answer.record { sending.recordIsNew(record, &turn) }
            carry(answer.finding)
        }
        publishing.ownRecordFetched(id, bytes, answered: answered, &turn)
    }

    /// Begins to bring something to a peer, if there is anything.
    mutating func accept(_ content: Content?, to peer: PeerID, _ kind: OutboxEntry.Kind, key: String?) {
        if let content { sending.insert(content.id, sent.write(content, to: peer, kind, key: key, &turn), &turn) }
    }

    mutating func offered(_ id: CommandID, _ location: MailboxID, _ envelopes: [EnvelopeID]) {
        guard let mailbox = collecting.mailbox(collectedBy: id, at: location, turn.errands) else {
            // A collect stays open until its offers are answered.
            turn.mark(.offerOfFormerMailbox)
            return turn.answer(id, .fetch([]))
        }
        let room = inbox.room(turn.view)
        let (new, done) = inbox.sort(collecting.worthALook(envelopes, in: mailbox, now: turn.now.monotonic), &turn)
        for envelope in done {
            collecting.discard(envelope.envelope, expiry: envelope.expiry, in: mailbox.epoch, &turn)
            guard let receipt = inbox.repeatedReceipt(for: envelope, &turn) else { continue }
            receipts.owe(receipt, &turn)
            receipts.scheduleBatch(for: receipt.to, &turn)
        }
        collecting.ask(for: new, in: mailbox, room: room, by: id, &turn)
    }

    mutating func openAndStore(
        _ bytes: [UInt8], _ envelope: EnvelopeID, _ mailbox: Collecting.Mailbox, _ delivery: DeliveryID?
    ) -> OpenOutcome {
        let opening = inbox.open(
            bytes, envelope, mailbox: mailbox.location, epoch: mailbox.epoch, prekeys: publishing.prekeys,
            delivery: delivery, &turn)
        switch opening {
        case .nothing(let outcome): return outcome
        case .letter(let letter):
            let sender = letter.opened.sender
            if delivery != nil { sending.peerWasHeard(sender, &turn) }
            collecting.envelopeWasOpened(envelope, &turn)
            if case .receipt(let delivered, let read) = letter.opened.content.body {
                carry(sending.receiptCame(delivered, .delivered, by: sender, &turn))
                carry(sending.receiptCame(read, turn.view.tellsOfReading ? .read : .delivered, by: sender, &turn))
            } else {
                punching.peerHasWritten(sender)
            }
            if let receipt = inbox.store(letter, &turn) { receipts.owe(receipt, &turn) }
            return .underWay
        }
    }
}
