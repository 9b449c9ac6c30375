import ControlAPI
import StatusView

/// Looks for messages in all conversations.
struct HistorySearch {
    let daemon: Daemon
    let peers: PeerNames
    /// What is looked for, of each peer in turn.
    let query: ConversationQuery
    let isJSON: Bool

    /// Shows what is found, of each conversation in its order, those with the newest messages first. Returns how many messages.
    func run() async throws -> Int {
        var conversations: [(peer: String, label: PeerLabel)] = []
        try await daemon.eachConversation { conversations.append(($0.peer, $0.label)) }
        var count = 0
        for (peer, label) in conversations {
            var query = query
            query.peer = peer
            let printer = ConversationPrinter(peer: peer, peers: peers, isJSON: isJSON, label: label, isOfMany: true)
            try await ConversationReader(daemon: daemon, query: query).all { message in
                try printer.show(message, isFirst: count == 0)
                count += 1
            }
        }
        return count
    }
}
