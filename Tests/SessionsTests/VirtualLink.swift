import Basics
import Sessions

/// Two parties on a link that loses, duplicates, reorders and replays, all drawn from one seed. Each asks the other, and
/// answers half of what it is asked at once and the rest a little later, as a node does that waits for its disk.
struct VirtualLink {
    struct Faults {
        var loss = 0.0
        var duplication = 0.0
        /// Datagrams of any age that are delivered once more.
        var replay = 0.0
    }

    private enum Event {
        case datagram(to: Int, bytes: [UInt8])
        case ask(from: Int, requestID: UInt32)
        case answer(from: Int, requestID: UInt32, over: ReplyPath)
    }

    var parties: [Party]
    var faults: Faults
    private(set) var now = at(0)
    /// Requests answered, by the asking party.
    private(set) var answered: [Set<UInt32>] = [[], []]
    /// Answers and requests that nobody can have sent.
    private(set) var inventions = 0
    /// Datagrams that an authentic session accepted, each of which must come once.
    private(set) var requestsServed = 0

    private var random: SeededGenerator
    private var queue: [(due: Instant, sequence: Int, event: Event)] = []
    private var sequence = 0
    private var past: [(to: Int, bytes: [UInt8])] = []
    private var asked: [Set<UInt32>] = [[], []]

    init(seed: UInt64, faults: Faults) {
        parties = [Party(1, seed: seed), Party(2, seed: seed)]
        self.faults = faults
        random = SeededGenerator(seed: seed)
    }

    /// Has a party ask again and again, every second, until it is answered.
    mutating func ask(from party: Int, requestID: UInt32, after delay: Double) {
        asked[party].insert(requestID)
        schedule(.ask(from: party, requestID: requestID), after: delay)
    }

    /// Runs for so many seconds.
    mutating func run(for seconds: Double) {
        let end = now + .seconds(seconds)
        while let next = queue.indices.min(by: {
            (queue[$0].due, queue[$0].sequence) < (queue[$1].due, queue[$1].sequence)
        }),
            queue[next].due <= end
        {
            let (due, _, event) = queue.remove(at: next)
            now = max(now, due)
            for party in parties {
                if let deadline = party.table.nextDeadline, deadline <= now { party.table.handleDeadline(now: now) }
            }
            handle(event)
            for party in 0..<2 { for datagram in parties[party].drain() { send(datagram.bytes, to: 1 - party) } }
        }
        now = end
    }

    private mutating func handle(_ event: Event) {
        switch event {
        case .ask(let party, let requestID):
            guard !answered[party].contains(requestID) else { return }
            _ = parties[party].request(requestID, to: parties[1 - party], padding: Int(requestID % 700), now: now)
            schedule(event, after: 1)
        case .answer(let party, let requestID, let path):
            _ = parties[party].reply(Party.response(requestID), over: path, now: now)
        case .datagram(let party, let bytes):
            let received = parties[party].receive(bytes, from: parties[1 - party].endpoint, now: now)
            handle(received, at: party)
        }
    }

    private mutating func handle(_ received: Received, at party: Int) {
        let body = parties[party].received
        switch received {
        case .request(_, let path):
            guard let requestID = Party.requestID(of: body), asked[1 - party].contains(requestID),
                body == Party.request(requestID, padding: Int(requestID % 700))
            else {
                inventions += 1
                return
            }
            requestsServed += 1
            if Bool.random(using: &random) {
                _ = parties[party].reply(Party.response(requestID), over: path, now: now)
            } else {
                if case .handshake = path { _ = parties[party].reply([], over: path, now: now) }
                let later = parties[party].table.laterPath(of: path)
                schedule(.answer(from: party, requestID: requestID, over: later), after: 0.02)
            }
        case .response, .established(_, hasResponse: true):
            guard let requestID = Party.requestID(of: body), asked[party].contains(requestID),
                body == Party.response(requestID)
            else {
                inventions += 1
                return
            }
            answered[party].insert(requestID)
        case .lost:
            for requestID in asked[party].subtracting(answered[party]).sorted() {
                _ = parties[party].request(
                    requestID, to: parties[1 - party], padding: Int(requestID % 700), now: now)
            }
        case .established(_, hasResponse: false), .proven, .nothing: break
        case .helloAnswer: inventions += 1
        }
    }

    private mutating func send(_ bytes: [UInt8], to party: Int) {
        past.append((party, bytes))
        if chance(faults.replay), let old = past.randomElement(using: &random) { deliver(old.bytes, to: old.to) }
        if chance(faults.loss) { return }
        deliver(bytes, to: party)
        if chance(faults.duplication) { deliver(bytes, to: party) }
    }

    /// After 10 to 200 ms: what is sent later may come earlier.
    private mutating func deliver(_ bytes: [UInt8], to party: Int) {
        schedule(.datagram(to: party, bytes: bytes), after: .random(in: 0.01...0.2, using: &random))
    }

    private mutating func schedule(_ event: Event, after delay: Double) {
        sequence += 1
        queue.append((now + .seconds(delay), sequence, event))
    }

    private mutating func chance(_ probability: Double) -> Bool {
        Double.random(in: 0..<1, using: &random) < probability
    }

    /// Delivers everything that was ever sent once more, in its order, and counts the requests that led to.
    mutating func replayAll() -> Int {
        let before = requestsServed
        for (to, bytes) in past where bytes.first != 1 {
            let received = parties[to].receive(bytes, from: parties[1 - to].endpoint, now: now)
            handle(received, at: to)
        }
        for party in parties { _ = party.drain() }
        return requestsServed - before
    }
}
