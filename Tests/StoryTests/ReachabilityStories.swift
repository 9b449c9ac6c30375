import Basics
import Exchange
import NodeCore
import Simulation
import Testing
import Wire

/// Nodes that others can't reach, behind NATs that let in only what was asked for.
@Suite struct ReachabilityStories {
    @Test(arguments: [(200, 0), (100, 0.2)] as [(Int, Double)])
    func whereMostCannotBeReachedLookupsFindExactlyTheClosestOfTheRest(count: Int, loss: Double) {
        let seed: UInt64 = 61
        var suburb = Suburb(of: count, reachableEvery: 10, seed: seed, loss: loss)
        for host in suburb.network.hostIDs {
            let status = suburb.network.node(host).status
            #expect(status.mode == (suburb.isHidden(host) ? .client : .server))
            #expect(status.isReachable == !suburb.isHidden(host))
        }
        // Where much is lost it takes some longer to find out that nobody reaches them.
        #expect(suburb.strays(in: suburb.reachable) <= (loss == 0 ? 1 : 8), "of some 400")
        // What is lost on the way to the closest is another story.
        suburb.network.link.loss = 0
        var generator = SeededGenerator(seed: seed)
        for asker in [suburb.reachable[3], suburb.hidden[77]] {
            for _ in 0..<5 {
                let target = generator.bytes32()
                let ids = suburb.reachable.filter { $0 != asker }.map { suburb.network.node($0).id }
                let expected = ids.sorted { $0.distance(to: target) < $1.distance(to: target) }.prefix(8)
                let report = suburb.lookup(target, at: asker)
                #expect(report?.closest.map(\.contact.id) == Array(expected))
            }
        }
        suburb.network.run(for: .seconds(600))
        #expect(suburb.strays(in: suburb.network.hostIDs) == 0)
    }

    @Test(arguments: [64, 65, 70])
    func mailBetweenTwoWhomNobodyReachesArrives(seed: UInt64) throws {
        var suburb = Suburb(of: 40, reachableEvery: 4, seed: seed, people: [5, 7], settling: .seconds(60))
        let (alice, bob) = (suburb.network.hostIDs[5], suburb.network.hostIDs[7])
        let peer = try #require(suburb.network.peerID(bob))
        let sent = try suburb.network.send("hello", from: alice, to: peer)
        let message = try #require(sent)
        let hasArrived = suburb.network.run(limit: .seconds(120)) { $0.inbox(bob).map(\.text) == ["hello"] }
        #expect(hasArrived)
        let isDelivered = suburb.network.run(limit: .seconds(600)) {
            $0.peer(alice)?.message(message)?.state == .delivered
        }
        #expect(isDelivered)
        #expect(suburb.network.peer(alice)?.message(message)?.via == .mailbox)
    }

    @Test func aNodeBecomesAClientBehindANATAndAServerWithoutIt() {
        var suburb = Suburb(of: 30, reachableEvery: 1, seed: 65, settling: .seconds(60))
        let host = suburb.network.hostIDs[13]
        let others = suburb.network.hostIDs.filter { $0 != host }
        #expect(suburb.network.node(host).status.mode == .server)
        suburb.network.setNAT(.portRestricted, of: host)
        let isClient = suburb.network.run(limit: .seconds(1_000)) { $0.node(host).status.mode == .client }
        #expect(isClient)
        suburb.network.run(for: .seconds(900))
        #expect(suburb.count(knowing: host, of: others) == 0)
        suburb.network.setNAT(nil, of: host)
        let isServer = suburb.network.run(limit: .seconds(1_000)) { $0.node(host).status.mode == .server }
        #expect(isServer)
        suburb.network.run(for: .seconds(30))
        #expect(suburb.count(knowing: host, of: others) >= 8, "its neighbours know it again")
    }

    /// From two up to where third nodes can be asked, a node needs nobody's word, and is told at once where others see it.
    @Test(arguments: [2, 3, 7])
    func aSmallNetworkNeedsNoThirdNode(count: Int) {
        var suburb = Suburb(of: count, reachableEvery: 1, seed: 66, settling: .zero)
        suburb.network.run(for: .seconds(2))
        for host in suburb.network.hostIDs {
            #expect(suburb.network.node(host).status.external?.ipv4 == suburb.network.endpoint(host))
        }
        suburb.network.run(for: .seconds(30))
        for host in suburb.network.hostIDs {
            let status = suburb.network.node(host).status
            #expect(status.mode == .server && status.isReachable == nil)
            #expect(status.contacts == count - 1)
        }
    }

    @Test func twoPeopleAloneWriteToEachOtherDirectlyAtOnce() throws {
        var suburb = Suburb(of: 2, reachableEvery: 1, seed: 68, people: [0, 1], settling: .seconds(5))
        let (alice, bob) = (suburb.network.hostIDs[0], suburb.network.hostIDs[1])
        let peer = try #require(suburb.network.peerID(bob))
        let sent = try suburb.network.send("hello", from: alice, to: peer)
        let message = try #require(sent)
        let isDelivered = suburb.network.run(limit: .seconds(3)) {
            $0.peer(alice)?.message(message)?.state == .delivered
        }
        #expect(isDelivered)
        #expect(suburb.network.peer(alice)?.message(message)?.via == .direct)
    }

    @Test func aNodeIsFoundAtItsNewPort() {
        var suburb = Suburb(of: 30, reachableEvery: 1, seed: 67, settling: .seconds(150))
        let host = suburb.network.hostIDs[13]
        let others = suburb.network.hostIDs.filter { $0 != host }
        let known = suburb.count(knowing: host, of: others)
        suburb.network.crash(host)
        suburb.network.setPort(4_242, of: host)
        suburb.network.start(host)
        suburb.network.run(for: .seconds(30))
        #expect(suburb.count(knowing: host, of: others) >= known / 2)
        #expect(suburb.network.node(host).status.isReachable == true)
    }
}
