import Basics
import Storage
import Wire

/// Where this person stands in the conversation with a peer.
struct ConversationEntry: Hashable {
    /// The highest logical time seen or given (Lamport, 1978).
    var lamport: UInt64 = 0
    /// The last message sent: the causal parent of the next.
    var lastSent: MessageID?

    init() {}

    init(_ span: RawSpan) throws(DecodeError) {
        var fields = FieldReader(span)
        while let (tag, value) = try fields.next(span) {
            switch tag {
            case 1: lamport = try value.integer(span)
            case 2: lastSent = MessageID(try value.integer(span))
            default: break
            }
        }
    }

    var encoded: [UInt8] {
        var fields = FieldWriter()
        fields.integer(1, lamport)
        if let lastSent { fields.bytes(2, lastSent.array) }
        return fields.bytes
    }
}

/// The receipt that a peer is still owed for one message.
enum OwedReceipt: UInt8 {
    case delivered = 1
    case read = 2
}

/// The table `conversations`:
/// ```
///   c ‖ peer          where the conversation stands
///   r ‖ peer ‖ ID     the receipt that is owed, u8, until it is part of an outbox entry
/// ```
enum ConversationTable {
    static func entryKey(_ peer: PeerID) -> [UInt8] { [UInt8(ascii: "c")] + peer.bytes.array }
    static func owedKey(_ peer: PeerID, _ id: MessageID) -> [UInt8] { owed(peer) + id.array }
    static func owed(_ peer: PeerID) -> [UInt8] { owed + peer.bytes.array }
    static let owed = [UInt8(ascii: "r")]
}

extension StoreView {
    func conversation(with peer: PeerID) -> ConversationEntry {
        value(.conversations, ConversationTable.entryKey(peer)).flatMap { try? ConversationEntry($0.span.bytes) }
            ?? ConversationEntry()
    }

    mutating func putConversation(with peer: PeerID, _ entry: ConversationEntry) {
        put(.conversations, ConversationTable.entryKey(peer), entry.encoded)
    }

    /// Notes that a peer is owed a receipt. That a message was read is not taken back by its arriving once more.
    mutating func putOwedReceipt(_ receipt: OwedReceipt, to peer: PeerID, for id: MessageID) {
        let key = ConversationTable.owedKey(peer, id)
        let owed = value(.conversations, key)?.first.flatMap { OwedReceipt(rawValue: $0) }
        if receipt == .delivered, owed == .read { return }
        put(.conversations, key, [receipt.rawValue])
    }

    /// The receipts owed to a peer, at most so many.
    func owedReceipts(to peer: PeerID, limit: Int) -> [(id: MessageID, receipt: OwedReceipt)] {
        var owed: [(MessageID, OwedReceipt)] = []
        let prefix = ConversationTable.owed(peer)
        scan(.conversations, prefix: prefix) { key, value in
            guard owed.count < limit else { return false }
            if let id = key.withUnsafeBytes({ MessageID(Array($0.dropFirst(prefix.count))) }),
                let receipt = value.withUnsafeBytes({ $0.first.flatMap { OwedReceipt(rawValue: $0) } })
            {
                owed.append((id, receipt))
            }
            return true
        }
        return owed
    }

    /// The peers that any receipt is owed to, ascending.
    func peersOwedReceipts() -> [PeerID] {
        var peers: [PeerID] = []
        var after: [UInt8]?
        while true {
            var found: PeerID?
            scan(.conversations, prefix: ConversationTable.owed, after: after) { key, _ in
                found = Bytes32(key, at: ConversationTable.owed.count).map { PeerID($0) }
                return false
            }
            guard let peer = found else { return peers }
            peers.append(peer)
            after = ConversationTable.owed(peer) + [UInt8](repeating: 0xff, count: 17)
        }
    }
}
