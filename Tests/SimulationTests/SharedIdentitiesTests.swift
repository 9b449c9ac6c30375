import Basics
import Simulation
import Testing

/// One object stands for a node in all tables of a simulation.
struct SharedIdentitiesTests {
    private let source = SharedIdentities.source()

    private func identity(_ first: UInt64, _ last: UInt64, key: UInt64 = 1) -> NodeIdentity {
        source(NodeID(Bytes32(words: (first, 0, 0, last))), PublicKey(Bytes32(words: (key, 0, 0, 0))))
    }

    @Test func oneNodeHasOneIdentity() {
        let alice = identity(7, 1)
        #expect(identity(7, 1) === alice)
        #expect(identity(8, 1) !== alice)
        #expect(alice.id.bytes.words.0 == 7 && alice.key.bytes.words.0 == 1)
    }

    /// Also where somebody makes keys until IDs begin alike, or a liar names a key under another's ID.
    @Test func nobodyIsTakenForAnother() {
        _ = identity(7, 1)
        let (alike, liar) = (identity(7, 2), identity(7, 1, key: 2))
        #expect(alike.id.bytes.words.3 == 2 && alike.key.bytes.words.0 == 1)
        #expect(liar.id.bytes.words.3 == 1 && liar.key.bytes.words.0 == 2)
        #expect(identity(7, 1).key.bytes.words.0 == 1)
    }
}
