import Basics
import Sessions

/// Two parties on a link that loses, duplicates, delays and replays. Each asks the other as a node does: again every
/// second until it is answered, and at once when the session is lost. Half of the questions are answered at once and the
/// rest a little later, as by a node that waits for its disk.
struct VirtualLink {
    /// What can happen to a datagram.
    enum Fault: Hashable, CaseIterable {
        case drop
        case duplicate
        /// It comes after those that were sent just after it…
        case overtaken
        /// …or after whole exchanges.
        case late
        /// It comes once more, when everything has moved on.
        case replay
        /// The same, from an address of somebody else's.
        case replayFromElsewhere
    }

    struct Faults {
        var loss = 0.0
        var duplication = 0.0
        /// Datagrams of any age that are delivered once more.
        var replay = 0.0
        /// Seconds from sending to receiving. Where it is a range, datagrams overtake each other.
        var latency = 0.01...0.2
        /// What happens to the one datagram of that number.
        var single: (number: Int, fault: Fault)?
    }

    private enum Event {
        case datagram([UInt8], from: Endpoint, to: Endpoint)
        case ask(from: Int, requestID: UInt32, as: IdentityID)
        case answer(from: Int, requestID: UInt32, over: ReplyCarrier)
        case change((inout VirtualLink) -> Void)
    }

    private struct Receipt: Hashable {
        let party: Int
        let bytes: [UInt8]
    }

    let parties: [Party]
    /// Somebody who has recorded what was sent.
    let thief = Endpoint(ipv4: 0x0a00_0063, port: 9)
    var faults: Faults
    private(set) var now = at(0)
    /// Requests answered, by the asking party.
    private(set) var answered: [Set<UInt32>] = [[], []]
    private(set) var asked: [Set<UInt32>] = [[], []]
    /// Datagrams sent so far.
    private(set) var sent = 0
    /// Answers and requests that nobody can have sent, or that came in a session with somebody else.
    private(set) var inventions = 0
    /// Datagrams other than initiations that led to something for a second time.
    private(set) var repetitions = 0
    /// Bytes that went to the thief beyond what came from there, or three times that where it was under a session's keys: never above 0.
    private(set) var gainOfThief = 0
    private(set) var requestsServed = 0
    /// How often a session has gone over to another path.
    private(set) var moves = 0

    private var random: SeededGenerator
    private var queue: [(due: Instant, sequence: Int, event: Event)] = []
    private var sequence = 0
    private var past: [(bytes: [UInt8], from: Endpoint, to: Endpoint)] = []
    private var believed: Set<Receipt> = []
    /// The challenges that have come. Their answers may come so late that nothing is remembered of them.
    private var challenges: Set<UInt32> = []

    init(seed: UInt64, faults: Faults, modes: [NodeMode] = [.server, .server]) {
        parties = [Party(1, mode: modes[0], seed: seed), Party(2, mode: modes[1], seed: seed)]
        self.faults = faults
        random = SeededGenerator(seed: seed)
    }

    /// Has a party ask again and again, every second, until it is answered.
    mutating func ask(from party: Int, requestID: UInt32, as identity: IdentityID = .node, after delay: Double) {
        asked[party].insert(requestID)
        schedule(.ask(from: party, requestID: requestID, as: identity), after: delay)
    }

    /// Has something else happen.
    mutating func change(after delay: Double, _ change: @escaping (inout VirtualLink) -> Void) {
        schedule(.change(change), after: delay)
    }

    /// Runs for so many seconds; then nothing is there that should be gone.
    mutating func run(for seconds: Double) {
        let end = now + .seconds(seconds)
        while true {
            let next = queue.indices.min {
                (queue[$0].due, queue[$0].sequence) < (queue[$1].due, queue[$1].sequence)
            }
            let deadline = parties.compactMap(\.table.nextDeadline).min()
            if let deadline, deadline <= end, next.map({ deadline < queue[$0].due }) ?? true {
                now = max(now, deadline)
                for party in parties { party.handleDeadline(now: now) }
                sendAll()
            } else if let next, queue[next].due <= end {
                let (due, _, event) = queue.remove(at: next)
                now = max(now, due)
                handle(event)
                sendAll()
            } else {
                break
            }
        }
        now = end
        for party in parties { party.handleDeadline(now: now) }
        sendAll()
    }

    private mutating func sendAll() {
        for party in parties {
            moves += party.table.takeMoved().count
            for datagram in party.drain() { send(datagram.bytes, from: party, to: datagram.to) }
        }
    }

    private mutating func handle(_ event: Event) {
        switch event {
        case .ask(let party, let requestID, let identity):
            guard !answered[party].contains(requestID) else { return }
            request(requestID, from: party, as: identity)
            schedule(event, after: 1)
        case .answer(let party, let requestID, let carrier):
            _ = parties[party].reply(Party.response(requestID), over: carrier, now: now)
        case .datagram(let bytes, let sender, let receiver):
            guard let party = parties.firstIndex(where: { $0.endpoint == receiver }) else { return }
            let received = parties[party].receive(bytes, from: sender, now: now)
            // What opened under a session's keys may be answered with three times as much.
            let hasOpened = bytes.first == 3 && (received.isAuthentic || received == .nothing(.empty))
            if sender == thief { gainOfThief -= hasOpened ? Limits.amplification * bytes.count : bytes.count }
            recordBelief(in: bytes, received, at: party)
            handle(received, from: sender, at: party)
        case .change(let change):
            change(&self)
        }
    }

