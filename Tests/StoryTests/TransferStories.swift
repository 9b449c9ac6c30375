import Basics
import Cryptography
import Exchange
import NodeCore
import Simulation
import Storage
import Testing
import Wire

/// Large things on links that hold little, and from buddies that lie.
@Suite struct TransferStories {
    private static let link = LinkModel(latency: .milliseconds(50)...(.milliseconds(50)))

    /// The same bytes with another end, as a liar has them.
    private static func forged(_ bytes: [UInt8]) -> [UInt8] {
        var forged = bytes
        forged[bytes.count - 100] ^= 1
        return forged
    }

    @Test(arguments: [2_048, 69_632])
    func whereAllBuddiesButOneLieTheTruthIsFetchedFromThatOne(size: Int) throws {
        var town = Town(nodes: 30, seed: 61, link: TransferStories.link, bucketSize: 8)
        let owner = MailboxStories.Owner(town)
        let envelope = MailboxStories.envelope(town, size: size)
        _ = MailboxStories.deposit(envelope, for: owner, at: town.relays[3], in: &town)
        let id = EnvelopeID(hashing: envelope.span.bytes)
        let reader = town.relays[5]
        let holders = town.relays.filter { $0 != reader && town.network.node($0).holds(id, in: owner.mailbox) }
        for liar in holders.dropFirst() {
            let key = owner.mailbox.bytes.array + id.bytes.array
            town.network.disk(liar).commit([StoreWrite(.envelopes, key, TransferStories.forged(envelope))])
        }
        town.network.disk(reader).commit([StoreWrite(.envelopes, owner.mailbox.bytes.array + id.bytes.array, nil)])
        #expect(MailboxStories.collect(for: owner, at: reader, in: &town) == [envelope])
    }

    @Test func aForgedRecordIsPassedOverForATrueOne() throws {
        var town = Town(nodes: 30, seed: 62, link: TransferStories.link, bucketSize: 8)
        let signer = ProfileKey(seed: SecretKey(Bytes32(words: (5, 2, 3, 4))), suite: .cheap)
            .blinded(for: .record, epoch: town.network.now.utc.epoch)
        let record = SignedRecord.encode(
            sequence: 7, validUntil: town.network.now.utc.advanced(bySeconds: 86_400),
            sealed: [UInt8](repeating: 3, count: 3_000), signer: signer)
        let location = signer.location
        _ = MailboxStories.perform(.publishRecord(at: location, record: record), at: town.relays[3], in: &town)
        let holders = town.relays.filter { town.network.disk($0).read(.records, location.bytes.array) { _ in } }
        #expect(holders.count == 8)
        for liar in holders.dropFirst(2) {
            let forged = TransferStories.forged(record)
            town.network.disk(liar).commit([StoreWrite(.records, location.bytes.array, forged)])
        }
        let reader = town.relays.first { !holders.contains($0) } ?? town.relays[0]
        let read = MailboxStories.perform(.fetchRecord(at: location), at: reader, in: &town)
        guard case .record(_, let bytes, _)? = read else {
            Issue.record("\(String(describing: read))")
            return
        }
        #expect(bytes == record)
    }

    /// Once its keepers are found, one question and its answer are enough, though a record takes two datagrams: to learn that there is none
    /// takes as long.
    @Test func aPersonsRecordIsReadAsSoonAsOneIsFoundToBeMissing() throws {
        let link = LinkModel(latency: .milliseconds(50)...(.milliseconds(50)), jitter: 0)
        var town = Town(nodes: 30, seed: 64, link: link, bucketSize: 8)
        town.addPerson("Ben")
        town.network.run(for: .seconds(60))
        let key = town.id("Ben").blindedKey(for: .record, epoch: town.network.now.utc.epoch, suite: .cheap)
        let location = try #require(key?.location)
        let reader = town.relays[11]
        func time(of command: NodeCommand) -> Duration {
            let begun = town.network.time
            let id = town.network.command(command, at: reader)
            _ = town.network.run(limit: .seconds(10)) { $0.answers(reader).contains { $0.command == id } }
            return town.network.time - begun
        }
        let neighbour = Location(location.bytes ^ Bytes32(words: (0, 0, 0, 1)))
        // With open sessions.
        for place in [location, neighbour] { _ = time(of: .fetchRecord(at: place)) }
        let (absent, present) = (time(of: .fetchRecord(at: neighbour)), time(of: .fetchRecord(at: location)))
        #expect(present <= absent + .milliseconds(10), "\(present) to read it, \(absent) where there is none")
    }

    @Test func twoDepositsShareASlowUplinkAndALookupPassesThem() throws {
        var town = Town(nodes: 30, seed: 63, link: TransferStories.link, bucketSize: 8)
        let sender = town.relays[4]
        town.network.setUplink(bitsPerSecond: 2_000_000, queue: .milliseconds(100), of: sender)
        let owner = MailboxStories.Owner(town)
        let (before, begun) = (town.network.datagramsSent(by: sender), town.network.time)
        let deposits = (1...2).map { fill in
            town.network.command(
                .deposit(
                    mailbox: owner.mailbox, key: owner.signer.key,
                    envelope: MailboxStories.envelope(town, size: 69_632, fill: fill)), at: sender)
        }
        town.network.run(for: .seconds(2))
        let (asked, lookup) = (
            town.network.time, town.network.command(.lookup(target: Bytes32(words: (9, 8, 7, 6))), at: sender)
        )
        func time(of command: CommandID) -> Duration {
            _ = town.network.run(limit: .seconds(60)) { network in
                network.answers(sender).contains {
                    switch $0 {
                    case .depositFinished(command, let tally, _): tally.done == 8
                    case .lookupFinished(command, _): true
                    default: false
                    }
                }
            }
            return town.network.time - begun
        }
        #expect(time(of: lookup) - (asked - begun) < .seconds(1.5))
        let times = deposits.map(time)
        // 16 × 69,632 bytes and their headers take 5.3 seconds.
        #expect(times.max() ?? .zero < .seconds(7.5), "\(times)")
        #expect(times.min() ?? .zero > .seconds(3), "one after the other is no sharing: \(times)")
        let (sent, dropped) = (
            town.network.datagramsSent(by: sender) - before, town.network.datagramsDropped(by: sender)
        )
        #expect(dropped < sent / 10, "\(dropped) of \(sent)")
    }
}
