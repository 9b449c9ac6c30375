import Basics
import Conversations
import Cryptography
import Testing

/// Random histories: nothing lost, nothing doubled, nothing taken for useless.
@Suite struct RatchetModelTests {
    @Test(arguments: 0..<60 as Range<UInt64>)
    func randomHistoriesLoseNothing(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let count = 2 + Int(random.next() % 3)
        var world = RatchetWorld(count, .cheap, seed: seed)
        var copies: [RatchetWorld.Disk] = world.disks
        let restores = seed % 2 == 1
        var number = 0
        for _ in 0..<400 {
            let (from, to) = pair(of: count, &random)
            switch random.next() % 20 {
            case 0..<9:
                _ = try world.write("\(number)", from: from, to: to, commits: random.next() % 10 > 0)
                number += 1
            case 9..<16:
                guard !world.network.isEmpty else { continue }
                let envelope = world.network.remove(at: Int(random.next() % UInt64(world.network.count)))
                let opened = try world.deliver(envelope, commits: random.next() % 10 > 0)
                if !opened || !world.disks[envelope.to].received.contains(envelope.text) {
                    world.network.append(envelope)
                }
            case 16:
                guard let envelope = world.network.randomElement(using: &random) else { continue }
                world.network.append(envelope)
            case 17: world.restart(from)
            case 18: copies[from] = world.disks[from]
            default: if restores { world.restore(from, copies[from]) }
            }
        }
        // What is still under way comes, in any order; what doesn't open is sealed again, as its sender would.
        for round in 0..<6 {
            for envelope in world.network.shuffled(using: &random) {
                guard !world.disks[envelope.to].received.contains(envelope.text) else { continue }
                try world.deliver(envelope)
            }
            world.network = []
            let missing = world.written.filter { !world.disks[$0.value.to].received.contains($0.key) }
            if !restores { #expect(missing.isEmpty, "seed \(seed): \(missing.count) of \(number)") }
            guard !missing.isEmpty else { break }
            #expect(round < 5, "seed \(seed)")
            for (text, direction) in missing.sorted(by: { $0.key < $1.key }) {
                _ = try world.write(text, from: direction.from, to: direction.to)
            }
        }
        #expect(world.findings.isEmpty, "seed \(seed): \(world.findings.first ?? "")")
        try converge(&world, count, seed)
    }

    /// After one exchange, two people use one session.
    private func converge(_ world: inout RatchetWorld, _ count: Int, _ seed: UInt64) throws {
        var names: [SessionName] = []
        for turn in 0..<6 {
            names.append(try world.write("end \(turn)", from: turn % 2, to: 1 - turn % 2))
            for envelope in world.network { #expect(try world.deliver(envelope), "seed \(seed)") }
            world.network = []
        }
        for turn in 2..<6 {
            #expect(names[turn].number == names[turn - 1].number, "seed \(seed)")
            #expect(names[turn].isOwn != names[turn - 1].isOwn, "seed \(seed)")
        }
    }

    private func pair(of count: Int, _ random: inout SeededGenerator) -> (Int, Int) {
        let from = Int(random.next() % UInt64(count))
        return (from, (from + 1 + Int(random.next() % UInt64(count - 1))) % count)
    }
}
