import Basics
import Cryptography
import Sessions
import Testing

/// What flies between Alice, Bob and somebody who sends copies on.
final class Sky {
    /// What the copier does.
    struct Copier: Sendable, CustomTestStringConvertible {
        enum Passes { case everything, challenges, nothing }

        /// Longest way of a copy, in seconds; that of an original is 0.1.
        var copy = 0.02
        /// Ports that it sends from in turn.
        var ports: UInt16 = 1
        /// Whether it copies Bob's datagrams as well.
        var copiesBoth = false
        /// What it passes on of that which comes to its own addresses.
        var passes = Passes.everything
        /// Whether what it passes on seems to come from where it came from before.
        var forges = false
        /// Whether Alice knows challenges.
        var knows = true

        var testDescription: String {
            "\(copy) s, \(ports) ports, \(copiesBoth ? "both ways" : "one way"), passes on \(passes)\(forges ? ", forged" : "")"
        }

        /// Those that can't send from the address of another.
        static let plain: [Copier] = every.flatMap { copier in
            [Passes.everything, .challenges, .nothing].map {
                Copier(copy: copier.copy, ports: copier.ports, copiesBoth: copier.copiesBoth, passes: $0)
            }
        }
        /// Those that can.
        static let forging: [Copier] = every.map {
            Copier(copy: $0.copy, ports: $0.ports, copiesBoth: $0.copiesBoth, forges: true)
        }
        private static let every: [Copier] = [0.02, 0.1].flatMap { copy in
            [1, 5].flatMap { ports in
                [true, false].map { Copier(copy: copy, ports: ports, copiesBoth: $0) }
            }
        }
    }

    private struct Flight {
        let due: Instant
        let number: Int
        let bytes: [UInt8]
        let from: Endpoint
        let to: Endpoint
    }

    let alice = Party(1)
    let bob = Party(2)
    /// The part of datagrams that are lost, copies as well.
    var loss = 0.0
    /// Whether nothing reaches the other side but what the copier sends on.
    var isCut = false
    /// Whether it sends copies on.
    var isCopied = true
    private let copier: Copier
    /// Where the copier is for Bob, and for Alice.
    private let nearBob = Endpoint(ipv4: 0xcb00_7263, port: 9)
    private let nearAlice = Endpoint(ipv4: 0xcb00_7264, port: 9)
    private var random: SeededGenerator
    private var flights: [Flight] = []
    private var number = 0
    private var copies: UInt16 = 0
    private(set) var now = at(1)
    private(set) var answers: Set<UInt32> = []
    private var asked: Set<UInt32> = []
    /// What Alice or Bob has asked, and has no answer to.
    var unanswered: [UInt32] { asked.subtracting(answers).sorted() }
    private(set) var handshakes = 0
    /// How often a session has gone over another path.
    private(set) var moves = 0
    /// How often Alice or Bob was told that the other doesn't know the session there.
    private(set) var lost = 0
    /// Bytes that have come to Bob from the copier, and that have gone there.
    private(set) var gain = (came: 0, went: 0)

    init(seed: UInt64, _ copier: Copier) {
        random = SeededGenerator(seed: seed)
        self.copier = copier
        alice.endpoint = Endpoint(ipv4: 0xcb00_7101, port: 7_337)
        bob.endpoint = Endpoint(ipv4: 0xc633_6401, port: 7_337)
    }

