import Basics
import Cryptography
import PeerCore
import Storage
import Wire

/// What lies on the disks of people, by what was committed there: read from the bytes, not asked of the code under test.
///
/// All that ever was durable counts: a disk that is lost later makes nothing untrue that was said before.
package struct PersonDisks {
    /// A message of the person with this key, received or sent.
    private struct Item: Hashable {
        let person: PeerID
        let message: MessageID
    }

    private var accepted: Set<Item> = []
    private var states: [Item: MessageState] = [:]
    private var envelopes: [Item: [EnvelopeID]] = [:]
    private var receivedAt: [Item: Instant] = [:]
    private var markedRead: Set<Item> = []

    package init() {}

    /// A batch of a person's writes is durable. `isCopy`: on a second machine, where only what comes to them counts: of what
    /// they send it has an outbox of its own.
    package mutating func commit(
        _ writes: [StoreWrite], of person: PeerID, at instant: Instant, isCopy: Bool = false
    ) {
        for write in writes {
            switch write.table {
            case .outbox: if !isCopy { commitOutbox(write, of: person) }
            case .inbox: commitInbox(write, of: person, at: instant)
            default: break
            }
        }
    }

    /// The outbox: a letter and a message's ID, as `OutboxTable` draws it.
    private mutating func commitOutbox(_ write: StoreWrite, of person: PeerID) {
        guard let value = write.value, write.key.count == 17, let id = MessageID(write.key.dropFirst()) else { return }
        let item = Item(person: person, message: id)
        switch UnicodeScalar(write.key[0]) {
        case "c": accepted.insert(item)
        case "m": if let state = PersonDisks.state(value) { states[item] = state }
        case "e": envelopes[item, default: []].append(EnvelopeID(hashing: value.span.bytes))
        default: break
        }
    }

    /// The state in an entry of the outbox: field 6.
    private static func state(_ entry: [UInt8]) -> MessageState? {
        let span = entry.span.bytes
        var fields = FieldReader(span)
        while let (tag, value) = try? fields.next(span) {
            if tag == 6 { return (try? value.integer(span, as: UInt8.self)).flatMap { MessageState(rawValue: $0) } }
        }
        return nil
    }

    /// The inbox: `i`, the message and its sender, where it has arrived; `u`, its place, while it isn't read.
    private mutating func commitInbox(_ write: StoreWrite, of person: PeerID, at instant: Instant) {
        switch write.key.first.map({ UnicodeScalar($0) }) {
        case "i" where write.value != nil && write.key.count == 49:
            guard let id = MessageID(write.key[1..<17]) else { return }
            let item = Item(person: person, message: id)
            if receivedAt[item] == nil { receivedAt[item] = instant }
        case "u" where write.value == nil && write.key.count == 57:
            guard let id = MessageID(write.key[41...]) else { return }
            markedRead.insert(Item(person: person, message: id))
        default: break
        }
    }

    /// Whether a message that a person wrote is durable with what it says.
    package func isAccepted(_ id: MessageID, of person: PeerID) -> Bool {
        accepted.contains(Item(person: person, message: id))
    }

    /// The state of a message that a person wrote, as it is on their disk.
    package func state(of id: MessageID, of person: PeerID) -> MessageState? {
        states[Item(person: person, message: id)]
    }

    /// All that a message that a person wrote was sealed into.
    package func envelopes(of id: MessageID, of person: PeerID) -> [EnvelopeID] {
        envelopes[Item(person: person, message: id)] ?? []
    }

    /// Since when a message is durably in a person's inbox; nil where it never was.
    package func received(_ id: MessageID, by person: PeerID) -> Instant? {
        receivedAt[Item(person: person, message: id)]
    }

    /// Whether a received message isn't marked unread any more.
    package func isRead(_ id: MessageID, by person: PeerID) -> Bool {
        markedRead.contains(Item(person: person, message: id))
    }
}
