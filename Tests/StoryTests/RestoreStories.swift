import Basics
import PeerCore
import Simulation
import Storage
import Testing

/// Mail that waits for somebody who has lost the keys that it was sealed to.
@Suite struct RestoreStories {
    /// What is kept in the mailbox of everybody, at all relays together.
    private func copies(_ town: Town) -> Int { town.relays.reduce(0) { $0 + town.network.node($1).status.envelopes } }

    @Test func benGoesOnFromHisKeysAloneAndLaterFindsTheOldDisk() throws {
        var town = Town(nodes: 25, seed: 81)
        town.addPerson("Amy")
        town.addPerson("Ben")
        town.network.run(for: .seconds(60))
        town.crash("Ben")
        let texts = (0..<10).map { "\($0)" }
        let messages = try texts.map { try town.write($0, from: "Amy", to: "Ben") }
        for message in messages {
            let stored = town.wait(for: .stored, of: message, by: "Amy")
            #expect(stored)
        }
        town.network.run(for: .seconds(30))
        let before = copies(town)
        let ben = town.host("Ben")
        let old = town.network.disk(ben)
        town.network.setDisk(MemoryStore(), of: ben)
        town.restart("Ben")
        town.network.run(for: .seconds(60))
        #expect(town.texts(of: "Ben").isEmpty)
        #expect(town.network.peer(ben)?.unopened?.count == 10)
        #expect(town.network.peer(ben)?.secondCopySighting != nil)
        #expect(copies(town) >= before, "nobody destroys what they can't open")
        #expect(messages.allSatisfy { town.state(of: $0, by: "Amy") == .stored })

        let arrived = town.wait(for: texts, at: "Ben", limit: .seconds(360))
        #expect(arrived, "sealed anew at the sender's next retry: \(town.texts(of: "Ben"))")
        for message in messages {
            let told = town.wait(for: .delivered, of: message, by: "Amy", limit: .seconds(60))
            #expect(told)
        }
        #expect(copies(town) >= before, "the old copies wait for their keys")
        // What came directly as well is cleared away at a later look: only the copy without the old keys can open it.
        town.network.run(for: .seconds(900))

        town.crash("Ben")
        town.network.setDisk(old, of: ben)
        town.restart("Ben")
        let restored = town.wait(for: texts, at: "Ben", limit: .seconds(60))
        #expect(restored, "\(town.texts(of: "Ben"))")
        town.network.run(for: .seconds(60))
        #expect(town.network.peer(ben)?.unopened == nil)
    }
}