    func open() throws { _ = try #require(alice.open(to: bob, now: at(0))) }

    /// Whether Bob's session with Alice goes over her path, and hers over his.
    var isWithAlice: Bool { place(of: alice, at: bob) == alice.endpoint }
    var isWithBob: Bool { place(of: bob, at: alice) == bob.endpoint }

    private func place(of other: Party, at party: Party) -> Endpoint? {
        party.table.established(as: .node, with: other.id).flatMap { party.table.info($0)?.endpoint }
    }

    func checkInvariants() {
        alice.table.checkInvariants()
        bob.table.checkInvariants()
    }

    /// Alice asks, with a pause after each question. `both`: Bob does too, now and then.
    func ask(_ numbers: Range<UInt32>, both: Bool = false, pause: (UInt32) -> Duration) {
        for number in numbers {
            asked.insert(number)
            _ = alice.request(number, to: bob, padding: Int(number % 3) * 60, now: now)
            if both, number % 3 == 0 {
                asked.insert(number + 100_000)
                _ = bob.request(number + 100_000, to: alice, now: now)
            }
            send()
            run(until: now + pause(number))
        }
    }

    private func fly(_ bytes: [UInt8], from: Endpoint, to: Endpoint, _ latency: Double) {
        number += 1
        let delay = latency * Double.random(in: 0.5...1, using: &random)
        if loss > 0, Double.random(in: 0..<1, using: &random) < loss { return }
        flights.append(Flight(due: now + .seconds(delay), number: number, bytes: bytes, from: from, to: to))
    }

    /// Where the copier sends its next datagram from.
    private func next(of place: Endpoint) -> Endpoint {
        copies &+= 1
        return place.with(port: 9 + copies % copier.ports)
    }

    private func send() {
        for party in [alice, bob] { moves += party.table.takeMoved().count }
        for (to, bytes) in alice.drain() {
            if bytes[0] == 1 { handshakes += 1 }
            send(bytes, from: alice.endpoint, to: to, isCopied: true, nearAlice, bob, from: nearBob)
        }
        for (to, bytes) in bob.drain() {
            send(bytes, from: bob.endpoint, to: to, isCopied: copier.copiesBoth, nearBob, alice, from: nearAlice)
        }
    }

    /// `trap`: the copier's place on this side, from which it passes on to `other`, as from `source`.
    private func send(
        _ bytes: [UInt8], from: Endpoint, to: Endpoint, isCopied: Bool, _ trap: Endpoint, _ other: Party,
        from source: Endpoint
    ) {
        guard to.host == trap.host else {
            if !isCut { fly(bytes, from: from, to: to, 0.1) }
            if isCopied, self.isCopied, bytes[0] == 3, to == other.endpoint {
                fly(bytes, from: next(of: source), to: to, copier.copy)
            }
            return
        }
        if trap == nearBob { gain.went += bytes.count }
        let isPassed =
            switch copier.passes {
            case .everything: true
            // Challenges and their answers are the shortest by far.
            case .challenges: bytes.count < 100 && bytes.count >= 45
            case .nothing: false
            }
        // Who forges could make a hint as well: a session is then opened anew, as ever.
        if isPassed, bytes[0] == 3 {
            fly(bytes, from: copier.forges ? from : next(of: source), to: other.endpoint, copier.copy)
        }
    }

    func run(until end: Instant) {
        while true {
            let next = flights.min { ($0.due, $0.number) < ($1.due, $1.number) }
            let deadline = [alice, bob].compactMap(\.table.nextDeadline).min()
            if let deadline, deadline <= end, next.map({ deadline < $0.due }) ?? true {
                now = max(now, deadline)
                for party in [alice, bob] { party.handleDeadline(now: now) }
            } else if let next, next.due <= end {
                flights.removeAll { $0.number == next.number }
                now = next.due
                arrive(next)
            } else {
                break
            }
            send()
        }
        now = end
    }

    private func arrive(_ flight: Flight) {
        guard let party = [alice, bob].first(where: { $0.endpoint == flight.to }) else { return }
        if flight.from.host == nearBob.host { gain.came += flight.bytes.count }
        switch party.receive(flight.bytes, from: flight.from, now: now) {
        case .request(let session, let carrier, let header):
            let knows = party === bob || copier.knows
            if party.answerChallenge(in: session, over: carrier, from: flight.from, knows: knows, now: now) { break }
            _ = party.reply(Party.response(header.requestID, padding: 200), over: carrier, now: now)
        case .response(_, let header), .established(_, response: let header?): answers.insert(header.requestID)
        case .lost: lost += 1
        default: break
        }
    }
}
