import Basics
import Conversations
import Cryptography
import Foundation
import Testing

/// Random histories of two to four people who seal, deliver, drop, double, reorder, crash before a commit, go on from a copy
/// and begin at once: nothing lost, nothing doubled, nothing taken for useless. A message key used for two messages shows as
/// well: the second doesn't open.
@Suite struct RatchetModelTests {
    private static let steps = 400

    @Test(arguments: 0..<60 as Range<UInt64>)
    func randomHistoriesLoseNothing(seed: UInt64) throws { try live(seed: seed) }

    /// A million steps and more, on all cores: `ROOST_HISTORIES` says how many histories, and `ROOST_SEED` which
    /// (Scripts/test-ratchet.sh).
    @Test(.enabled(if: ProcessInfo.processInfo.environment["ROOST_HISTORIES"] != nil))
    func asManyHistoriesAsAreAskedForLoseNothing() async throws {
        let environment = ProcessInfo.processInfo.environment
        let count = try #require(environment["ROOST_HISTORIES"].flatMap { UInt64($0) })
        let first = environment["ROOST_SEED"].flatMap { UInt64($0) } ?? 1_000
        let workers = UInt64(ProcessInfo.processInfo.activeProcessorCount)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<workers {
                group.addTask {
                    for number in stride(from: worker, to: count, by: Int(workers)) { try live(seed: first &+ number) }
                }
            }
            try await group.waitForAll()
        }
        print("\(count) histories of \(Self.steps) steps, the first by seed \(first)")
    }

    private func live(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let count = 2 + Int(random.next() % 3)
        var world = RatchetWorld(count, .cheap, seed: seed)
        var copies: [RatchetWorld.Disk] = world.disks
        let restores = seed % 2 == 1
        var number = 0
        var dropped: Set<String> = []
        for _ in 0..<Self.steps {
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
                guard !world.network.isEmpty else { continue }
                let index = Int(random.next() % UInt64(world.network.count))
                if random.next() % 3 == 0 {
                    dropped.insert(world.network.remove(at: index).text)
                } else {
                    world.network.append(world.network[index])
                }
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
            if !restores {
                #expect(dropped.isSuperset(of: missing.keys), "seed \(seed): \(missing.count) of \(number)")
            }
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
