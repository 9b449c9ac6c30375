import Basics
import ControlAPI
import Cryptography
import StatusView

/// A peer of a list that somebody has before their eyes, as it was typed: whole, by a name of the address book, or by the beginning of
/// the ID.
enum ListedPeer {
    /// Characters of a beginning, `roost1` not counted: of the IDs of a list, one that begins like another's was made on purpose.
    static let shortest = 8

    /// The ID that is meant. A beginning serves only for who is in a conversation, or blocked: where two begin so, both are named.
    static func read(_ text: String, in data: DataOptions) async throws -> String {
        let refusal: Failure
        do throws(Failure) { return try Peer.read(text, in: data) } catch { refusal = error }
        guard let beginning = beginning(text) else { throw refusal }
        var listed: Set<String> = []
        let daemon = try data.daemon()
        try await daemon.eachConversation { conversation in
            if conversation.peer.hasPrefix(beginning) { listed.insert(conversation.peer) }
        }
        for peer in try await daemon.ask({ try await $0.blockedPeers() }) where peer.id.hasPrefix(beginning) {
            listed.insert(peer.id)
        }
        guard let id = listed.min() else { throw refusal }
        guard listed.count == 1 else {
            throw Failure(
                .badInput,
                "Several IDs begin with \(beginning): \(listed.sorted().joined(separator: ", ")): give more of the one that you mean."
            )
        }
        return id
    }

    /// The beginning of an ID, with `roost1`; nil where the text is too short for one, or has other characters than IDs.
    private static func beginning(_ text: String) -> String? {
        let text = PeerLink.peerID(in: text).lowercased()
        let digits = text.hasPrefix("roost1") ? text.dropFirst(6) : text[...]
        guard digits.count >= shortest, digits.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }) else {
            return nil
        }
        return "roost1" + digits
    }
}
