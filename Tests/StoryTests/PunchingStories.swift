import Basics
import Exchange
import NodeCore
import PeerCore
import Simulation
import Testing
import Wire

/// Two people behind NATs who accept each other's mail get a straight way.
@Suite struct PunchingStories {
    private struct Friends {
        var suburb: Suburb
        let alice: HostID
        let bob: HostID

        /// Bob has written to Alice once, and so accepts her mail.
        init(seed: UInt64, loss: Double = 0) throws {
            suburb = Suburb(
                of: 40, reachableEvery: 4, seed: seed, loss: loss, people: [5, 7], settling: .seconds(600))
            (alice, bob) = (suburb.network.hostIDs[5], suburb.network.hostIDs[7])
            try send("hello, Alice", from: bob, to: alice)
            suburb.network.run(for: .seconds(30))
        }

        /// Sends a message. Returns how it went, and how long it took until it was delivered.
        @discardableResult
        mutating func send(
            _ text: String, from sender: HostID, to recipient: HostID
        ) throws -> (via: Via?, took: Duration) {
            let begun = suburb.network.time
            let peer = try #require(suburb.network.peerID(recipient))
            let id = try #require(try suburb.network.send(text, from: sender, to: peer))
            let isDelivered = suburb.network.run(limit: .seconds(60)) {
                $0.peer(sender)?.message(id)?.state == .delivered
            }
            #expect(isDelivered)
            return (suburb.network.peer(sender)?.message(id)?.via, suburb.network.time - begun)
        }
    }

    @Test(arguments: 200..<206 as Range<UInt64>)
    func theSecondMessageGoesStraight(seed: UInt64) throws {
        var friends = try Friends(seed: seed)
        let (alice, bob) = (friends.alice, friends.bob)
        let first = try friends.send("hello, Bob", from: alice, to: bob)
        #expect(first.via == .mailbox, "nobody waits for a way")
        friends.suburb.network.run(for: .seconds(2))
        let second = try friends.send("are you there?", from: alice, to: bob)
        #expect(second.via == .direct)
        #expect(second.took <= .milliseconds(500))
        // The way is open for both.
        let answer = try friends.send("here", from: bob, to: alice)
        #expect(answer.via == .direct)
        #expect(answer.took <= .milliseconds(500))
    }
}
