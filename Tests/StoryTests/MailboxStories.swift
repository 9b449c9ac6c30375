import Basics
import Cryptography
import Exchange
import NodeCore
import Simulation
import Testing
import Wire

/// What nodes do for a mailbox, commanded as a `PeerAgent` would.
@Suite struct MailboxStories {
    /// An owner's key, and the mailbox it has in the epoch of the story.
    struct Owner {
        let profile = ProfileKey(seed: SecretKey(Bytes32(words: (1, 2, 3, 4))), suite: .cheap)
        let signer: BlindedSigner

        init(_ town: Town) { signer = profile.blinded(for: .mailbox, epoch: town.network.now.utc.epoch) }

        var mailbox: MailboxID { signer.location }
    }

    static func envelope(_ town: Town, size: Int = 2_048, fill: UInt8 = 7, days: Int = 10) -> [UInt8] {
        let header = EnvelopeHeader(
            expiry: town.network.now.utc.day.advanced(by: days), sizeClass: Limits.sizeClasses.firstIndex(of: size)!)
        return header.assemble(sealed: Array(repeating: fill, count: size - EnvelopeHeader.byteCount))
    }

    /// Gives a command and waits for its final event.
    static func perform(_ command: NodeCommand, at host: HostID, in town: inout Town) -> NodeEvent? {
        let id = town.network.command(command, at: host)
        return final(id, at: host, in: &town)
    }

    static func final(_ id: CommandID, at host: HostID, in town: inout Town) -> NodeEvent? {
        func isFinal(_ event: NodeEvent) -> Bool {
            switch event {
            case .depositFinished, .collectFinished, .discarded, .recordPublished, .recordChecked, .record, .delivery,
                .busy:
                event.command == id
            default: false
            }
        }
        _ = town.network.run(limit: .seconds(300)) { $0.answers(host).contains(where: isFinal) }
        return town.network.answers(host).first(where: isFinal)
    }

    static func deposit(_ envelope: [UInt8], for owner: Owner, at host: HostID, in town: inout Town) -> NodeEvent? {
        perform(
            .deposit(mailbox: owner.mailbox, key: owner.signer.key, envelope: envelope), at: host, in: &town)
    }

    /// Reads a mailbox as its owner: signs challenges, wants everything.
    static func collect(for owner: Owner, at host: HostID, in town: inout Town) -> [[UInt8]] {
        let id = town.network.command(.collect(mailbox: owner.mailbox, key: owner.signer.key), at: host)
        var handled = 0
        var envelopes: [[UInt8]] = []
        for _ in 0..<600 {
            let events = town.network.answers(host)
            while handled < events.count {
                let event = events[handled]
                handled += 1
                guard event.command == id else { continue }
                switch event {
                case .challenge(_, let challenge, let mailbox, let binding, let responder):
                    let statement = SignedBytes.authorize(
                        mailbox, channelBinding: Digest512(binding)!, responder: responder)
                    town.network.answer(
                        .authorize(challenge: challenge, signature: owner.signer.sign(statement)), id, at: host)
                case .offer(_, _, let offered): town.network.answer(.fetch(offered), id, at: host)
                case .envelope(_, _, _, let bytes): envelopes.append(bytes)
                case .collectFinished: return envelopes
                default: break
                }
            }
            town.network.run(for: .milliseconds(100))
        }
        return envelopes
    }

    @Test(arguments: [2_048, 69_632])
    func theClosestKeepADepositAndNobodyElse(size: Int) throws {
        var town = Town(nodes: 60, seed: 21, bucketSize: 8)
        let owner = Owner(town)
        let envelope = MailboxStories.envelope(town, size: size)
        let sender = town.relays[9]
        let finished = MailboxStories.deposit(envelope, for: owner, at: sender, in: &town)
        guard case .depositFinished(_, let tally, nil) = finished else {
            Issue.record("\(String(describing: finished))")
            return
        }
        #expect(tally.done == 8 && tally.found == 8)
        let id = EnvelopeID(hashing: envelope.span.bytes)
        let holders = town.relays.filter { town.network.node($0).holds(id, in: owner.mailbox) }
        let closest = LookupStories.expected(town, target: owner.mailbox.bytes, count: 8, asker: sender)
        #expect(Set(holders.map { town.network.node($0).id }) == Set(closest))
        let outsiders = town.relays.filter { !holders.contains($0) }
        #expect(outsiders.allSatisfy { town.network.node($0).status.envelopes == 0 })
    }

    @Test func aDepositWaitsForTheDiskAndAFullDiskIsSaid() throws {
        var town = Town(nodes: 20, seed: 22, bucketSize: 8)
        let owner = Owner(town)
        for relay in town.relays { town.network.setDiskFull(true, of: relay) }
        let finished = MailboxStories.deposit(MailboxStories.envelope(town), for: owner, at: town.relays[0], in: &town)
        guard case .depositFinished(_, let tally, nil) = finished else {
            Issue.record("\(String(describing: finished))")
            return
        }
        #expect(tally.done == 0)
        #expect(tally.refusal == .nodeFull)
        #expect(!tally.hasQuorum)
    }

