/// Every string that keeps one use of a hash, signature or derived key apart from all others: none is the beginning of
/// another. They are part of the protocol and of the data on disk, and never change.
public enum Domain: String, CaseIterable, Sendable {
    // MARK: Keys of a person

    /// The factor by which a peer's key is blinded.
    case blind = "roost blind"
    /// The key from which a blinded key's signing nonces are drawn.
    case nonce = "roost nonce"

    // MARK: What a blinded key signs

    /// A record that lies in the DHT.
    case record = "roost record"
    /// The statement that an envelope is done.
    case tombstone = "roost tombstone"
    /// The proof that a mailbox may be read in a session.
    case authorize = "roost authorize"

    // MARK: Accepted senders

    /// What accepted senders sign: an envelope for a mailbox.
    case delivery = "roost delivery"
    /// The secret that a person shares with those whose mail they accept.
    case acceptedSender = "roost accepted sender"
    /// The key of accepted senders in one epoch, which follows from that secret.
    case acceptedEpoch = "roost accepted epoch"

    // MARK: What nodes keep

    /// The key of the fingerprints by which two nodes compare what they keep.
    case reconcile = "roost reconcile"
    /// The proof that a node has an envelope at hand.
    case audit = "roost audit"

    // MARK: What is sealed

    /// The key that seals a record for those who know the peer ID.
    case recordKey = "roost sealed record"
    /// A person's prekey, signed by their profile key.
    case prekey = "roost prekey"
    /// The key of a record's endpoints that not every reader may have.
    case sealedEndpoints = "roost sealed endpoints"
    /// What makes the first bytes of a first message look like noise.
    case mask = "roost mask"
    /// What makes an encapsulation key or a ciphertext look like noise.
    case object = "roost object"
    /// All that the two sides of a session agree on.
    case session = "roost session"
    /// One step of a session's ratchet.
    case step = "roost step"
    /// What a message's content is bound to.
    case conversation = "roost conversation"

    /// Who is introduced to whom, signed by who introduces them.
    case introduction = "roost introduction"

    // MARK: What is sealed by a passphrase

    /// By which a wrong passphrase of a file is found.
    case sealedFile = "roost sealed file"
    /// A key at rest.
    case sealedKey = "roost sealed key"

    // MARK: What people compare

    /// One side of the number by which two people see that each has the other's true ID.
    case safetyNumber = "roost safety number"

    // MARK: Simulation

    /// A signature of the cheap cipher suite, which proves nothing.
    case cheapSignature = "roost cheap signature"
    /// What stands in for ML-KEM-768, and protects nothing.
    case cheapKEM = "roost cheap encapsulation"

    /// The string's UTF-8 bytes.
    public var bytes: [UInt8] { Array(rawValue.utf8) }
}
