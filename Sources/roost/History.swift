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
            Without a PEER, it lists your conversations, those with the newest messages first and requests last; with --search, it looks \
            through all of them, and each message that is found says whose conversation it is from, by `peer` in JSON. Nothing is marked as read: that is \
            for `roost inbox`. --follow shows what there is, with --last N the last N of it, and goes on with what is written either way, in \
            the order in which it comes. What you have begun to write to somebody and what they say of others, whom they have introduced, goes with \
            the conversation. A conversation is in the same order for both sides, whenever a message arrived. On a terminal, --delete asks \
            before it deletes; elsewhere nobody is there to answer, and it does as it is told.

            EXAMPLES
              roost history
              roost history "$(roost id)" --last 10
              roost history "$(roost id)" --since 2h --search hello
              roost history --search hello    # in all conversations
              roost history "$(roost id)" --follow --last 10
              roost history "$(roost id)" --json | tail -n 1
              roost history "$(roost id)" --delete --yes

            \(ExitStatus.help([.failed: "--delete was answered by no", .usage: "the command line can't be parsed, or --since is no time"],
                .badInput, .unknownName, .unavailable, .notPermitted))
            """)

    @Argument(help: "Whose conversation: a peer ID, or a name of your address book.", completion: PeerCompletion.kind)
    var peer: String?

    @Option(parsing: .unconditional, help: ArgumentHelp("Only so many, the last ones.", valueName: "n"))
    var last: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Only messages since then: \(PastTime.forms).",
            valueName: "time"))
    var since: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Only messages whose text contains this, in capital or small letters.", valueName: "text"))
    var search: String?

    @Flag(help: "Go on with what is written either way, as it comes.")
    var follow = false

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
        if peer == nil { try validateForAll() }
        guard delete || !yes else { throw ValidationError("--yes goes with --delete, which is what is asked about.") }
        guard !(delete && (isFiltered || follow)) else {
            throw ValidationError(
                "--delete is for the whole conversation: leave --last, --since, --search and --follow out.")
        }
        guard !follow || search == nil else {
            throw ValidationError("--follow goes on with all that comes: leave --search out.")
        }
    }

    /// What goes without a PEER.
    private func validateForAll() throws {
        guard search != nil || !(last != nil || since != nil || delete || follow) else {
            throw ValidationError(
                "Say whose conversation: --last, --since, --follow and --delete go with a PEER; --search looks through all without one."
            )
        }
        guard last == nil else {
            throw ValidationError("--last goes with a PEER: in all conversations, --since says how far back to look.")
        }
        guard !follow, !delete else {
            throw ValidationError("--follow and --delete go with a PEER: say whose conversation.")
        }
    }

    func run() async throws {
        let daemon = try data.daemon()
        guard let peer else { return try await search == nil ? list(daemon) : searchAll(daemon) }
        let id = try Peer.read(peer, in: data)
        if delete { return try await deleteAll(of: id, daemon) }
        let query = query(id)
        let peers = PeerNames(data)
        let isUnnamed = !output.json && peers.name(of: id) == nil
        let label = try await isUnnamed ? daemon.label(of: id) : nil
        let printer = ConversationPrinter(peer: id, peers: peers, isJSON: output.json, label: label)
        guard !follow else {
            return try await daemon.follow { [last] _, progress in
                // What is asked on the way has its own bounds.
                progress.endless()
                var follower = ConversationFollower(daemon, query, printer)
                try await follower.run(last: last)
            }
        }
        let count = try await show(ConversationReader(daemon: daemon, query: query), printer)
        if count == 0, !output.json {
            Terminal.news(
                search == nil && since == nil
                    ? "roost: There are no messages with \(printer.name): write one with `\(try data.command("send PEER TEXT"))`."
                    : "roost: No message with \(printer.name) is like that.")
        }
        if search == nil, !output.json { try await tellDraft(to: id, printer.name, daemon) }
    }

    /// What was begun to somebody and not sent is no part of the conversation, and stands beside it.
    private func tellDraft(to peer: String, _ name: String, _ daemon: Daemon) async throws {
        let draft = try await daemon.ask { try await $0.draft(to: peer) }.text
        guard !draft.isEmpty else { return }
        let beginning = Cells.fitted(draft, columns: ConversationPrinter.beginning)
        let command = try data.command("chat PEER")
        Terminal.news("roost: You have begun to write to \(name): “\(beginning)”. `\(command)` goes on with it.")
    }

    private func query(_ peer: String) -> ConversationQuery {
        ConversationQuery(
            peer: peer, search: search, since: since.flatMap { PastTime.parse($0) },
            limit: ConversationQuery.maximumLimit)
    }

    /// Returns how many messages there were.
    private func show(_ reader: ConversationReader, _ printer: ConversationPrinter) async throws -> Int {
        var count = 0
        func show(_ message: ConversationMessage) throws {
            try printer.show(message, isFirst: count == 0)
            count += 1
        }
        if let last { _ = try await reader.last(last, show) } else { try await reader.all(show) }
        return count
    }

    private func searchAll(_ daemon: Daemon) async throws {
        let search = HistorySearch(daemon: daemon, peers: PeerNames(data), query: query(""), isJSON: output.json)
        let count = try await search.run()
        if count == 0, !output.json { Terminal.news("roost: No message in any conversation is like that.") }
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
        var blocked: [[String]] = []
        var requests: [[String]] = []
        try await daemon.eachConversation { conversation in
            if output.json { return try Terminal.write(json: conversation) }
            let row = ConversationPrinter.row(conversation, peers)
            switch conversation.standing {
            case .accepted: rows.append(row)
            case .blocked: blocked.append(row)
            case .request: requests.append(row)
            }
        }
        rows += blocked
        guard !output.json else { return }
        if rows.isEmpty, requests.isEmpty { return Terminal.news("roost: There are no conversations yet.") }
        try Terminal.write(Terminal.table(rows))
        guard !requests.isEmpty else { return }
        let command = try data.command("requests")
        let heading = "Requests, which are for you to accept or refuse (`\(command)`):\n"
        try Terminal.write((rows.isEmpty ? "" : "\n") + heading + Terminal.table(requests))
    }
}
