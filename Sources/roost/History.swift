import ArgumentParser
import ControlAPI
import Platform
import StatusView

/// `roost history`: what was written both ways. Marks nothing as read.
struct History: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Show a conversation in both directions, or list all conversations.",
        discussion: """
            Without a PEER, it lists your conversations, those with the newest messages first. Nothing is marked as read: that is \
            for `roost inbox`. What you have begun to write to somebody and what they say of others, whom they have introduced, goes with \
            the conversation. A conversation is in the same order for both sides, whenever a message arrived. On a terminal, --delete asks \
            before it deletes; elsewhere nobody is there to answer, and it does as it is told.

            EXAMPLES
              roost history
              roost history "$(roost id)" --last 10
              roost history "$(roost id)" --since 2h --search hello
              roost history "$(roost id)" --json | tail -n 1
              roost history "$(roost id)" --delete --yes

            \(ExitStatus.help([.failed: "--delete was answered by no", .usage: "the command line can't be parsed, or --since is no time"],
                .badInput, .unknownName, .unavailable, .notPermitted))
            """)

    @Argument(help: "Whose conversation: a peer ID, or a name of your address book.", completion: PeerCompletion.kind)
    var peer: String?

    @Option(help: ArgumentHelp("Only so many, the last ones.", valueName: "n"))
    var last: Int?

    @Option(
        help: ArgumentHelp(
            "Only messages since then: \(PastTime.forms).",
            valueName: "time"))
    var since: String?

    @Option(
        help: ArgumentHelp("Only messages whose text contains this, in capital or small letters.", valueName: "text"))
    var search: String?

    @Flag(help: "Delete the conversation on this machine, for good. Messages under way stay.")
    var delete = false

    @Flag(help: "With --delete: delete without asking.")
    var yes = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    func validate() throws {
        if let last, last < 1 { throw ValidationError("--last is a number from 1.") }
        if let since, PastTime.parse(since) == nil {
            throw ValidationError("--since is \(PastTime.forms).")
        }
        guard let search else { return try validateCombination() }
        guard !search.isEmpty else { throw ValidationError("--search is empty: name what to look for.") }
        guard search.utf8.count <= ConversationQuery.maximumSearch else {
            throw ValidationError("--search has at most \(ConversationQuery.maximumSearch) bytes: give less of it.")
        }
        try validateCombination()
    }

    private func validateCombination() throws {
        let isFiltered = last != nil || since != nil || search != nil
        guard peer != nil || !(isFiltered || delete) else {
            throw ValidationError("Say whose conversation: --last, --since, --search and --delete go with a PEER.")
        }
        guard delete || !yes else { throw ValidationError("--yes goes with --delete, which is what is asked about.") }
        guard !(delete && isFiltered) else {
            throw ValidationError("--delete is for the whole conversation: leave --last, --since and --search out.")
        }
    }

    func run() async throws {
        let daemon = try data.daemon()
        guard let peer else { return try await list(daemon) }
        let id = try Peer.read(peer, in: data)
        if delete { return try await deleteAll(of: id, daemon) }
        var query = ConversationQuery(peer: id, search: search, since: since.flatMap { PastTime.parse($0) })
        query.limit = ConversationQuery.maximumLimit
        let reader = ConversationReader(daemon: daemon, query: query)
        let printer = ConversationPrinter(peer: id, peers: PeerNames(data), isJSON: output.json)
        var count = 0
        if let last {
            var shown = 0
            count = try await reader.last(last) { message in
                try printer.show(message, isFirst: shown == 0)
                shown += 1
            }
        } else {
            try await reader.all { message in
                try printer.show(message, isFirst: count == 0)
                count += 1
            }
        }
        if count == 0, !output.json {
            Terminal.news(
                search == nil && since == nil
                    ? "roost: There are no messages with \(printer.name): write one with `\(try data.command("send PEER TEXT"))`."
                    : "roost: No message with \(printer.name) is like that.")
        }
    }

    private func deleteAll(of peer: String, _ daemon: Daemon) async throws {
        if !yes {
            let question = try await Deletion.question(about: peer, PeerNames(data), daemon)
            guard Question.isAnsweredByYes(question) else { throw Failure(.failed, "Nothing was deleted.") }
        }
        let deleted = try await daemon.ask { try await $0.deleteConversation(peer) }
        try await tellWhatStays(of: peer, daemon)
        if output.json { return try Terminal.write(json: deleted) }
        try Terminal.writeLine(Deletion.result(deleted))
    }

    /// Messages under way aren't deleted: they would be delivered all the same.
    private func tellWhatStays(of peer: String, _ daemon: Daemon) async throws {
        let rest = try await daemon.ask { try await $0.conversation(ConversationQuery(peer: peer, limit: 200)) }
        let underWay = rest.messages.count { [.queued, .stored, .collected].contains($0.state) && !$0.isReceived }
        guard underWay > 0 else { return }
        let number = rest.earlier == nil ? "\(underWay)" : "\(underWay) or more"
        let what =
            underWay == 1 ? "message to them is under way, and stays" : "messages to them are under way, and stay"
        Terminal.news(
            "roost: \(number) \(what): `\(try data.command("outbox"))` lists them, and `\(try data.command("outbox cancel ID"))` stops one."
        )
    }

    private func list(_ daemon: Daemon) async throws {
        let peers = PeerNames(data)
        var rows: [[String]] = []
        try await daemon.eachConversation { conversation in
            if output.json { return try Terminal.write(json: conversation) }
            rows.append(ConversationPrinter.row(conversation, peers))
        }
        guard !output.json else { return }
        if rows.isEmpty { return Terminal.news("roost: There are no conversations yet.") }
        try Terminal.write(Terminal.table(rows))
    }
}
