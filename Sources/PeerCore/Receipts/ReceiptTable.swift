import Basics
import Storage

/// The receipt that a peer is still owed for one message.
enum OwedReceipt: UInt8 {
    case delivered = 1
    case read = 2
}

/// In the table `conversations`, beside what `ConversationTable` draws:
/// ```
///   r ‖ peer ‖ ID     the receipt that is owed, u8, until it is part of an outbox entry
/// ```
/// In the table `profile`, `reading is private` is there while others don't hear that their messages were read.
enum ReceiptTable {
    static func owedKey(_ peer: PeerID, _ id: MessageID) -> [UInt8] { owed(peer) + id.array }
    static func owed(_ peer: PeerID) -> [UInt8] { owed + peer.bytes.array }
    static let owed = [UInt8(ascii: "r")]
    /// In the table `profile`; nothing is in it.
    static let readingIsPrivate = Array("reading is private".utf8)
}

extension StoreView {
    /// Writes down that a peer is owed a receipt. That a message was read is not taken back by its arriving once more.
    mutating func putOwedReceipt(_ receipt: OwedReceipt, to peer: PeerID, for id: MessageID) {
        let key = ReceiptTable.owedKey(peer, id)
        let owed = value(.conversations, key)?.first.flatMap { OwedReceipt(rawValue: $0) }
        if receipt == .delivered, owed == .read { return }
        put(.conversations, key, [receipt.rawValue])
    }

    /// Whether others are to hear that their messages were read.
    var tellsOfReading: Bool { !contains(.profile, ReceiptTable.readingIsPrivate) }

    mutating func putTellsOfReading(_ isOn: Bool) {
        if isOn {
            remove(.profile, ReceiptTable.readingIsPrivate)
        } else {
            put(.profile, ReceiptTable.readingIsPrivate, [])
        }
    }

    /// A peer who is owed that messages were read is owed only that they have arrived.
    mutating func withdrawReadReceipts(to peer: PeerID) {
        for owed in owedReceipts(to: peer, limit: .max) where owed.receipt == .read {
            put(.conversations, ReceiptTable.owedKey(peer, owed.id), [OwedReceipt.delivered.rawValue])
        }
    }

    /// The receipts owed to a peer, at most so many.
    func owedReceipts(to peer: PeerID, limit: Int) -> [(id: MessageID, receipt: OwedReceipt)] {
        var owed: [(MessageID, OwedReceipt)] = []
        let prefix = ReceiptTable.owed(peer)
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
            scan(.conversations, prefix: ReceiptTable.owed, after: after) { key, _ in
                found = Bytes32(key, at: ReceiptTable.owed.count).map { PeerID($0) }
                return false
            }
            guard let peer = found else { return peers }
            peers.append(peer)
            after = ReceiptTable.owed(peer) + [UInt8](repeating: 0xff, count: 17)
        }
    }
}
