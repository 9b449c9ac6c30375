import Basics
import PeerCore
import Simulation
import Testing
import Wire

/// How soon a sender hears what has become of mail, between two people behind NATs through which no way leads.
@Suite struct CollectedStories {
    @Test(arguments: 170...174 as ClosedRange<UInt64>) func theSenderHearsAtOnce(seed: UInt64) throws {
        let link = LinkModel(latency: .milliseconds(50)...(.milliseconds(50)))
        var town = Town(nodes: 20, seed: seed, link: link)
        for name in ["Ann", "Ben"] { town.addPerson(name, behind: .symmetric) }
        town.network.run(for: .seconds(600))
        _ = try town.passage(from: "Ann", to: "Ben")
        _ = try town.passage(from: "Ben", to: "Ann")
        town.network.run(for: .seconds(120))

        let (ann, ben) = (town.host("Ann"), town.host("Ben"))
        nonisolated(unsafe) var told = 0
        town.network.requestTap = { host, _, body in
            guard host == ann, case .announceCollected? = try? Request.decode(body).request else { return }
            told += 1
        }
        let id = try town.write("hello", from: "Ann", to: "Ben")
        let isThere = town.network.run(limit: .seconds(60)) { $0.inbox(ben).contains { $0.id == id } }
        try #require(isThere)
        let begun = town.network.time
        let isHeard = town.wait(for: .collected, of: id, by: "Ann")
        #expect(isHeard)
        let collected = town.network.time - begun
        let isDelivered = town.wait(for: .delivered, of: id, by: "Ann")
        #expect(isDelivered)
        let delivered = town.network.time - begun
        town.network.run(for: .seconds(5))
        print("something is known after \(collected), delivered after \(delivered), told \(told) times")
        #expect(told > 0, "no buddy tells")
        #expect(delivered <= .milliseconds(2_000))
    }
}
