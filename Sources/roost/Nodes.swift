import ArgumentParser
import ControlAPI
import StatusView

/// `roost nodes`: the routing table.
struct Nodes: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nodes",
        abstract: "List the nodes of the routing table.",
        discussion: """
            EXAMPLES
              roost nodes
              roost nodes --json | wc -l

            \(ExitStatus.help([:], .unavailable, .notPermitted))
            """)

    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    func run() async throws {
        let nodes = try await data.daemon().ask { try await $0.nodes() }
        if output.json {
            for node in nodes { try Terminal.write(json: node) }
            return
        }
        let rows = nodes.map {
            [
                $0.node, $0.endpoint, "bucket \($0.bucket)", "seen \(Amount.time(seconds: $0.lastSeenSeconds)) ago",
                Nodes.words(forSessionOf: $0),
            ]
        }
        try Terminal.write(Terminal.table(rows))
        if nodes.isEmpty { Terminal.news("roost: No other node is known yet.") }
    }

    /// Whether a session is open, and where it goes if that isn't where the node is known to be.
    private static func words(forSessionOf node: NodeReport) -> String {
        guard let session = node.session else { return "" }
        let place = node.endpoint.contains(session) ? "" : " to \(session)"
        return "session\(place)\(node.isMoving == true ? ", seen elsewhere just now" : "")"
    }
}
