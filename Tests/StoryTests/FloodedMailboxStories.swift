import Basics
import Cryptography
import Exchange
import NodeCore
import Simulation
import Testing
import Wire

/// Strangers offer a mailbox much more than it may hold, from several blocks of addresses.
@Suite struct FloodedMailboxStories {
    private static func deposit(
        _ envelope: [UInt8], for owner: BlindedSigner, at host: HostID, in town: inout Town
    ) -> Tally? {
        let command = NodeCommand.deposit(mailbox: owner.location, key: owner.key, envelope: envelope)
        guard case .depositFinished(_, let tally, nil) = MailboxStories.perform(command, at: host, in: &town) else {
            return nil
        }
        return tally
    }

    /// Bob's mailbox has room for his accepted senders before and after a flood, and Carol's is as ever.
    @Test func acceptedSendersGetThroughAndOthersAreUnaffected() throws {
        var town = Town(nodes: 16, seed: 41, bucketSize: 6)
        let bob = MailboxStories.Owner(town)
        let carol = ProfileKey(seed: SecretKey(Bytes32(words: (5, 6, 7, 8))), suite: .cheap).blinded(
            for: .mailbox, epoch: town.network.now.utc.epoch)
        let sender = DeliverySecret(of: bob.profile).signer(in: town.network.now.utc.epoch, suite: .cheap)
        let day = town.network.now.utc.day.advanced(by: 10)
        func signed(_ number: UInt64) -> [UInt8] {
            let header = EnvelopeHeader(expiry: day, sizeClass: 0, isSigned: true)
            let sealed = number.bigEndianBytes + [UInt8](repeating: 1, count: header.sealed.count - 8)
            return header.assemble(sealed: sealed) { sender.sign(SignedBytes.delivery(bob.mailbox, $0)) }
        }
        func stranger(_ number: UInt64) -> [UInt8] {
            let header = EnvelopeHeader(expiry: day, sizeClass: 0)
            let sealed = number.bigEndianBytes + [UInt8](repeating: 2, count: header.sealed.count - 8)
            return header.assemble(sealed: sealed)
        }

        // A node brings nothing to itself: who is close keeps another set of buddies than others do.
        let senders = town.relays(besidesClosest: 8, to: bob.mailbox.bytes)
        let others = town.relays(besidesClosest: 6, to: bob.mailbox.bytes)
        let policy = MailboxPolicy(deliveryKeys: [sender.publicKey]).encode(
            sequence: 1, validUntil: town.network.now.utc.advanced(bySeconds: 14 * 86_400), signer: bob.signer)
        let published = MailboxStories.perform(
            .publishRecord(at: bob.mailbox, record: policy), at: senders[0], in: &town)
        guard case .recordPublished(_, let tally)? = published else {
            Issue.record("\(String(describing: published))")
            return
        }
        #expect(tally.done == 6)
        let first = signed(1)
        #expect(FloodedMailboxStories.deposit(first, for: bob.signer, at: senders[1], in: &town)?.done == 6)

        let flood = (0..<400).map { stranger(UInt64($0)) }
        var refused = 0
        for (index, letter) in flood.enumerated() {
            let tally = FloodedMailboxStories.deposit(
                letter, for: bob.signer, at: senders[index % 8], in: &town)
            if tally?.refusal == .mailboxFull { refused += 1 }
        }
        #expect(refused > 100, "who floods is told so")
        let ids = flood.map { EnvelopeID(hashing: $0.span.bytes) }
        for relay in town.relays where !others.contains(relay) {
            let held = ids.count { town.network.node(relay).holds($0, in: bob.mailbox) }
            #expect(held <= Limits.strangersEnvelopesPerMailbox)
        }

        // An accepted sender, from a block that has just flooded.
        let second = signed(2)
        #expect(FloodedMailboxStories.deposit(second, for: bob.signer, at: senders[3], in: &town)?.done == 6)
        let other = stranger(1_000)
        #expect(FloodedMailboxStories.deposit(other, for: carol, at: senders[3], in: &town)?.done == 6)
        let collected = MailboxStories.collect(for: bob, at: senders[5], in: &town)
        #expect(collected.contains(first) && collected.contains(second))
    }
}
