import Basics
import Conversations
import Cryptography
import Testing

/// Whether who doesn't know the recipient's ID can tell a first message from a later one, or either from noise: by 100,000
/// envelopes, and Pearson's χ² with 255 degrees of freedom at every place.
@Suite struct UniformityTests {
    /// Header, mask and KEM object, and where the content begins in either form.
    private static let places = 7..<1_400
    private static let count = 50_000
    /// Above it once in 10¹¹ places: so none of some thousand is.
    private static let limit = 430.0

    @Test func firstAndLaterMessagesLookLikeNoiseAndLikeEachOther() throws {
        let (first, later) = (try tally(answered: false), try tally(answered: true))
        let expected = Double(Self.count) / 256
        for (index, place) in Self.places.enumerated() {
            let (one, other) = (first[index * 256..<(index + 1) * 256], later[index * 256..<(index + 1) * 256])
            for counts in [one, other] {
                let distance = counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
                #expect(distance < Self.limit, "byte \(place)")
            }
            let apart = zip(one, other).reduce(0) { sum, pair in
                let difference = Double(pair.0) - Double(pair.1)
                return sum + difference * difference / Double(max(1, pair.0 + pair.1))
            }
            #expect(apart < Self.limit, "byte \(place) of first and later messages")
        }
    }

    /// How often each byte stands at each place.
    private func tally(answered: Bool) throws -> [Int32] {
        var counts = [Int32](repeating: 0, count: Self.places.count * 256)
        let bob = Samples.Person(2, .sodium)
        let (record, mailbox) = (try bob.record(generation: 0), bob.mailbox)
        for seed in 0..<UInt64(Self.count / 500) {
            var world = RatchetWorld(2, .sodium, seed: seed)
            if answered {
                for turn in 0..<2 {
                    _ = try world.write("\(turn)", from: turn, to: 1 - turn)
                    let envelope = try world.last()
                    #expect(try world.deliver(envelope))
                }
            }
            var conversation = world.conversation(0, 1)
            var generator = SecureGenerator(seed: Bytes32(words: (seed, 5, 5, 5)))
            for _ in 0..<500 {
                let sealed = try conversation.seal(
                    Samples.text("hello"), to: record, mailbox: mailbox, expiry: Samples.expiry,
                    as: world.own(0), today: Samples.now.day, with: world.people[0].cipher, generator: &generator)
                for place in Self.places {
                    counts[(place - Self.places.lowerBound) * 256 + Int(sealed.bytes[place])] += 1
                }
            }
        }
        return counts
    }
}
