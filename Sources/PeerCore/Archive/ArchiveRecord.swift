import Basics
import Conversations
import Cryptography
import Wire

/// One thing of an export: a kind (u8), the length of what follows (u32), and that. Readers skip kinds that they don't know.
///
/// | kind | what | content |
/// |---|---|---|
/// | 1 | the person; the first | seed (32) ‖ starts u32 ‖ generation u32 |
/// | 2 | a name of the address book | fields: 1 the peer ID, 2 the name in UTF-8, 3 when it was compared, u64 seconds |
/// | 3 | a peer who accepts this person's mail | peer ID ‖ delivery secret (32) |
/// | 4 | where a conversation stands | peer ID ‖ the conversation's fields, without sessions |
/// | 5 | a received message | fields: 1 its place (56), 2 its entry, 3 its text |
/// | 6 | a deleted message that may still come | day u32 ‖ ID (16) ‖ sender ‖ Lamport number u64 |
/// | 7 | a sent message | fields: 1 its ID (16), 2 its entry, 3 its content |
/// | 8 | a peer who is accepted or blocked | peer ID ‖ 1 or 2 |
/// | 9 | the last number given to a message, of which the message may be deleted | u64 |
/// | 10 | what the person calls themselves | number u64 ‖ the name in UTF-8 |
/// | 11 | what a peer calls themselves | peer ID ‖ number u64 ‖ the name in UTF-8 |
/// | 12 | what was begun to a peer and not sent | peer ID ‖ when it was changed, u64 seconds ‖ the text in UTF-8 |
/// | 13 | others don't hear that their messages were read | nothing |
///
/// Kinds come in this order, and each in the order of the store's keys, so that nothing comes twice.
struct ArchiveRecord {
    /// The numbers never change.
    enum Kind {
        static let person: UInt8 = 1
        static let name: UInt8 = 2
        static let acceptance: UInt8 = 3
        static let conversation: UInt8 = 4
        static let received: UInt8 = 5
        static let deleted: UInt8 = 6
        static let sent: UInt8 = 7
        static let standing: UInt8 = 8
        static let lastNumber: UInt8 = 9
        static let ownName: UInt8 = 10
        static let claimedName: UInt8 = 11
        static let draft: UInt8 = 12
        static let readingIsPrivate: UInt8 = 13
    }

    let kind: UInt8
    let content: [UInt8]

    /// Bytes of a record's content at most: a text of the largest size, with room for what later versions add.
    static let largest = 1 << 20
    /// Bytes before the content.
    static let headSize = 5

    init(_ kind: UInt8, _ content: [UInt8]) {
        self.kind = kind
        self.content = content
    }

    var encoded: [UInt8] { [kind] + UInt32(clamping: content.count).bigEndianBytes + content }
}

/// A name of the address book, as it is exported.
public struct ArchivedName: Hashable, Sendable {
    public let name: String
    public let peer: PeerID
    /// When the safety number was compared; nil where it was not.
    public let comparedAt: UnixTime?

    public init(name: String, peer: PeerID, comparedAt: UnixTime?) {
        self.name = name
        self.peer = peer
        self.comparedAt = comparedAt
    }

    /// Bytes of a name at most: of 32 characters, each with the accents that people write.
    public static let longest = 1_024
}

/// How much an export holds.
public struct ArchiveCounts: Hashable, Sendable {
    public var names = 0
    public var received = 0
    public var sent = 0
    /// Of the sent ones, those that were under way.
    public var underWay = 0
    /// Texts that were begun and not sent.
    public var drafts = 0

    public init() {}
}

/// An outbox entry as an export has it: what it was sealed to and how far it had come belong to keys that are left behind.
extension OutboxEntry {
    var unsealed: OutboxEntry {
        guard state.isUnderWay else {
            var copy = self
            copy.sealing = nil
            return copy
        }
        var copy = self
        copy.state = .queued
        copy.via = nil
        (copy.buddies, copy.of, copy.deposits) = (0, 0, 0)
        (copy.reason, copy.epoch, copy.sealing, copy.storedAt) = (nil, nil, nil, nil)
        return copy
    }
}
