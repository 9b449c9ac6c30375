import Basics
import Sessions
import Testing

/// Each story, as often as it has datagrams times what can happen to one; and under all of it together.
@Suite struct SessionSweepTests {
    /// Tells a story, then lets everything come to rest, has both ask once more, and checks what must hold in the end.
    private func end(of story: SessionStory, seed: UInt64, _ faults: VirtualLink.Faults, _ name: String) -> VirtualLink
    {
        var link = VirtualLink(seed: seed, faults: faults)
        story.tell(&link)
        link.run(for: story.seconds)
        link.faults = .init(latency: 0.05...0.05, single: faults.single)
        link.run(for: 20)
        for party in link.parties { party.table.initiationsPerSecond = Limits.initiationsPerSecond }
        link.talk(from: 50, at: [0, 1])
        link.run(for: 30)
        let comment = Comment(rawValue: "\(name), seed \(seed)")
        #expect(link.answered == link.asked, comment)
        #expect(link.inventions == 0 && link.repetitions == 0 && link.gainOfThief <= 0, comment)
        for party in link.parties {
            let counts = party.table.counts
            // Two for each pair of keys, of which there are two where one asks under a key of its own.
            #expect(counts.unproven == 0 && counts.handshakes == 0 && counts.sessions <= 4, "\(name): \(counts)")
        }
        let indices = [(0, 1), (1, 0)].map { here, there in
            let table = link.parties[here].table
            return table.established(as: .node, with: link.parties[there].id).flatMap { table.indices(of: $0) }
        }
        #expect(indices[0] != nil && indices[0] == indices[1].map { $0.reversed() }, comment)
        return link
    }

    @Test(arguments: SessionStory.all)
    func aStoryEndsWellWhateverHappensToOneDatagram(story: SessionStory) {
        let clean = end(of: story, seed: 1, .init(latency: 0.05...0.05), "nothing happens")
        for number in 0..<clean.sent {
            for fault in VirtualLink.Fault.allCases {
                let faults = VirtualLink.Faults(latency: 0.05...0.05, single: (number, fault))
                _ = end(of: story, seed: 1, faults, "\(fault) of datagram \(number)")
            }
        }
    }

    @Test(arguments: SessionStory.all)
    func aStoryEndsWellOnABadLink(story: SessionStory) {
        for seed in 1...20 as ClosedRange<UInt64> {
            _ = end(of: story, seed: seed, .init(loss: 0.25, duplication: 0.2, replay: 0.2), "bad link")
        }
    }
}
