import Basics
import Cryptography
import NodeCore
import Simulation
import Testing
import Wire

/// Contacts are seen to live without a session made for that.
@Suite struct CheckStories {
    /// What was sent in a network, by the first byte.
    private final class Count {
        var datagrams = [Int](repeating: 0, count: 256)
        subscript(kind: DatagramKind) -> Int { datagrams[Int(kind.rawValue)] }
        func reset() { datagrams = datagrams.map { _ in 0 } }
    }

    private func town(_ nodes: Int, seed: UInt64, settling: Duration = .seconds(1_200)) -> (Town, Count) {
        var town = Town(nodes: nodes, seed: seed, settling: settling)
        let count = Count()
        town.network.tap = { _, _, bytes in count.datagrams[Int(bytes[0])] += 1 }
        return (town, count)
    }

    private func contacts(_ town: Town, of host: HostID) -> Set<NodeID> {
        var found: Set<NodeID> = []
        town.network.node(host).forEachContact { if !$0.isDoubted { found.insert($0.contact.id) } }
        return found
    }

    @Test func anIdleNetworkKnowsItselfByHellosAndHardlyOpensASession() {
        var (town, count) = town(60, seed: 80)
        town.network.run(for: .seconds(3 * 3_600))
        count.reset()
        town.network.run(for: .seconds(3_600))
        // A search of the own neighbourhood each half hour asks some three nodes with whom there may be no session.
        #expect(count[.initiation] < 60 * 2 * 10)
        #expect(count[.hello] > 60 * 40)
        for host in town.relays { #expect(contacts(town, of: host).count >= 40) }
    }

    @Test func whoHasGoneIsNoticedThoughNobodyHadASessionWithThem() {
        var (town, _) = town(60, seed: 81)
        town.network.run(for: .seconds(2 * 3_600))
        let gone = town.relays[7...16]
        let names = Set(gone.map { town.network.node($0).id })
        for host in gone { town.network.crash(host) }
        town.network.run(for: .seconds(2_700))
        for host in town.relays where !gone.contains(host) {
            #expect(contacts(town, of: host).isDisjoint(with: names))
        }
    }

    @Test func aLossyNetworkForgetsHardlyAnybodyWhoIsThere() {
        var (town, _) = town(40, seed: 82)
        let before = town.relays.map { contacts(town, of: $0).count }
        town.network.link.loss = 0.2
        town.network.run(for: .seconds(3 * 3_600))
        town.network.link.loss = 0
        town.network.run(for: .seconds(300))
        for (host, count) in zip(town.relays, before) { #expect(contacts(town, of: host).count >= count - 2) }
    }

    /// Somebody off the path floods a node with answers in the name of one that is gone.
    @Test func answersThatNobodyAskedForKeepNobodyAlive() {
        var (town, _) = town(30, seed: 83, settling: .seconds(2 * 3_600))
        let gone = town.relays[3]
        let others = town.relays.filter { $0 != gone }
        let id = town.network.node(gone).id
        var answer = [DatagramKind.helloAnswer.rawValue] + [UInt8](repeating: 0, count: 8)
        answer +=
            town.network.node(gone).key.bytes.array + [NodeMode.server.rawValue] + [UInt8](repeating: 0, count: 18)
        town.network.crash(gone)
        for nonce in 0..<2_700 {
            answer[8] = UInt8(truncatingIfNeeded: nonce)
            for host in others { town.network.inject(answer, to: host, from: town.network.endpoint(gone)) }
            town.network.run(for: .seconds(1))
        }
        for host in others { #expect(!contacts(town, of: host).contains(id)) }
    }

    @Test func somebodyElseAtItsAddressIsNotTheContact() {
        var (town, _) = town(30, seed: 84, settling: .seconds(2 * 3_600))
        let (gone, host) = (town.relays[3], town.relays[11])
        let (id, endpoint) = (town.network.node(gone).id, town.network.endpoint(gone))
        // Whoever answers there, to whatever nonce, answers with a key of their own.
        let stranger = CipherSuite.cheap.publicKey(of: SecretKey(Bytes32(words: (9, 9, 9, 9))))
        town.network.crash(gone)
        final class Asked { var nonces: [[UInt8]] = [] }
        let asked = Asked()
        town.network.tap = { from, _, bytes in
            if from == host, bytes[0] == DatagramKind.hello.rawValue { asked.nonces.append(Array(bytes[1..<9])) }
        }
        for _ in 0..<2_700 {
            town.network.run(for: .seconds(1))
            for nonce in asked.nonces {
                let answer =
                    [DatagramKind.helloAnswer.rawValue] + nonce + stranger.bytes.array + [1]
                    + [UInt8](repeating: 0, count: 18)
                town.network.inject(answer, to: host, from: endpoint)
            }
            asked.nonces = []
        }
        #expect(!contacts(town, of: host).contains(id))
        #expect(!contacts(town, of: host).contains(stranger.nodeID))
    }

    /// Somebody at its address knows the contact's key, as everybody does, but not its secret.
    @Test func whoAnswersHellosButNoRequestIsFoundOut() {
        var (town, _) = town(30, seed: 85, settling: .seconds(2 * 3_600))
        let (gone, host) = (town.relays[3], town.relays[11])
        let (id, key, endpoint) = (town.network.node(gone).id, town.network.node(gone).key, town.network.endpoint(gone))
        town.network.crash(gone)
        final class Asked { var nonces: [[UInt8]] = [] }
        let asked = Asked()
        town.network.tap = { from, to, bytes in
            if from == host, to == gone, bytes[0] == DatagramKind.hello.rawValue {
                asked.nonces.append(Array(bytes[1..<9]))
            }
        }
        var answered = 0
        for second in 0..<2_700 {
            if second % 60 == 0 { _ = town.network.command(.lookup(target: id.bytes), at: host) }
            town.network.run(for: .milliseconds(100))
            for nonce in asked.nonces {
                let answer = [DatagramKind.helloAnswer.rawValue] + nonce + key.bytes.array + [1]
                town.network.inject(answer + [UInt8](repeating: 0, count: 18), to: host, from: endpoint)
                answered += 1
            }
            asked.nonces = []
            town.network.run(for: .milliseconds(900))
        }
        #expect(answered > 0)
        #expect(!contacts(town, of: host).contains(id))
    }
}
