import Basics
import Cryptography

/// The one stream of randomness of a node. During a call it is in the turn; between calls the turn has none, as its outbox
/// serves many nodes.
struct Randomness: RandomNumberGenerator, Sendable {
    private var generator: SecureGenerator?

    /// None: nothing can be drawn.
    init() {}

    /// All that follows from `seed`, which is secret and used for nothing else.
    init(seed: Bytes32) { generator = SecureGenerator(seed: seed) }

    mutating func next() -> UInt64 {
        // Were there a substitute, keys and nonces could be guessed.
        guard let word = generator?.next() else { preconditionFailure("randomness was drawn between two calls") }
        return word
    }

    /// Thirty-two random bytes.
    mutating func bytes32() -> Bytes32 { Bytes32(words: (next(), next(), next(), next())) }
}
