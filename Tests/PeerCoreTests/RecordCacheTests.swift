import Basics
import Cryptography
import PeerCore
import Testing

/// Records that were found are used again, and those used least lately make room for others.
@Suite struct RecordCacheTests {
    @Test func whoIsWrittenToAllTheTimeStays() throws {
        let (world, alice, bob) = World.ofTwo()
        try alice.send("first", to: bob, world)
        world.run(for: .seconds(1))
        var misses = 0
        for number in 0..<Limits.cachedRecords + 10 {
            // Nobody of these has published anything.
            let seed = SecretKey(Bytes32(words: (UInt64(number), 9, 9, 9)))
            try alice.send("\(number)", to: ProfileKey(seed: seed, suite: Person.suite).peerID, world)
            let asked = world.recordsAsked[alice.index]
            try alice.send("again \(number)", to: bob, world)
            if world.recordsAsked[alice.index] != asked { misses += 1 }
            world.run(for: .milliseconds(200))
        }
        #expect(misses == 0, "it was used all the time")
        #expect(bob.texts(world).count > Limits.cachedRecords)
    }
}
