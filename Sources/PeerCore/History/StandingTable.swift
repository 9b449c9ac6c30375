import Basics
import Conversations
import Storage

/// Keys of the table `conversations` for what the person has said of peers:
/// ```
///   p ‖ peer    the number of a `PeerStanding`: accepted or blocked
/// ```
enum StandingTable {
    static let prefix = [UInt8(ascii: "p")]
    static func key(_ peer: PeerID) -> [UInt8] { prefix + peer.bytes.array }
}

extension StoreView {
    /// What a person has decided about a peer.
    func standing(of peer: PeerID, with person: PeerID) -> PeerStanding {
        if let said = saidStanding(of: peer) { return said }
        return peer == person || conversation(with: peer).lastSent != nil ? .accepted : .request
    }

    /// The same as `standing` says, where the conversation is at hand.
    func isAccepted(_ peer: PeerID, in conversation: Conversation) -> Bool {
        saidStanding(of: peer).map { $0 == .accepted } ?? (conversation.lastSent != nil)
    }

    /// Whether anything is decided about a peer.
    func isDecidedAbout(_ peer: PeerID) -> Bool { saidStanding(of: peer) != nil }

    /// Whether what a peer writes is dropped.
    func isBlocked(_ peer: PeerID) -> Bool { saidStanding(of: peer) == .blocked }

    private func saidStanding(of peer: PeerID) -> PeerStanding? {
        value(.conversations, StandingTable.key(peer)).flatMap { $0.first }.flatMap { PeerStanding(rawValue: $0) }
    }

    /// Those who are blocked, in the order of their IDs.
    func blockedPeers() -> [PeerID] {
        var peers: [PeerID] = []
        scan(.conversations, prefix: StandingTable.prefix) { key, value in
            let isBlocked = value.withUnsafeBytes { $0.first == PeerStanding.blocked.rawValue }
            if isBlocked, let peer = Bytes32(key, at: 1).map({ PeerID($0) }) { peers.append(peer) }
            return true
        }
        return peers
    }

    /// Writes down what a person says of a peer. False: so much is said of others that there is no room.
    mutating func putStanding(_ standing: PeerStanding, of peer: PeerID) -> Bool {
        guard standing != .request else {
            remove(.conversations, StandingTable.key(peer))
            return true
        }
        if saidStanding(of: peer) == nil {
            var count = 0
            scan(.conversations, prefix: StandingTable.prefix) { _, _ in
                count += 1
                return true
            }
            guard count < Limits.addressBookNames else { return false }
        }
        put(.conversations, StandingTable.key(peer), [standing.rawValue])
        return true
    }
}
