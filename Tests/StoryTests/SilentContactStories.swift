import Basics
import PeerCore
import Simulation
import Testing

/// Small networks most of whose nodes have gone.
@Suite struct SilentContactStories {
    /// Whoever has asked them twice in vain asks them still, and waits for nobody but the others.
    @Test(arguments: [31, 32, 33] as [UInt64])
    func whatIsSentDoesNotWaitForNodesThatHaveGone(seed: UInt64) throws {
        var town = Town(nodes: 9, seed: seed)
        town.addPerson("Amy")
        town.addPerson("Ben")
        town.network.run(for: .seconds(60))
        town.crash("Ben")
        for relay in town.relays.dropFirst(3) { town.network.crash(relay) }
        town.network.run(for: .seconds(120))
        let before = town.network.time
        let message = try town.write("hello", from: "Amy", to: "Ben")
        let isStored = town.wait(for: .stored, of: message, by: "Amy")
        #expect(isStored)
        // Three round trips and a handshake, and no time-out.
        #expect(town.network.time - before < .seconds(2), "\(town.network.time - before)")
        #expect(town.network.peer(town.host("Amy"))?.message(message)?.of == 3)
    }
}
