import ControlAPI

/// The words about the deletion of a conversation: what goes with it is said before and after.
enum Deletion {
    /// Asks before it.
    static func question(about peer: String, _ names: PeerNames, _ daemon: Daemon) async throws -> String {
        let hasDraft = try await daemon.ask { try await $0.draft(to: peer) }.text.isEmpty == false
        let introduced = try await daemon.ask { try await $0.introductions() }.nameless(from: peer, names).count
        let name = names.shown(peer)
        let rest = [
            hasDraft ? "what you have begun to write to them" : nil,
            introduced == 0
                ? nil
                : "their introduction of \(introduced == 1 ? "one person who has" : "\(introduced) people who have") no name here yet",
        ].compactMap { $0 }
        let all = (["all that you and \(name) have written"] + rest).joined(separator: ", and ")
        return "Delete \(all), on this machine and for good?"
    }

    /// What was deleted: `3 messages, 1 draft and 2 introductions deleted`.
    static func result(_ deleted: DeletedConversation) -> String {
        func some(_ count: Int, _ one: String) -> String { "\(count) \(one)\(count == 1 ? "" : "s")" }
        let rest = [
            deleted.draft == true ? some(1, "draft") : nil, deleted.introductions.map { some($0, "introduction") },
        ].compactMap { $0 }
        let all = deleted.deleted > 0 || rest.isEmpty ? [some(deleted.deleted, "message")] + rest : rest
        let first = all.dropLast().joined(separator: ", ")
        return [first, all.last ?? ""].filter { !$0.isEmpty }.joined(separator: " and ") + " deleted"
    }
}

extension IntroductionList {
    /// Those whom a peer has introduced and who have no name in the address book: the introduction is all that is known of them.
    func nameless(from peer: String, _ names: PeerNames) -> Set<String> {
        Set(introductions.filter { $0.from == peer && names.name(of: $0.id) == nil }.map(\.id))
    }
}
