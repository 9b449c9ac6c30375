import Basics
import Conversations
import Storage

extension StoreView {
    /// The keys by which messages of all conversations are found.
    func allHeaderKeys() -> HeaderKeys {
        var candidates: [HeaderKeys.Candidate] = []
        scan(.conversations, prefix: ConversationTable.entries) { key, value in
            if let peer = Bytes32(key, at: 1).map({ PeerID($0) }), let conversation = try? Conversation(value),
                let candidate = HeaderKeys.Candidate(
                    peer, conversation, isAccepted: isAccepted(peer, in: conversation))
            {
                candidates.append(candidate)
            }
            return true
        }
        return HeaderKeys(candidates)
    }
}
