import Basics
import Cryptography
import Sessions
import Testing

/// Somebody between Alice and Bob sees all that passes, and sends copies on from an address of their own, faster or slower than the
/// original, both ways. They hold nothing back. Whatever they do, Alice's questions are answered, and while she
/// doesn't move her session stays where she is.
@Suite struct CopierTests {
    private struct Flight {
        let due: Instant
        let number: Int
        let bytes: [UInt8]
        let from: Endpoint
        let to: Endpoint
    }

    /// What flies between the three.
    private final class Sky {
        let alice = Party(1)
        let bob = Party(2)
        let copier = Endpoint(ipv4: 0xcb00_7263, port: 9)
        private var random: SeededGenerator
        private var flights: [Flight] = []
        private var number = 0
        private(set) var now = at(1)
        private(set) var answers: Set<UInt32> = []
        private(set) var handshakes = 0
        /// Bytes that have come to Bob from the copier, and that have gone there.
        private(set) var gain = (came: 0, went: 0)
        /// Longest way of an original, and of a copy, each way.
        private let latency: (original: Double, copy: Double)

        init(seed: UInt64, latency: (original: Double, copy: Double)) {
            random = SeededGenerator(seed: seed)
            self.latency = latency
        }

        func ask(_ number: UInt32) {
            _ = alice.request(number, to: bob, padding: Int(number % 3) * 60, now: now)
            send()
        }

        private func fly(_ bytes: [UInt8], from: Endpoint, to: Endpoint, _ latency: Double) {
            number += 1
            let delay = latency * Double.random(in: 0.5...1, using: &random)
            flights.append(Flight(due: now + .seconds(delay), number: number, bytes: bytes, from: from, to: to))
        }

        private func send() {
            for (to, bytes) in alice.drain() {
                if bytes[0] == 1 { handshakes += 1 }
                fly(bytes, from: alice.endpoint, to: to, latency.original)
                if bytes[0] == 3 { fly(bytes, from: copier, to: to, latency.copy) }
            }
            for (to, bytes) in bob.drain() {
                if to == copier {
                    gain.went += bytes.count
                    // What comes to the copier is sent on to Alice as if it came from Bob.
                    fly(bytes, from: bob.endpoint, to: alice.endpoint, latency.copy)
                } else {
                    fly(bytes, from: bob.endpoint, to: to, latency.original)
                }
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
            if flight.from == copier { gain.came += flight.bytes.count }
            switch party.receive(flight.bytes, from: flight.from, now: now) {
            case .request(_, let carrier, let header):
                if party.answerChallenge(over: carrier, seenAt: flight.from, now: now) { break }
                _ = party.reply(Party.response(header.requestID, padding: 100), over: carrier, now: now)
            case .response(_, let header): answers.insert(header.requestID)
            default: break
            }
        }
    }

    @Test(arguments: 1...60 as ClosedRange<UInt64>, [0.02, 0.1, 0.3])
    func copiesDrawNoSessionToThemselves(seed: UInt64, copy: Double) throws {
        let sky = Sky(seed: seed, latency: (0.1, copy))
        sky.alice.endpoint = Endpoint(ipv4: 0xcb00_7101, port: 7_337)
        let (_, there) = try #require(sky.alice.open(to: sky.bob, now: at(0)))
        for number in 2..<40 as Range<UInt32> {
            sky.ask(number)
            sky.run(until: sky.now + .milliseconds(number % 5 == 0 ? 400 : 30))
        }
        sky.run(until: sky.now + .seconds(3))
        #expect(sky.bob.table.info(there)?.endpoint == sky.alice.endpoint, "Bob's session is where Alice is")
        #expect(sky.handshakes == 0)
        #expect(sky.answers.count == 38, "\(sky.answers.count) of 38 are answered")
        #expect(sky.gain.went <= Limits.amplification * sky.gain.came)
        sky.bob.table.checkInvariants()

        // She moves, and the copier goes on. At worst she has to open a session anew.
        sky.alice.endpoint = Endpoint(ipv4: 0xcb00_7109, port: 7_337)
        for number in 40..<200 as Range<UInt32> {
            sky.ask(number)
            sky.run(until: sky.now + .milliseconds(100))
        }
        sky.run(until: sky.now + .seconds(1))
        if copy > 0.2 {
            // Copies that come late change nothing, and nothing is opened anew. Those that are faster than all that comes from her new place look like hers.
            #expect(sky.handshakes == 0)
            let session = try #require(sky.bob.table.established(as: .node, with: sky.alice.id))
            #expect(sky.bob.table.info(session)?.endpoint == sky.alice.endpoint)
        }
        let late = (160..<200 as Range<UInt32>).count { sky.answers.contains($0) }
        #expect(late >= (copy > 0.2 ? 40 : 10), "\(late) of the last 40, though nothing is repeated")
        sky.bob.table.checkInvariants()
    }
}
