import ArgumentParser
import ControlAPI
import Foundation

/// `roost inbox delete`: removes received messages for good.
struct InboxDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Delete received messages for good. None of them comes back.",
        discussion: """
            EXAMPLES
              roost inbox delete --read
              roost inbox delete --read --from "$(roost id)"
              roost inbox --peek --json | tail -n 1    # its "message" is an ID
            """)

    @Argument(help: "The messages' IDs.")
    var ids: [String] = []

    @Flag(help: "All that have been read.")
    var read = false

    @Option(help: ArgumentHelp("With --read: only this sender's.", valueName: "peer"))
    var from: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    func validate() throws {
        guard ids.isEmpty == read else { throw ValidationError("Name messages by their IDs, or say --read.") }
        guard from == nil || read else { throw ValidationError("--from goes with --read.") }
    }

    func run() async throws {
        let sender = try from.map { text throws(Failure) in try Peer.read(text, in: data) }
        let count = try await data.withDaemon { client in
            read ? try await deleteRead(client, from: sender) : try await client.delete(ids)
        }
        guard count > 0 || read else {
            throw Failure(.badInput, "There is no such message in the inbox: `roost inbox --peek --json` shows IDs.")
        }
        if output.json {
            try Terminal.write(json: ["deleted": count])
        } else {
            try Terminal.writeLine(count == 1 ? "1 message deleted" : "\(count) messages deleted")
        }
    }

    /// Page by page, each deleted before the next is read.
    private func deleteRead(_ client: ControlClient, from sender: String?) async throws -> Int {
        var query = InboxQuery(from: sender)
        var count = 0
        while case let page = try await client.receivedMessages(query), let last = page.last {
            count += try await client.delete(page.filter(\.read).map(\.position))
            query.after = last.position
        }
        return count
    }
}