    private func request(_ requestID: UInt32, from party: Int, as identity: IdentityID) {
        _ = parties[party].request(
            requestID, to: parties[1 - party], as: identity, padding: Int(requestID % 700), now: now)
    }

    /// An initiation may be served twice: what it carries is harmless, and admits nobody.
    private mutating func recordBelief(in bytes: [UInt8], _ received: Received, at party: Int) {
        if case .nothing(let reason) = received, reason != .empty, reason != .answered { return }
        guard bytes.first != 1, bytes.first != 5 else { return }
        if !believed.insert(Receipt(party: party, bytes: bytes)).inserted { repetitions += 1 }
    }

    private mutating func handle(_ received: Received, from sender: Endpoint, at party: Int) {
        let body = parties[party].received
        switch received {
        case .request(let session, let carrier, let header):
            if parties[party].answerChallenge(in: session, over: carrier, from: sender, now: now) {
                challenges.insert(header.requestID)
                return
            }
            guard let requestID = Party.requestID(of: body), asked[1 - party].contains(requestID),
                body == Party.request(requestID, padding: Int(requestID % 700)), isOther(session, of: party)
            else {
                inventions += 1
                return
            }
            requestsServed += 1
            if Bool.random(using: &random) {
                _ = parties[party].reply(Party.response(requestID), over: carrier, now: now)
            } else {
                if case .handshake = carrier { _ = parties[party].reply([], over: carrier, now: now) }
                let later = parties[party].table.laterCarrier(of: carrier)
                schedule(.answer(from: party, requestID: requestID, over: later), after: 0.02)
            }
        case .response(_, let header) where challenges.contains(header.requestID): break
        case .response(let session, _), .established(let session, response: _?):
            guard let requestID = Party.requestID(of: body), asked[party].contains(requestID),
                body == Party.response(requestID), isOther(session, of: party)
            else {
                inventions += 1
                return
            }
            answered[party].insert(requestID)
        case .lost(let identity, _):
            for requestID in asked[party].subtracting(answered[party]).sorted() {
                request(requestID, from: party, as: identity)
            }
        case .established(_, response: nil), .proven, .challengeAnswered, .hello, .nothing: break
        case .helloAnswer: inventions += 1
        }
    }

    /// Whether a session that something came in is one with the other party.
    private func isOther(_ session: SessionID, of party: Int) -> Bool {
        guard let info = parties[party].table.info(session) else { return false }
        return info.identity != .node || info.remoteMode == .client || info.remoteID == parties[1 - party].id
    }

    private mutating func send(_ bytes: [UInt8], from party: Party, to receiver: Endpoint) {
        let from = party.endpoint
        past.append((bytes, from, receiver))
        sent += 1
        if receiver == thief { gainOfThief += bytes.count }
        if let (number, fault) = faults.single, number == sent - 1 {
            return suffer(fault, bytes, from: from, to: receiver)
        }
        if chance(faults.replay), let old = past.randomElement(using: &random) {
            let sender = Bool.random(using: &random) ? old.from : thief
            deliver(old.bytes, from: sender, to: old.to)
        }
        if chance(faults.loss) { return }
        deliver(bytes, from: from, to: receiver)
        if chance(faults.duplication) { deliver(bytes, from: from, to: receiver) }
    }

    private mutating func suffer(_ fault: Fault, _ bytes: [UInt8], from: Endpoint, to: Endpoint) {
        switch fault {
        case .drop: return
        case .duplicate:
            deliver(bytes, from: from, to: to)
            deliver(bytes, from: from, to: to)
        case .overtaken: deliver(bytes, from: from, to: to, later: 0.3)
        case .late: deliver(bytes, from: from, to: to, later: 4)
        case .replay:
            deliver(bytes, from: from, to: to)
            deliver(bytes, from: from, to: to, later: 8)
        case .replayFromElsewhere:
            deliver(bytes, from: from, to: to)
            deliver(bytes, from: thief, to: to, later: 8)
        }
    }

    private mutating func deliver(_ bytes: [UInt8], from: Endpoint, to: Endpoint, later: Double = 0) {
        let latency = Double.random(in: faults.latency, using: &random)
        schedule(.datagram(bytes, from: from, to: to), after: latency + later)
    }

    private mutating func schedule(_ event: Event, after delay: Double) {
        sequence += 1
        queue.append((now + .seconds(delay), sequence, event))
    }

    private mutating func chance(_ probability: Double) -> Bool {
        probability > 0 && Double.random(in: 0..<1, using: &random) < probability
    }

    /// Delivers everything that was ever sent, but for initiations, once more in its order, and counts the requests that
    /// led to.
    mutating func replayAll() -> Int {
        let before = requestsServed
        for (bytes, from, to) in past where bytes.first != 1 { handle(.datagram(bytes, from: from, to: to)) }
        for party in parties { _ = party.drain() }
        return requestsServed - before
    }
}
