import Basics
import NodeCore
import Simulation
import Testing

/// What comes from outside may be anything, and stops nothing.
@Suite struct HostileStories {
    @Test func garbageAndDamagedDatagramsAreDroppedAndTheNodeGoesOn() throws {
        var town = Town(nodes: 12, seed: 31, bucketSize: 8, settling: .seconds(30))
        var recorded: [[UInt8]] = []
        town.network.tap = { _, _, bytes in if recorded.count < 2_000 { recorded.append([UInt8](bytes)) } }
        town.network.run(for: .seconds(300))
        town.network.tap = nil
        #expect(recorded.count > 100)
        var generator = SeededGenerator(seed: 31)
        let target = town.relays[4]
        for round in 0..<20_000 {
            var bytes: [UInt8]
            if round % 3 == 0 {
                bytes = (0..<Int(generator.next() % 1_300)).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
                if !bytes.isEmpty { bytes[0] = UInt8(generator.next() % 9) }
            } else {
                bytes = recorded[Int(generator.next() % UInt64(recorded.count))]
                if round % 3 == 1 { bytes.removeLast(Int(generator.next() % UInt64(bytes.count + 1))) }
                for _ in 0..<(generator.next() % 4) where !bytes.isEmpty {
                    bytes[Int(generator.next() % UInt64(bytes.count))] ^= UInt8(truncatingIfNeeded: generator.next())
                }
            }
            let stranger = Endpoint(ipv4: 0xc000_0200 | UInt32(generator.next() % 200), port: 4_000)
            let from = round % 2 == 0 ? stranger : town.network.endpoint(town.relays[round % 12])
            town.network.inject(bytes, to: target, from: from)
        }
        let report = try #require(LookupStories.lookup(&town, generator.bytes32(), at: target))
        #expect(report.closest.count == 8)
    }

    @Test func anAddressThatNeverProvedItselfGetsNoMoreThanItSent() throws {
        var town = Town(nodes: 12, seed: 32, bucketSize: 8, settling: .seconds(30))
        var initiations: [[UInt8]] = []
        town.network.tap = { _, _, bytes in
            if bytes.first == 1 || bytes.first == 5 { initiations.append([UInt8](bytes)) }
        }
        let newcomer = town.network.addHost()
        town.network.start(newcomer, bootstrap: [town.relays[0]])
        town.network.run(for: .seconds(30))
        #expect(initiations.count > 4)
        let victim = Endpoint(ipv4: 0xc000_0201, port: 4_000)
        nonisolated(unsafe) var sent = 0
        nonisolated(unsafe) var answered = 0
        town.network.tap = { _, to, bytes in if to == nil { answered += bytes.count } }
        for bytes in initiations {
            for relay in town.relays {
                town.network.inject(bytes, to: relay, from: victim)
                sent += bytes.count
            }
        }
        town.network.run(for: .seconds(60))
        #expect(answered <= sent)
        #expect(answered > 0)
    }
}
