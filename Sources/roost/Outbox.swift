import ArgumentParser
import ControlAPI
import StatusView

/// `roost outbox`: what became of sent messages.
struct Outbox: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "outbox",
        abstract: "Show sent messages and how far they have come.",
        discussion: """
            EXAMPLES
              roost outbox
              roost outbox --json | tail -n 1
              roost outbox show 0123456789      # an ID of the list, or its beginning
              roost outbox cancel 0123456789

            \(ExitStatus.help([:], .unavailable, .notPermitted))
            """,
        subcommands: [Show.self, Cancel.self, List.self])

    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    func run() async throws { try await Outbox.list(output, data) }

    private static func list(_ output: OutputOptions, _ data: DataOptions) async throws {
        let peers = PeerNames(data)
        let daemon = try data.daemon()
        var last: String?
        while true {
            let page = try await daemon.ask { [last] in try await $0.sentMessages(after: last) }
            for message in page {
                if output.json {
                    try Terminal.write(json: Named(message, name: peers.name(of: message.to.text)))
                } else {
                    try Terminal.writeLine(Describe.line(message, peers))
                }
            }
            if page.isEmpty {
                if last == nil, !output.json { Terminal.news("roost: No message has been sent yet.") }
                return
            }
            last = page.last?.id.hex
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "List all of them, as `roost outbox` does.",
            discussion: ExitStatus.help([:], .unavailable, .notPermitted))

        @OptionGroup var output: OutputOptions
        @OptionGroup var data: DataOptions

        func run() async throws { try await Outbox.list(output, data) }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Show one message.",
            discussion: """
                EXAMPLES
                  roost outbox show 0123456789

                \(ExitStatus.help([.badInput: "there is no such message, or several begin so"],
                    .unavailable, .notPermitted))
                """)

        @Argument(help: "The message's ID, or its beginning.")
        var id: String

        @OptionGroup var output: OutputOptions
        @OptionGroup var data: DataOptions

        func run() async throws {
            let daemon = try data.daemon()
            let id = try await Outbox.find(id, daemon)
            try Outbox.show(await daemon.ask { try await $0.sentMessage(id) }, output, data)
        }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "cancel",
            abstract: "Give a message up. Copies that buddies keep already may still be fetched.",
            discussion: """
                EXAMPLES
                  roost outbox cancel 0123456789

                \(ExitStatus.help([.badInput: "there is no such message, or several begin so",
                    .failed: "too late: it has arrived, or had failed before"], .unavailable, .notPermitted))
                """)

        @Argument(help: "The message's ID, or its beginning.")
        var id: String

        @OptionGroup var output: OutputOptions
        @OptionGroup var data: DataOptions

        func run() async throws {
            let daemon = try data.daemon()
            let id = try await Outbox.find(id, daemon)
            try Outbox.show(await daemon.ask { try await $0.cancel(id) }, output, data)
        }
    }

    private static func find(_ text: String, _ daemon: Daemon) async throws -> String {
        let reference = try MessageReference.read(text)
        let ids = try await MessageReference.resolve([reference], in: "outbox") { cursor in
            try await daemon.ask { try await $0.sentMessages(after: cursor) }.map { ($0.id.hex, $0.id.hex) }
        }
        return ids.first ?? reference
    }

    private static func show(_ message: SentMessage, _ output: OutputOptions, _ data: DataOptions) throws {
        let peers = PeerNames(data)
        if output.json { return try Terminal.write(json: Named(message, name: peers.name(of: message.to.text))) }
        var rows = [
            ["message", message.id.hex], ["to", peers.shown(message.to.text)],
            ["state", Describe.standing(message)],
        ]
        if let storedAt = message.storedAt {
            rows.append(["as of", Terminal.time(storedAt) + "; since then the buddies repair it"])
        }
        rows += [
            ["accepted", Terminal.time(message.acceptedAt)], ["expires", Terminal.time(message.expiresAt)],
        ]
        if let reason = message.reason { rows.append(["reason", Printable.word(reason)]) }
        try Terminal.write(Terminal.table(rows))
        if let text = message.text { try Terminal.writeLine("\n" + Terminal.indented(text)) }
    }
}
