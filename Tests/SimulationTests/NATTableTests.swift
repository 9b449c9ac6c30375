import Basics
import Simulation
import Testing

/// What NATs do, against a model that looks at everything that ever happened.
@Suite struct NATTableTests {
    static let outer = Endpoint(ipv4: 31 << 24 | 1, port: 0)

    private static func kind(_ chance: inout SeededGenerator) -> NATKind {
        func one<Value>(of values: [Value]) -> Value { values[Int(chance.next() % UInt64(values.count))] }
        var kind = NATKind(
            mapping: one(of: NATKind.Mapping.allCases), filtering: one(of: NATKind.Filtering.allCases),
            ports: one(of: [.preserving, .random, .step(1), .step(7)]))
        (kind.unanswered, kind.answered) = one(of: [
            (.seconds(30), .seconds(120)), (.seconds(120), .seconds(120)), (.seconds(20), .seconds(40)),
        ])
        kind.absolute = one(of: [nil, nil, .seconds(60)])
        kind.isRefreshedByInput = one(of: [true, false])
        kind.blocksUnsolicited = one(of: [true, false, false])
        return kind
    }

    @Test func allKindsDoAsTheSlowModel() {
        let first = UInt64.random(in: 0..<1 << 40)
        print("NATs from seed \(first)")
        var (letIn, refused) = (0, 0)
        for seed in first..<first + 150 {
            var chance = SeededGenerator(seed: seed)
            func below(_ bound: UInt64) -> UInt64 { chance.next() % bound }
            let kind = NATTableTests.kind(&chance)
            var table = NATTable(kind, address: NATTableTests.outer, seed: seed)
            var model = ReferenceNAT(kind, address: NATTableTests.outer)
            var time = Instant.origin
            var outers = [NATTableTests.outer.with(port: 7_337)]
            for step in 0..<160 {
                // To the second, so that something often happens at the very end of a lifetime.
                time = time + .seconds([0, 0, 1, 10, 20, 30, 60, 120][Int(below(8))])
                let remote = Endpoint(ipv4: 40 << 24 | UInt32(below(3)), port: 7_000 + UInt16(below(3)))
                if below(60) == 0 {
                    table.forget()
                    model.forget()
                } else if below(2) == 0 {
                    let inner = Endpoint(ipv4: 192 << 24 | 168 << 16 | UInt32(below(3)), port: 7_337 + UInt16(below(2)))
                    guard let outer = table.send(from: inner, to: remote, at: time) else {
                        Issue.record("seed \(seed), step \(step): no port was free")
                        return
                    }
                    if let problem = model.send(from: inner, to: remote, as: outer, at: time) {
                        Issue.record("seed \(seed), step \(step), \(kind): \(problem)")
                        return
                    }
                    outers.append(outer)
                } else {
                    let outer = outers[Int(below(UInt64(outers.count)))]
                    let found = table.receive(at: outer, from: remote, at: time)
                    let expected = model.receive(at: outer, from: remote, at: time)
                    guard found == expected else {
                        let names = [found, expected].map { $0.map(\.description) ?? "nobody" }
                        Issue.record("seed \(seed), step \(step), \(kind): let in for \(names[0]), not \(names[1])")
                        return
                    }
                    if found == nil { refused += 1 } else { letIn += 1 }
                }
            }
        }
        #expect(letIn > 100 && refused > 500, "\(letIn) let in, \(refused) refused")
    }

    /// A NAT that never forgets anything would fill the memory of whoever runs a hundred thousand.
    @Test func whatHasEndedIsForgotten() {
        var table = NATTable(.symmetric, address: NATTableTests.outer, seed: 1)
        let inner = Endpoint(ipv4: 192 << 24 | 168 << 16 | 2, port: 7_337)
        for number in 0..<100_000 {
            let remote = Endpoint(ipv4: 40 << 24 | UInt32(number), port: 7_337)
            let outer = table.send(from: inner, to: remote, at: .origin + .milliseconds(number * 100))
            #expect(outer != nil)
        }
        #expect(table.count <= 2 * 300, "\(table.count) mappings, and 300 are alive")
    }

    /// Two thousand destinations a second take all ports; then nothing more leaves.
    @Test func whereNoPortIsFreeNothingLeaves() {
        var table = NATTable(.symmetric, address: NATTableTests.outer, seed: 2)
        let inner = Endpoint(ipv4: 192 << 24 | 168 << 16 | 2, port: 7_337)
        var (used, dropped) = (Set<UInt16>(), 0)
        for number in 0..<64_600 {
            let remote = Endpoint(ipv4: 40 << 24 | UInt32(number), port: 7_337)
            if let outer = table.send(from: inner, to: remote, at: .origin) {
                #expect(used.insert(outer.port).inserted)
            } else {
                dropped += 1
            }
        }
        #expect(used.count == 64_512 && dropped == 88)
    }
}
