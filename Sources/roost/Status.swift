import ArgumentParser
import ControlAPI
import StatusView

/// `roost status`: how the daemon is doing.
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show how the node is doing.",
        discussion: """
            EXAMPLES
              roost status
              roost status --watch                       # a live page; Ctrl-C or q ends it
              roost status --watch --interval 10 >> log  # a line every ten seconds
              roost status --wait ready --timeout 60 && roost nodes

            What is wrong comes first, with what to do about it. NO_COLOR turns colours off.

            \(ExitStatus.help([.notYet: "not ready yet, with --wait"], .unavailable, .notPermitted))
            """)

    @Option(help: ArgumentHelp("Wait until the node is in this state: ready.", valueName: "state"))
    var wait: Goal?

    @Option(
        help: ArgumentHelp(
            "How long to wait, for that or for an answer (default: 30, without --wait 10).", valueName: "seconds"))
    var timeout: Double?

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
    /// The shortest time that a daemon is given to answer: seconds.
    private static let shortest = 1.0

    func validate() throws {
        guard (0...1e9).contains(timeout ?? 0) else { throw ValidationError("--timeout is a number of seconds.") }
        guard interval == nil || watch else { throw ValidationError("--interval is for --watch.") }
        guard (0.1...86_400).contains(interval ?? 2) else {
            throw ValidationError("--interval is a number of seconds, from 0.1 to 86400.")
        }
        guard wait == nil || !watch else { throw ValidationError("--wait and --watch are two different things.") }
    }

    func run() async throws {
        let daemon = try data.daemon()
        if watch {
            let watch = StatusWatch(daemon: daemon, interval: .seconds(interval ?? 2), asJSON: output.json)
            return try await watch.run()
        }
        let report: StatusReport
        if wait == .ready {
            report = try await Terminal.waiting(for: "Waiting until the node has joined") {
                try await waitUntilReady(daemon, .seconds(timeout ?? 30))
            }
        } else {
            let patience = min(.seconds(max(timeout ?? 1e9, Status.shortest)), Daemon.patience)
            report = try await daemon.ask(within: patience) { try await $0.status() }
        }
        if output.json {
            try Terminal.write(json: report)
        } else {
            let lines = StatusPage(report).lines.map { $0.text(style: Terminal.style) + "\n" }
            try Terminal.write(lines.joined())
        }
        if wait == .ready, report.state != .ready {
            throw Failure(.notYet, "The node has not joined within \(timeout ?? 30) seconds; it keeps trying.")
        }
    }

    /// The report in which the daemon is ready, or the last one within the time.
    private func waitUntilReady(_ daemon: Daemon, _ patience: Duration) async throws -> StatusReport {
        let start = ContinuousClock.now
        while true {
            let elapsed = ContinuousClock.now - start
            do {
                let left = max(patience - elapsed, .seconds(Status.shortest))
                let report = try await daemon.ask(within: min(left, Daemon.patience)) { try await $0.status() }
                if report.state == .ready || elapsed >= patience { return report }
            } catch let failure as Failure where failure == daemon.isNotRunning {
                guard elapsed < min(Status.startPatience, patience) else { throw failure }
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}
