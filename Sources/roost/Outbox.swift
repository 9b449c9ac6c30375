import ArgumentParser
import ControlAPI

/// `roost outbox`: what became of the messages one has sent.
struct Outbox: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show sent messages and how far they have come.",
        discussion: """
            EXAMPLES
              roost outbox
              roost outbox --json | tail -n 1
              roost outbox show 0123456789abcdef0123456789abcdef    # an ID of the list
            """,
        subcommands: [List.self, Show.self, Cancel.self],
        defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List all of them (this is what `roost outbox` does).")

        @OptionGroup var output: OutputOptions
        @OptionGroup var data: DataOptions

        func run() async throws {
            let peers = PeerNames(data)
            try await data.withDaemon { client in
                var last: String?
                while case let page = try await client.sentMessages(after: last), !page.isEmpty {
                    for message in page { try show(message, peers) }
                    last = page.last?.message
                }
            }
        }

        private func show(_ message: SentMessage, _ peers: PeerNames) throws {
            if output.json {
                try Terminal.write(json: message)
            } else {
                try Terminal.writeLine(Describe.line(message, peers))
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show one message.")

        @Argument(help: "The message's ID.")
        var id: String

        @OptionGroup var output: OutputOptions
        @OptionGroup var data: DataOptions

        func run() async throws {
            try show(await data.withDaemon { try await $0.sentMessage(id) }, output, data)
        }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a message up. Copies that buddies keep already may still be fetched.")

        @Argument(help: "The message's ID.")
        var id: String

        @OptionGroup var output: OutputOptions
        @OptionGroup var data: DataOptions

        func run() async throws {
            try show(await data.withDaemon { try await $0.cancel(id) }, output, data)
        }
    }

    private static func show(_ message: SentMessage, _ output: OutputOptions, _ data: DataOptions) throws {
        if output.json { return try Terminal.write(json: message) }
        var rows = [
            ["message", message.message], ["to", PeerNames(data).name(of: message.to)],
            ["state", Describe.standing(message)],
            ["accepted", Terminal.time(message.acceptedAt)], ["expires", Terminal.time(message.expiresAt)],
        ]
        if let reason = message.reason { rows.append(["reason", Terminal.safe(reason)]) }
        try Terminal.write(Terminal.table(rows))
        if let text = message.text { try Terminal.writeLine("\n" + Terminal.indented(text)) }
    }
}
