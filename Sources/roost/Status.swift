import ArgumentParser
import ControlAPI

/// `roost status`: how the daemon is doing.
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show how the node is doing.",
        discussion: """
            EXAMPLES
              roost status
              roost status --wait ready --timeout 60 && roost nodes
            """)

    @Option(help: ArgumentHelp("Wait until the node is in this state: ready.", valueName: "state"))
    var wait: Goal?

    @Option(help: ArgumentHelp("How long to wait for that.", valueName: "seconds"))
    var timeout = 30.0

    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    enum Goal: String, CaseIterable, ExpressibleByArgument {
        case ready
    }

    /// How long a daemon that has just been started may take to open its socket.
    private static let startPatience = Duration.seconds(5)

    func validate() throws {
        guard timeout >= 0, timeout <= 1e9 else { throw ValidationError("--timeout is a number of seconds.") }
    }

    func run() async throws {
        let report = try await data.withDaemon { client in
            guard wait == .ready else { return try await client.status() }
            return try await Terminal.waiting(for: "Waiting until the node has joined") {
                try await waitUntilReady(client)
            }
        }
        if output.json {
            try Terminal.write(json: report)
        } else {
            try Terminal.write(Terminal.table(Status.rows(report)))
        }
        if wait == .ready, report.state != .ready {
            throw Failure(.notYet, "The node has not joined within \(timeout) seconds; it keeps trying.")
        }
    }

    private func waitUntilReady(_ client: ControlClient) async throws -> StatusReport {
        let start = ContinuousClock.now
        while true {
            let elapsed = ContinuousClock.now - start
            do throws(ControlError) {
                let report = try await client.status()
                if report.state == .ready || elapsed >= .seconds(timeout) { return report }
            } catch {
                guard error.code == .unreachable, elapsed < min(Status.startPatience, .seconds(timeout)) else {
                    throw error
                }
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private static func place(_ report: StatusReport) -> String {
        let external = report.external.joined(separator: ", ")
        return switch report.reachable {
        case true?: external
        case false?: "nowhere: others can't connect to this node; messages come through mailboxes"
        case nil: external.isEmpty ? "not known yet" : "\(external), as others see it; not confirmed yet"
        }
    }

    private static func rows(_ report: StatusReport) -> [[String]] {
        [
            ["state", report.state.rawValue], ["id", report.id], ["node", report.node], ["version", report.version],
            ["listens at", report.endpoints.joined(separator: ", ")],
            ["reached at", place(report)],
            ["contacts", "\(report.contacts) nodes known" + (report.networkSize.map { " of some \($0)" } ?? "")],
            [
                "keeps",
                "\(report.envelopes) envelopes in \(report.mailboxes) mailboxes of others, \(Describe.bytes(report.bytes))",
            ],
            ["outbox", "\(report.outbox) messages under way"],
            ["uptime", Describe.duration(seconds: report.uptimeSeconds)],
        ] + report.warnings.map { ["warning", $0] }
    }
}
