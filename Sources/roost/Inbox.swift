import ArgumentParser
import ControlAPI
import Foundation

/// `roost inbox`: what has arrived.
struct Inbox: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show received messages, in the order of their conversations, or delete them.",
        discussion: """
            Messages are marked as read after they have been written to standard output, unless with --peek.

            EXAMPLES
              roost inbox --unread
              roost inbox --follow --json >> messages.jsonl
              roost inbox --from "$(roost id)" --peek
              roost inbox delete --read    # all that have been read
              roost inbox delete 0123456789abcdef0123456789abcdef    # an ID from --json
            """,
        subcommands: [InboxList.self, InboxDelete.self],
        defaultSubcommand: InboxList.self)
}

/// `roost inbox list`, or just `roost inbox`: shows messages, and marks them as read once they have been shown.
struct InboxList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show received messages (this is what `roost inbox` does).")

    @Option(help: ArgumentHelp("Only this sender's: a peer ID, or a name of your address book.", valueName: "peer"))
    var from: String?

    @Flag(help: "Only those not read yet.")
    var unread = false

    @Flag(help: "Mark nothing as read.")
    var peek = false

    @Flag(help: "Go on with new messages as they come.")
    var follow = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    func run() async throws {
        let sender = try from.map { text throws(Failure) in try Peer.read(text, in: data) }
        try await data.withDaemon { client in
            var printer = InboxPrinter(client: client, sender: sender, options: self)
            guard follow else { return try await printer.list() }
            while true {
                try await client.events {
                    try await printer.list()
                } _: { event in
                    if case .received(let message) = event { try await printer.show(message) }
                }
                // The stream ends with the daemon, or because we read too slowly: what was missed is in the list.
                _ = try await client.status()
            }
        }
    }
}

/// Prints each message once, and marks it afterwards.
private struct InboxPrinter {
    let client: ControlClient
    let sender: String?
    let options: InboxList
    /// The positions of what has been shown, when following: lists and news overlap.
    private var shown: Set<String> = []

    private let peers: PeerNames

    init(client: ControlClient, sender: String?, options: InboxList) {
        peers = PeerNames(options.data)
        self.client = client
        self.sender = sender
        self.options = options
    }

    mutating func list() async throws {
        var query = InboxQuery(from: sender, unreadOnly: options.unread)
        while true {
            let page = try await client.receivedMessages(query)
            guard let last = page.last else { return }
            try await show(page)
            query.after = last.position
        }
    }

    mutating func show(_ message: ReceivedMessage) async throws {
        guard sender == nil || sender == message.from, !(options.unread && message.read) else { return }
        try await show([message])
    }

    private mutating func show(_ messages: [ReceivedMessage]) async throws {
        let new = messages.filter { !shown.contains($0.position) }
        for message in new {
            if options.output.json {
                try Terminal.write(json: message)
            } else {
                try Terminal.write(Describe.block(message, peers))
            }
        }
        if options.follow { shown.formUnion(new.map(\.position)) }
        if !options.peek { try await client.markRead(new.filter { !$0.read }.map(\.position)) }
    }
}
