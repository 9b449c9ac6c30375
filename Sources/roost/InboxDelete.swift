import ArgumentParser
import ControlAPI

/// `roost inbox delete`: removes received messages for good.
struct InboxDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Delete received messages for good. None of them comes back.",
        discussion: """
            EXAMPLES
              roost inbox delete 0123456789         # what `roost inbox` shows of an ID
              roost inbox delete --read
              roost inbox delete --read --from "$(roost id)"

            \(ExitStatus.help([.badInput: "there is no such message, or several begin so"],
                .unknownName, .unavailable, .notPermitted))
            """)

    @Argument(help: "The messages' IDs, or their beginnings.")
    var ids: [String] = []

    @Flag(help: "All that have been read.")
    var read = false

    @OptionGroup var sender: SenderOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions
    // Those of `roost inbox`, which reads them first: said to a deletion they would mean nothing.
    @OptionGroup(visibility: .hidden) var others: InboxOptions

    func validate() throws {
        guard ids.isEmpty == read else { throw ValidationError("Name messages by their IDs, or say --read.") }
        guard sender.from == nil || read else { throw ValidationError("--from goes with --read.") }
        guard !others.unread, !others.peek, !others.follow, others.last == nil, others.exec == nil else {
            throw ValidationError(
                "--unread, --peek, --follow, --last and --exec are for showing messages, not for deleting them.")
        }
    }

    func run() async throws {
        let from = try sender.sender(in: data)
        let references = try ids.map { text throws(Failure) in try MessageReference.read(text) }
        let daemon = try data.daemon()
        let count = try await read ? deleteRead(daemon, from: from) : delete(references, daemon)
        if output.json {
            try Terminal.write(json: ["deleted": count])
        } else {
            try Terminal.writeLine(count == 1 ? "1 message deleted" : "\(count) messages deleted")
        }
    }

    private func delete(_ references: [String], _ daemon: Daemon) async throws -> Int {
        let ids = try await MessageReference.resolve(references, in: "inbox") { cursor in
            var query = InboxQuery()
            query.after = cursor
            return try await daemon.ask { [query] in try await $0.receivedMessages(query) }
                .map { ($0.message, $0.position) }
        }
        let count = try await daemon.ask { try await $0.delete(ids) }
        guard count > 0 else {
            throw Failure(.badInput, "There is no such message in the inbox: `roost inbox --peek` shows what there is.")
        }
        return count
    }

    /// Page by page, each deleted before the next is read.
    private func deleteRead(_ daemon: Daemon, from sender: String?) async throws -> Int {
        var query = InboxQuery(from: sender)
        var count = 0
        while true {
            let page = try await daemon.ask { [query] in try await $0.receivedMessages(query) }
            guard let last = page.last else { return count }
            let read = page.filter(\.read).map(\.position)
            if !read.isEmpty { count += try await daemon.ask { try await $0.delete(read) } }
            query.after = last.position
        }
    }
}
