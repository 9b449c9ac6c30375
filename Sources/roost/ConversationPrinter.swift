import ControlAPI
import StatusView

/// Prints the messages of a conversation.
struct ConversationPrinter: Sendable {
    /// The other's peer ID.
    let peer: String
    let peers: PeerNames
    let isJSON: Bool
    /// What is known of the other, where they have no name in the address book.
    var label: PeerLabel?
    /// Whether messages of several conversations are shown: each then says whose it is.
    var isOfMany = false

    /// What the other is called here.
    var name: String { label.map { peers.shown(peer, $0) } ?? peers.shown(peer) }

    /// `isFirst`: nothing was shown before, from which it is to stand apart.
    func show(_ message: ConversationMessage, isFirst: Bool) throws(Failure) {
        guard !isJSON else {
            let named = Named(message, name: peers.name(of: peer), peer: isOfMany ? peer : nil)
            return try Terminal.write(json: named)
        }
        let id = MessageFinder.short(message.message)
        let writer = message.isReceived ? name : isOfMany ? "you to \(name)" : "you"
        // A card is told in the heading, as a text can't be.
        let card = message.introduction.map { "  " + PeerLabel.statement(of: $0) } ?? ""
        let standing = ConversationPrinter.standing(message)
        let renaming = message.renaming.map { "  " + PeerLabel.statement(of: $0) } ?? ""
        let heading = "\(Terminal.time(message.sentAt))  \(writer)  \(standing)  \(id)\(renaming)\(card)\n"
        try Terminal.write((isFirst ? "" : "\n") + heading + Terminal.indented(message.text) + "\n")
    }

    /// How far a message has come, or which way it came.
    static func standing(_ message: ConversationMessage) -> String {
        guard !message.isReceived, let state = MessageState(codedText: message.state.rawValue) else {
            return "via \((message.via ?? .mailbox).name)" + (message.state == .received ? "  new" : "")
        }
        return Describe.standing(state, via: message.via, buddies: message.buddies ?? 0, of: message.of ?? 0)
    }

    /// Cells of a message that a list shows: letters are no measure, as one may have marks without end.
    static let beginning = 40

    /// A conversation in a list: with whom, what is new, when and what was written last.
    static func row(_ conversation: ConversationReport, _ peers: PeerNames) -> [String] {
        // What somebody had written before they were blocked is no news.
        let isNew = conversation.unread > 0 && conversation.standing != .blocked
        var unread = isNew ? "\(conversation.unread) new" : ""
        if conversation.standing != .accepted {
            unread += (unread.isEmpty ? "" : ", ") + conversation.standing.name
        }
        let name = peers.shown(conversation.peer, conversation.label)
        guard let last = conversation.last else { return [name, unread, "", ""] }
        let text = Cells.fitted(last.text, columns: beginning)
        return [name, unread, Terminal.time(last.sentAt), (last.isReceived ? "" : "you: ") + text]
    }
}
