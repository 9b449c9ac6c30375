import Basics
import PeerCore
import Simulation
import Testing
import Wire

/// How soon a sender hears what has become of mail, between two people behind NATs through which no way leads, at 50 ms one way.
@Suite struct CollectedStories {
    /// How long after it was written a message is in the inbox, and known to be collected and delivered.
    private struct Times {
        var (inbox, collected, delivered) = (Duration.zero, Duration.zero, Duration.zero)
    }

    private func town(seed: UInt64) -> Town {
        let link = LinkModel(latency: .milliseconds(50)...(.milliseconds(50)))
        var town = Town(nodes: 20, seed: seed, link: link)
        for name in ["Ann", "Ben"] { town.addPerson(name, behind: .symmetric) }
        town.network.run(for: .seconds(600))
        return town
    }

    private func times(of text: String, in town: inout Town) throws -> Times {
        var times = Times()
        let (ben, begun) = (town.host("Ben"), town.network.time)
        let id = try town.write(text, from: "Ann", to: "Ben")
        let isThere = town.network.run(limit: .seconds(60)) { $0.inbox(ben).contains { $0.id == id } }
        try #require(isThere)
        times.inbox = town.network.time - begun
        let isHeard = town.wait(for: .collected, of: id, by: "Ann")
        #expect(isHeard)
        times.collected = town.network.time - begun
        let isDelivered = town.wait(for: .delivered, of: id, by: "Ann")
        #expect(isDelivered)
        times.delivered = town.network.time - begun
        return times
    }

    @Test(arguments: 170...189 as ClosedRange<UInt64>) func theSenderHearsAtOnce(seed: UInt64) throws {
        var town = town(seed: seed)
        let ann = town.host("Ann")
        nonisolated(unsafe) var told = 0
        town.network.requestTap = { host, _, body in
            guard host == ann, case .announceCollected? = try? Request.decode(body).request else { return }
            told += 1
        }
        let cold = try times(of: "first", in: &town)
        town.network.run(for: .seconds(120))
        let warm = try times(of: "second", in: &town)
        town.network.run(for: .seconds(5))
        print("first: \(cold); second: \(warm)")
        #expect(told > 0, "no buddy tells")
        #expect(cold.delivered <= .milliseconds(2_000))
        #expect(warm.delivered <= .milliseconds(1_400))
    }
}
