import Basics
import Cryptography
import Exchange
import NodeCore
import Simulation
import Testing
import Wire

/// What must go on by itself, whatever is lost or late.
@Suite struct UpkeepStories {
    /// Two nodes that are each other's bootstrap, and one of them dead: whoever comes is enough to join through.
    @Test func aNodeWhoseBootstrapIsDeadJoinsThroughWhoComesToIt() throws {
        var network = VirtualNetwork(seed: 41, suite: .cheap)
        let (dead, waiting, newcomer) = (network.addHost(), network.addHost(), network.addHost())
        network.start(waiting, bootstrap: [dead])
        network.run(for: .seconds(20))
        #expect(!network.node(waiting).status.isJoined)
        network.start(newcomer, bootstrap: [waiting])
        network.run(for: .seconds(60))
        #expect(network.node(waiting).status.isJoined)
        #expect(network.node(newcomer).status.isJoined)
        let deadline = try #require(network.node(waiting).nextDeadline)
        #expect(deadline.at > network.time, "the node spins for \(deadline.timer)")
    }

    @Test func aNodeThatLostAllItsContactsFindsItsNetworkAgain() {
        var town = Town(nodes: 12, seed: 42, bucketSize: 8)
        let host = town.relays[5]
        town.network.partition = { from, to in from == host || to == host }
        town.network.run(for: .seconds(3_600))
        town.network.partition = nil
        town.network.run(for: .seconds(120))
        var generator = SeededGenerator(seed: 42)
        let target = generator.bytes32()
        let found = LookupStories.lookup(&town, target, at: host)?.closest.map(\.contact.id)
        #expect(found == LookupStories.expected(town, target: target, count: 8, asker: host))
    }

    /// Chunks that wait behind a handshake must not be forgotten when datagrams are lost.
    @Test(arguments: [0.1, 0.2])
    func aDeliveryEndsInSecondsHoweverMuchIsLost(loss: Double) throws {
        for seed in UInt64(1)...40 {
            let latency = Duration.milliseconds(100)...Duration.milliseconds(300)
            var network = VirtualNetwork(seed: seed, link: LinkModel(latency: latency), suite: .cheap)
            let (sender, recipient) = (network.addHost(), network.addHost(withPerson: true))
            network.start(sender)
            network.start(recipient, bootstrap: [sender])
            network.run(for: .seconds(30))
            network.link.loss = loss
            var generator = SeededGenerator(seed: seed)
            let mailbox = Location(generator.bytes32())
            _ = network.command(.acceptDeliveries(for: [mailbox]), at: recipient)
            let header = EnvelopeHeader(expiry: network.now.utc.day.advanced(by: 10), sizeClass: 1)
            let envelope = header.assemble(sealed: Array(repeating: 7, count: header.size - EnvelopeHeader.byteCount))
            let contact = Contact(key: network.node(recipient).key, endpoint: network.endpoint(recipient))
            let command = network.command(.deliver(mailbox: mailbox, envelope: envelope, to: [contact]), at: sender)
            let hasEnded = network.run(limit: .seconds(60)) { $0.answers(sender).contains { $0.command == command } }
            #expect(hasEnded, "seed \(seed)")
        }
    }

    /// A person may have several nodes, of which the first that are named may be off.
    @Test func aDeliveryTriesEveryNodeOfItsRecipient() throws {
        var network = VirtualNetwork(seed: 47, link: LinkModel(), suite: .cheap)
        let (sender, recipient) = (network.addHost(), network.addHost(withPerson: true))
        let dead = (0..<2).map { _ in network.addHost() }
        network.start(sender)
        for host in dead + [recipient] { network.start(host, bootstrap: [sender]) }
        network.run(for: .seconds(30))
        for host in dead { network.crash(host) }
        let mailbox = Location(Bytes32(words: (1, 2, 3, 4)))
        _ = network.command(.acceptDeliveries(for: [mailbox]), at: recipient)
        let header = EnvelopeHeader(expiry: network.now.utc.day.advanced(by: 10), sizeClass: 1)
        let envelope = header.assemble(sealed: Array(repeating: 7, count: header.size - EnvelopeHeader.byteCount))
        func outcome(of hosts: [HostID]) -> DeliveryOutcome? {
            let contacts = hosts.map { Contact(key: network.node($0).key, endpoint: network.endpoint($0)) }
            let command = network.command(.deliver(mailbox: mailbox, envelope: envelope, to: contacts), at: sender)
            network.run(for: .seconds(60))
            for case .delivery(command, let outcome) in network.answers(sender) { return outcome }
            return nil
        }
        #expect(outcome(of: dead) == .unreachable)
        // The person has no such mailbox, and so refuses; but is asked.
        guard case .refused? = outcome(of: dead + [recipient]) else {
            Issue.record("the recipient's last node was not asked")
            return
        }
    }

    /// At 24 deposits at once none may fail for want of room behind a handshake.
    @Test func aBurstOfDepositsAtOneMailboxReachesItsBuddies() {
        var town = Town(nodes: 40, seed: 43)
        let owner = MailboxStories.Owner(town)
        let sender = town.relays[3]
        let commands = (0..<24).map { number in
            let envelope = MailboxStories.envelope(town, fill: UInt8(number))
            return town.network.command(
                .deposit(mailbox: owner.mailbox, key: owner.signer.key, envelope: envelope), at: sender)
        }
        for command in commands {
            guard case .depositFinished(_, let tally, nil)? = MailboxStories.final(command, at: sender, in: &town)
            else {
                Issue.record("no end of \(command)")
                continue
            }
            #expect(tally.found == 20 && tally.done >= 19, "\(tally)")
        }
    }
}
