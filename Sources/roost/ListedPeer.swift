import Basics
import ControlAPI
import Cryptography
import StatusView

/// A peer of a list that somebody has before their eyes, as it was typed: whole, by a name of the address book, or by the beginning of
/// the ID.
struct ListedPeer {
    let id: String
    /// What is known of how they are called; nil where the ID was typed whole, or the name.
    private var label: PeerLabel?

    /// Characters of a beginning, `roost1` not counted: of the IDs of a list, one that begins like another's was made on purpose.
    static let shortest = 8

    private init(_ id: String, _ label: PeerLabel? = nil) {
        self.id = id
        self.label = label
    }

    /// Who is meant. A beginning serves only for who is in a conversation, or blocked: where two begin so, both are named.
    static func read(_ text: String, in data: DataOptions) async throws -> ListedPeer {
        let refusal: Failure
        do throws(Failure) { return ListedPeer(try Peer.read(text, in: data)) } catch { refusal = error }
        // Where the address book can't be read, nobody knows whether it is a name.
        guard [.unknownName, .badInput].contains(refusal.status) else { throw refusal }
        guard let beginning = beginning(text) else {
            throw isMarked(text) ? Failure(refusal.status, "\(tooShort): give more of it, or all.") : refusal
        }
        var listed: [String: PeerLabel] = [:]
        let daemon = try data.daemon()
        for peer in try await daemon.ask({ try await $0.blockedPeers() }) where peer.id.hasPrefix(beginning) {
            listed[peer.id] = PeerLabel()
        }
        try await daemon.eachConversation { conversation in
            if conversation.peer.hasPrefix(beginning) { listed[conversation.peer] = conversation.label }
        }
        guard let (id, label) = listed.first else {
            throw isMarked(text)
                ? Failure(
                    refusal.status,
                    "Nobody who wrote to you, or whom you wrote to or block, has an ID that begins with \(beginning): give all of it."
                ) : refusal
        }
        guard listed.count == 1 else {
            throw Failure(
                .badInput,
                "Several IDs begin with \(beginning): \(listed.keys.sorted().joined(separator: ", ")): give more of the one that you mean."
            )
        }
        return ListedPeer(id, label)
    }

    private static let tooShort = "The beginning of a peer ID has \(shortest) characters or more after roost1"

    /// Whether a text says of itself that it is the beginning of an ID, and is less than one.
    private static func isMarked(_ text: String) -> Bool {
        let text = PeerLink.peerID(in: text).lowercased()
        return text.hasPrefix("roost1") && text.utf8.count < PeerID.textLength
    }

    /// Says what was done, and about whom: a beginning is checked against the whole.
    func report(_ deed: String, in data: DataOptions) {
        Terminal.news("roost: \(deed) \(shown(as: PeerNames(data).name(of: id)))")
    }

    /// Says that there was nothing to accept. Whoever asked by a name may have meant somebody who only claims it.
    func reportAccepted(in data: DataOptions) throws(Failure) {
        let name = PeerNames(data).name(of: id)
        let requests = try data.command("requests")
        let rest =
            name == nil
            ? "`\(requests)` lists who waits."
            : "who claims it and waits is accepted by their ID, which `\(requests)` lists."
        let others = name == nil ? "" : ", and nobody of that name waits"
        Terminal.news("roost: \(shown(as: name)) is accepted already\(others): \(rest)")
    }

    private func shown(as name: String?) -> String {
        [name.map(Printable.word) ?? label?.text, id].compactMap { $0 }.joined(separator: " ")
    }

    /// The beginning of an ID, with `roost1`; nil where the text is too short for one, has other characters than IDs, or may be a name:
    /// without `roost1` it has to have a digit.
    private static func beginning(_ text: String) -> String? {
        let text = PeerLink.peerID(in: text).lowercased()
        let isMarked = text.hasPrefix("roost1")
        let digits = isMarked ? text.dropFirst(6) : text[...]
        guard digits.count >= shortest, digits.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }),
            isMarked || digits.contains(where: \.isNumber)
        else { return nil }
        return "roost1" + digits
    }
}
