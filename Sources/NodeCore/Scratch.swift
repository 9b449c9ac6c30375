import Basics
import Wire

/// Room to work in while a node does one thing: nothing in it lasts. It belongs to the outbox, as a driver has one of
/// those for all its nodes.
struct Scratch: Sendable {
    /// What a datagram decrypts to.
    var plaintext: ByteWriter
    /// The body being encoded.
    var body: ByteWriter
    /// A list in it.
    var items: ByteWriter
    /// The contacts of such a list.
    var contacts: [Contact] = []

    init() {
        plaintext = ByteWriter(capacity: Limits.datagramSize)
        body = ByteWriter(capacity: Limits.bodySize)
        items = ByteWriter(capacity: Limits.bodySize)
    }

    /// Writes as many of `contacts` as `room` bytes hold into `items`.
    mutating func fillItems(room: Int) {
        items.reset()
        for contact in contacts {
            let before = items.count
            items.contact(contact)
            guard items.count <= room, !items.overflowed else {
                items.truncate(to: before)
                break
            }
        }
    }

    /// Writes an answer into `body` whose ranges are parts of `items`.
    mutating func writeBody(_ response: Response, answering header: RPCHeader) {
        body.reset()
        items.withSpan { response.encode(answering: header, payload: $0, into: &body) }
    }
}
