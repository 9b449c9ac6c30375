import Basics
import NodeCore
import PeerCore
import Simulation
import Testing

/// Mail between people behind NATs of all kinds, as `Scripts/test-nat.py` has it with real daemons: ten public nodes, and two
/// people of each kind.
@Suite struct NATStories {
    static let kinds: [(name: String, kind: NATKind)] = [
        ("none", .open), ("full", .full), ("address", .address), ("port", .port), ("symmetric", .symmetric),
    ]

    /// How a message went.
    struct Passage {
        var via: Via?
        var took: Duration
    }

    static func town(seed: UInt64) -> Town {
        let link = LinkModel(latency: .milliseconds(5)...(.milliseconds(10)))
        return Town(nodes: 10, seed: seed, link: link, bucketSize: 20)
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>) func everyPairGoesAsTheLabMeasured(seed: UInt64) throws {
        var town = NATStories.town(seed: seed)
        for (name, kind) in NATStories.kinds {
            for number in 1...2 { town.addPerson("\(name)\(number)", behind: kind) }
        }
        town.network.run(for: .seconds(90))
        var table = ""
        for (sender, _) in NATStories.kinds {
            for (recipient, _) in NATStories.kinds {
                let passage = try town.passage(from: sender + "1", to: recipient + "2")
                table += " \(passage.via.map { $0 == .direct ? "D" : "M" } ?? "-") \(passage.took)"
            }
            table += "\n"
        }
        print(table)
    }
}

extension Town {
    /// Writes a message, and waits for it.
    mutating func passage(from sender: String, to recipient: String) throws -> NATStories.Passage {
        let begun = network.time
        let id = try write("from \(sender) to \(recipient), \(begun)", from: sender, to: recipient)
        let host = host(recipient)
        var via: Via?
        _ = network.run(limit: .seconds(60)) { network in
            via = network.inbox(host).first { $0.id == id }?.via
            return via != nil
        }
        let took = network.time - begun
        network.run(for: .seconds(5))
        return NATStories.Passage(via: via, took: took)
    }
}
