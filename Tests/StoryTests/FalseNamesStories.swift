import Basics
import Cryptography
import NodeCore
import Simulation
import Testing

/// Somebody comes where some of the nodes name others that don't exist, closer to whatever is looked for than any that do.
@Suite struct FalseNamesStories {
    private static let link = LinkModel(latency: .milliseconds(1)...(.milliseconds(5)))

    /// Fourteen honest nodes, and liars each of whom invents names of its own.
    private static func town(liars: Int, seed: UInt64) -> Town {
        var town = Town(nodes: 20, seed: seed, link: link)
        for number in 0..<liars {
            let names = FalseNames(count: 5_000, seed: seed << 8 | UInt64(number))
            town.network.setLiar(Liar(lies: [.falseContacts], names: names), of: town.relays[3 * number + 2])
        }
        return town
    }

    @Test(arguments: [0, 2, 6], [1, 2] as [UInt64])
    func aNewcomersRecordIsOutWithinSeconds(liars: Int, seed: UInt64) throws {
        var town = FalseNamesStories.town(liars: liars, seed: seed)
        let begin = town.network.time
        town.addPerson("bob")
        let epoch = town.network.now.utc.epoch
        let key = try #require(town.id("bob").blindedKey(for: .record, epoch: epoch, suite: .cheap))
        let relays = town.relays
        let isOut = town.network.run(limit: .seconds(60)) { network in
            relays.count { network.disk($0).read(.records, key.location.bytes.array) { _ in } } >= 11
        }
        #expect(isOut)
        #expect(town.network.time - begin <= .seconds(5), "\(town.network.time - begin)")
        town.addPerson("alice")
        town.network.run(for: .seconds(5))
        let message = try town.write("hello", from: "alice", to: "bob")
        let isDelivered = town.wait(for: .delivered, of: message, by: "alice", limit: .seconds(10))
        #expect(isDelivered)
    }

    @Test func aLookupStillFindsExactlyTheClosest() throws {
        var town = FalseNamesStories.town(liars: 6, seed: 3)
        for number in 0..<5 as Range<UInt64> {
            let (target, asker) = (Bytes32(words: (number &* 0x9E37_79B9_7F4A_7C15, 1, 2, 3)), town.relays[0])
            let report = try #require(LookupStories.lookup(&town, target, at: asker))
            let expected = LookupStories.expected(town, target: target, count: 19, asker: asker)
            #expect(report.closest.map(\.contact.id) == expected, "\(number)")
        }
    }
}
