import Basics
import Conversations
import Cryptography
import Storage

/// The table `conversations`:
/// ```
///   c ‖ peer          the conversation, as `Conversation` encodes it
///   d ‖ peer          the secret (32) with which mail for that peer is signed, as they accept it
///   r ‖ peer ‖ ID     the receipt that is owed; see `ReceiptTable`
///   h, l, n           which messages were written in which conversation; see `HistoryTable`
///   k, t              what people call themselves; see `NameTable`
///   v, w              who was introduced by whom; see `IntroductionTable`
///   p ‖ peer          whether the peer is accepted or blocked; see `StandingTable`
/// ```
enum ConversationTable {
    static let entries = [UInt8(ascii: "c")]
    static func entryKey(_ peer: PeerID) -> [UInt8] { entries + peer.bytes.array }
    static let deliveries = [UInt8(ascii: "d")]
    static func deliveryKey(_ peer: PeerID) -> [UInt8] { deliveries + peer.bytes.array }
}

extension StoreView {
    /// The conversation with a peer; a new one where there is none.
    func conversation(with peer: PeerID) -> Conversation {
        value(.conversations, ConversationTable.entryKey(peer)).flatMap { try? Conversation($0.span.bytes) }
            ?? Conversation()
    }

    /// With which mail for a peer is signed; nil where they haven't said that they accept it.
    func deliverySecret(of peer: PeerID) -> DeliverySecret? {
        value(.conversations, ConversationTable.deliveryKey(peer)).flatMap { SecretKey($0) }.map { DeliverySecret($0) }
    }

    /// Writes down what a peer said, in the batch of the message that said it.
    mutating func putDeliverySecret(_ secret: DeliverySecret, of peer: PeerID) {
        guard secret != deliverySecret(of: peer) else { return }
        put(.conversations, ConversationTable.deliveryKey(peer), secret.bytes.exposedBytes.array)
    }

    /// Writes a conversation down, in the batch of the message that has changed it.
    mutating func putConversation(with peer: PeerID, _ conversation: Conversation) {
        put(.conversations, ConversationTable.entryKey(peer), conversation.encoded)
    }

    /// The peers with whom there is a conversation.
    func peersInConversation() -> [PeerID] {
        var peers: [PeerID] = []
        scan(.conversations, prefix: ConversationTable.entries) { key, _ in
            if let peer = Bytes32(key, at: 1).map({ PeerID($0) }) { peers.append(peer) }
            return true
        }
        return peers
    }

    /// The keys by which messages of all conversations are found.
    func allHeaderKeys() -> HeaderKeys {
        var keys = HeaderKeys()
        scan(.conversations, prefix: ConversationTable.entries) { key, value in
            if let peer = Bytes32(key, at: 1).map({ PeerID($0) }), let conversation = try? Conversation(value) {
                keys.update(peer, conversation)
            }
            return true
        }
        return keys
    }
}
