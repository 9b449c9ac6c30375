import Basics
import Cryptography
import Exchange
import Sessions
import Wire

/// Ways between people behind NATs: those that this node opens for its person, the offers that others make to that person, and
/// those that it passes on as a buddy.
struct Punching {
    private var ways = Ways()
    private var offers = Offers()
    private var passages = Passages()
    /// Where this node may be found, as the person's side was told last, and where others saw it then.
    private var place: OwnPlace?
    private var seen: (ipv4: Endpoint?, ipv6: Endpoint?)
    /// Where it says that it sees others: for simulated liars.
    var pretence: Endpoint?

    // MARK: The person's ways

    /// Most other nodes see this node here. Returns whether that is news: then it is to be told of the whole place.
    mutating func observe(seenAt ipv4: Endpoint?, _ ipv6: Endpoint?) -> Bool {
        defer { seen = (ipv4, ipv6) }
        return seen != (ipv4, ipv6)
    }

    /// This node may be found here.
    mutating func observe(_ place: OwnPlace, _ turn: inout Turn) {
        guard self.place != place else { return }
        self.place = place
        turn.tell(.placeChanged(place))
    }

    /// Begins to open a way, or says that it is closed.
    mutating func open(
        _ command: CommandID, to key: PublicKey, at candidates: [Endpoint], attested: Endpoint, nonce: UInt64,
        _ turn: inout Turn
    ) {
        let isBegun = ways.begin(
            command, to: key, at: candidates, attested: attested, nonce: nonce, now: turn.now.monotonic)
        guard !isBegun else { return }
        turn.tell(.wayClosed(command))
    }

    /// Gives up a way without a word.
    mutating func cancel(_ command: CommandID) { ways.cancel(command) }

    /// Somebody says hello.
    mutating func observeHello(_ nonce: UInt64, from endpoint: Endpoint, _ turn: inout Turn) {
        if ways.observeHello(nonce, from: endpoint, now: turn.now.monotonic) { turn.mark(.wayHelloCame) }
    }

    /// The session with a node goes to another endpoint.
    mutating func observeMove(of key: PublicKey, from former: Endpoint, to endpoint: Endpoint, _ turn: inout Turn) {
        for command in ways.observeMove(of: key, from: former, to: endpoint) {
            turn.mark(.wayMoved)
            turn.tell(.wayOpened(command, Contact(id: key.nodeID, key: key, endpoint: endpoint)))
        }
    }

    /// A hello is answered. Returns whether it is that of a way.
    mutating func observe(_ answer: HelloAnswer, from endpoint: Endpoint, _ turn: inout Turn) -> Bool {
        switch ways.observe(answer, from: endpoint, now: turn.now.monotonic) {
        case .none: return false
        case .known: break
        case .opened(let command, let contact):
            turn.mark(.wayOpened)
            turn.tell(.wayOpened(command, contact))
        }
        return true
    }

    /// Something goes straight to a node.
    mutating func observeUse(of key: PublicKey, now: Instant) { ways.observeUse(of: key, now: now) }

    /// Where to say hello now; called until nil.
    mutating func nextHello(_ turn: inout Turn) -> (nonce: UInt64, endpoint: Endpoint, isAttested: Bool)? {
        let now = turn.now.monotonic
        while let step = ways.next(now: now) {
            switch step {
            case .hello(let nonce, let endpoint):
                return (nonce, endpoint, ways.isAttested(endpoint, nonce: nonce, now: now))
            case .closed(let command):
                turn.mark(.wayClosed)
                turn.tell(.wayClosed(command))
            }
        }
        return nil
    }

    /// When it wants to be asked for hellos or refusals.
    var nextDue: Instant? {
        guard let refusal = passages.nextDue else { return ways.nextDue }
        return min(ways.nextDue ?? refusal, refusal)
    }

    // MARK: Offers to the person

    /// A buddy passes an offer on. Returns the answer to it, if that is known already.
    mutating func receive(
        _ offer: [UInt8], in mailbox: MailboxID, from asker: Endpoint, _ header: RPCHeader, over carrier: ReplyCarrier,
        _ turn: inout Turn
    ) -> LateAnswer? {
        switch offers.receive(
            Blake2b.hash256(mailbox.bytes.array + offer), header, over: carrier, now: turn.now.monotonic)
        {
        case .new(let id):
            turn.tell(.offerCame(id, mailbox: mailbox, offer: offer, asker: asker))
            return nil
        case .answered(let answer): return LateAnswer(passing: answer, seenAt: nil, to: header, over: carrier)
        case .waits: return nil
        case .refused:
            turn.mark(.offerIgnored)
            return LateAnswer(refusing: header, over: carrier)
        }
    }

    /// The person has answered, or won't. Returns the answer to the buddy.
    mutating func resolve(_ id: OfferID, with answer: [UInt8]?) -> LateAnswer? {
        guard let (carrier, header) = offers.resolve(id, with: answer) else { return nil }
        return answer.map { LateAnswer(passing: $0, seenAt: nil, to: header, over: carrier) }
            ?? LateAnswer(refusing: header, over: carrier)
    }

    // MARK: Offers passed on

    /// Somebody wants an offer passed on. Returns whether it is to be; where it isn't, or gets no answer, `nextRefusal` says so.
    mutating func take(
        _ header: RPCHeader, of asker: SessionInfo, for mailbox: MailboxID, over carrier: ReplyCarrier,
        _ turn: inout Turn
    ) -> Bool {
        let now = turn.now.monotonic
        guard passages.hold(header, of: asker.remoteID, from: asker.endpoint, over: carrier, now: now) else {
            return false
        }
        let mayPass = passages.mayPass(to: mailbox, from: asker.endpoint, now: now)
        turn.mark(mayPass ? nil : .offersUsedUp)
        return mayPass
    }

    /// The reader of a mailbox has answered an offer, or hasn't. Returns what who asked hears of it now. `path`: where this node sees
    /// the reader.
    mutating func follow(_ request: SingleRequest, over path: Path?) -> LateAnswer? {
        guard case .passage(let passage) = request.goal, let bytes = request.answer, let path,
            let carrier = passages.resolve(passage.header, of: passage.asker)
        else { return nil }
        return LateAnswer(passing: bytes, seenAt: pretence ?? path.endpoint, to: passage.header, over: carrier)
    }

    /// Somebody is to hear now that nobody answers their offer; called until nil.
    mutating func nextRefusal(_ turn: inout Turn) -> LateAnswer? {
        passages.nextRefusal(now: turn.now.monotonic).map { LateAnswer(refusing: $0.header, over: $0.carrier) }
    }
}
