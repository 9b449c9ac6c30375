import ArgumentParser
import ControlAPI
import StatusView

/// `roost status`: how the daemon is doing.
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show how the node is doing.",
        discussion: """
            EXAMPLES
              roost status
              roost status --watch                       # a live page; Ctrl-C or q ends it
              roost status --watch --interval 10 >> log  # a line every ten seconds
              roost status --wait ready --timeout 60 && roost nodes

            What is wrong comes first, with what to do about it. NO_COLOR turns colours off.
            """)

    @Option(help: ArgumentHelp("Wait until the node is in this state: ready.", valueName: "state"))
    var wait: Goal?

    @Option(help: ArgumentHelp("How long to wait for that.", valueName: "seconds"))
    var timeout = 30.0

    @Flag(help: "Show it live: as a page on a terminal, elsewhere a line each time.")
    var watch = false

    @Option(help: ArgumentHelp("How often to look, with --watch (default: 2).", valueName: "seconds"))
    var interval: Double?

    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    enum Goal: String, CaseIterable, ExpressibleByArgument {
        case ready
    }

    /// How long a daemon that has just been started may take to open its socket.
    private static let startPatience = Duration.seconds(5)

    func validate() throws {
        guard timeout >= 0, timeout <= 1e9 else { throw ValidationError("--timeout is a number of seconds.") }
        guard interval == nil || watch else { throw ValidationError("--interval is for --watch.") }
        guard (0.1...86_400).contains(interval ?? 2) else {
            throw ValidationError("--interval is a number of seconds, from 0.1 to 86400.")
        }
        guard wait == nil || !watch else { throw ValidationError("--wait and --watch are two different things.") }
    }

    func run() async throws {
        if watch {
            let watch = StatusWatch(data: data, interval: .seconds(interval ?? 2), asJSON: output.json)
            return try await watch.run()
        }
        let report = try await data.withDaemon { client in
            guard wait == .ready else { return try await client.status() }
            return try await Terminal.waiting(for: "Waiting until the node has joined") {
                try await waitUntilReady(client)
            }
        }
        if output.json {
            try Terminal.write(json: report)
        } else {
            let lines = StatusPage(report).lines.map { $0.text(style: Terminal.style) + "\n" }
            try Terminal.write(lines.joined())
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
}