    @Test(arguments: [0, 0.1])
    func theOwnerCollectsOnceAndATombstoneEndsIt(loss: Double) throws {
        var town = Town(nodes: 30, seed: 23, link: LinkModel(loss: loss), bucketSize: 8)
        let owner = Owner(town)
        let envelopes = [2_048, 8_192, 69_632].map { MailboxStories.envelope(town, size: $0) }
        for envelope in envelopes {
            let finished = MailboxStories.deposit(envelope, for: owner, at: town.relays[3], in: &town)
            guard case .depositFinished(_, let tally, nil) = finished, tally.hasQuorum else {
                Issue.record("\(String(describing: finished))")
                return
            }
        }
        // Who holds nothing itself: one's own node offers what it has to nobody else.
        let askers = town.relays(besidesClosest: 10, to: owner.mailbox.bytes)
        let collected = MailboxStories.collect(for: owner, at: askers[0], in: &town)
        #expect(Set(collected) == Set(envelopes))

        let tombstones = envelopes.map { envelope in
            let header = try! EnvelopeHeader(decoding: envelope.span.bytes)
            return Tombstone(
                envelope: EnvelopeID(hashing: envelope.span.bytes), expiry: header.expiry, signer: owner.signer)
        }
        let discarded = MailboxStories.perform(
            .discard(mailbox: owner.mailbox, key: owner.signer.key, tombstones: tombstones), at: askers[0],
            in: &town)
        guard case .discarded(_, let tally) = discarded else {
            Issue.record("\(String(describing: discarded))")
            return
        }
        #expect(tally.hasQuorum)
        // By repair, nodes further away keep the envelopes as well, until the tombstones reach them in the same way.
        town.network.run(for: .seconds(4 * 3_600))
        #expect(MailboxStories.collect(for: owner, at: askers[1], in: &town).isEmpty)

        let again = MailboxStories.deposit(envelopes[0], for: owner, at: town.relays[7], in: &town)
        guard case .depositFinished(_, _, let tombstone) = again else { return }
        #expect(tombstone == tombstones[0])
    }

    @Test func aStrangerReadsNothing() throws {
        var town = Town(nodes: 20, seed: 24, bucketSize: 8)
        let owner = Owner(town)
        _ = MailboxStories.deposit(MailboxStories.envelope(town), for: owner, at: town.relays[0], in: &town)
        let stranger = ProfileKey(seed: SecretKey(Bytes32(words: (9, 9, 9, 9))), suite: .cheap)
            .blinded(for: .mailbox, epoch: town.network.now.utc.epoch)
        let host = town.relays(besidesClosest: 10, to: owner.mailbox.bytes)[0]
        let id = town.network.command(.collect(mailbox: owner.mailbox, key: owner.signer.key), at: host)
        var handled = 0
        for _ in 0..<300 {
            let events = town.network.answers(host)
            while handled < events.count {
                if case .challenge(_, let challenge, let mailbox, let binding, let responder) = events[handled] {
                    let statement = SignedBytes.authorize(
                        mailbox, channelBinding: Digest512(binding)!, responder: responder)
                    town.network.answer(
                        .authorize(challenge: challenge, signature: stranger.sign(statement)), id, at: host)
                }
                handled += 1
            }
            town.network.run(for: .milliseconds(100))
        }
        let events = town.network.answers(host).filter { $0.command == id }
        #expect(!events.contains { if case .offer = $0 { true } else { false } })
        guard case .collectFinished(_, _, let tally)? = events.last else {
            Issue.record("\(String(describing: events.last))")
            return
        }
        #expect(tally.done == 0 && tally.found == 8)
    }

    @Test func anExpiredEnvelopeGoesByItself() throws {
        var town = Town(nodes: 12, seed: 25, bucketSize: 8)
        let owner = Owner(town)
        let envelope = MailboxStories.envelope(town, days: 1)
        _ = MailboxStories.deposit(envelope, for: owner, at: town.relays[0], in: &town)
        let kept = town.relays.filter { town.network.node($0).status.envelopes == 1 }
        #expect(kept.count == 8)
        for relay in town.relays { town.network.setClockSkew(4 * 86_400, of: relay) }
        // By what all clocks gained at once nothing is erased before they have run on.
        town.network.run(for: .seconds(1_200))
        #expect(town.relays.count { town.network.node($0).status.envelopes == 1 } >= 8)
        town.network.run(for: Limits.erasureDelay + .seconds(3_600))
        #expect(town.relays.allSatisfy { town.network.node($0).status.envelopes == 0 })
    }

    @Test func aCrashedBuddyStillHasWhatItAcknowledged() throws {
        var town = Town(nodes: 20, seed: 26, bucketSize: 8)
        let owner = Owner(town)
        let envelope = MailboxStories.envelope(town, size: 32_768)
        _ = MailboxStories.deposit(envelope, for: owner, at: town.relays[0], in: &town)
        for relay in town.relays { town.network.crash(relay) }
        for relay in town.relays { town.network.start(relay, bootstrap: [town.relays[0]]) }
        town.network.run(for: .seconds(60))
        #expect(MailboxStories.collect(for: owner, at: town.relays[2], in: &town) == [envelope])
    }
}
