import Basics
import Kademlia
import Wire

/// Room to work in while a node does one thing: nothing in it lasts. It belongs to the outbox, as a driver has one of
/// those for all its nodes, and is the node's own for the time of a call.
struct Scratch: Sendable {
    /// What a datagram decrypts to.
    var plaintext: ByteWriter
    /// The body being encoded.
    var body: ByteWriter
    /// A list in it.
    var items: ByteWriter
    /// The contacts of such a list.
    var contacts: [Contact] = []

    /// What lies in the other's place while one has it.
    static let none = Scratch(plaintext: 0, body: 0, items: 0)

    init() { self.init(plaintext: Limits.datagramSize, body: Limits.bodySize, items: Limits.bodySize) }

    private init(plaintext: Int, body: Int, items: Int) {
        self.plaintext = ByteWriter(capacity: plaintext)
        self.body = ByteWriter(capacity: body)
        self.items = ByteWriter(capacity: items)
    }
}
