import Basics
import Conversations
import Cryptography
import Testing

/// Which conversations are tried for what comes, where there are more than may be.
@Suite struct HeaderKeysTests {
    private let people = (1...6).map { Samples.Person(UInt8($0), .cheap) }

    /// A conversation with somebody, used last so many days ago.
    private func conversation(with peer: Samples.Person, daysAgo: Int) throws -> Conversation {
        var (conversation, generator) = (Conversation(), SecureGenerator(seed: Samples.bytes(1)))
        _ = try conversation.seal(
            Samples.text("hello"), to: try peer.record(), mailbox: peer.mailbox, expiry: Samples.expiry, signer: nil,
            as: Samples.own, today: Samples.now.day.advanced(by: -daysAgo), with: Samples.Person(9, .cheap).cipher,
            generator: &generator)
        return conversation
    }

    private func candidate(_ index: Int, daysAgo: Int, isAccepted: Bool = false) throws -> HeaderKeys.Candidate {
        let conversation = try conversation(with: people[index], daysAgo: daysAgo)
        return try #require(
            HeaderKeys.Candidate(people[index].profile.peerID, conversation, isAccepted: isAccepted))
    }

    private func indices(_ keys: HeaderKeys) -> [Int] {
        keys.peers.compactMap { peer in people.firstIndex { $0.profile.peerID == peer } }
    }

    @Test func strangersAndThenThoseLongestUnusedAreLeftOut() throws {
        let candidates = try [
            candidate(0, daysAgo: 3), candidate(1, daysAgo: 9, isAccepted: true), candidate(2, daysAgo: 1),
            candidate(3, daysAgo: 2, isAccepted: true), candidate(4, daysAgo: 5), candidate(5, daysAgo: 2),
        ]
        for count in 0...6 {
            let keys = HeaderKeys(candidates, capacity: count)
            #expect(indices(keys) == Array([4, 0, 5, 2, 1, 3].suffix(count)))
            #expect(indices(HeaderKeys(candidates.reversed(), capacity: count)) == indices(keys), "in whatever order")
        }
    }

    @Test func whatWasTidiedKeepsItsPlaceAndWhatIsForgottenHasNone() throws {
        var keys = HeaderKeys(try [candidate(0, daysAgo: 3), candidate(1, daysAgo: 2), candidate(2, daysAgo: 1)])
        keys.keep(people[0].profile.peerID, try conversation(with: people[0], daysAgo: 3))
        #expect(indices(keys) == [0, 1, 2])
        keys.keep(people[1].profile.peerID, Conversation())
        #expect(indices(keys) == [0, 2])
        keys.remove(people[2].profile.peerID)
        keys.keep(people[5].profile.peerID, try conversation(with: people[5], daysAgo: 1))
        #expect(indices(keys) == [0])
    }
}
