import Basics
import ControlAPI
import Platform

/// One `roost up` of this machine with its data directory and its address: started, ended, held up, started again.
public actor Daemon {
    /// What all daemons of a run have in common.
    struct Surroundings: Sendable {
        /// This program.
        let program: String
        let lifeline: Lifeline
        /// Lets some start at a time.
        let gate: Gate
        /// The network's name: nodes of other runs are not heard.
        let network: String
        /// Whether the port is this run's own, so that a node can have a fixed one from the start.
        let port: UInt16
    }

    /// How long a process may take until it is ready: on a machine that is busy with other things.
    private static let startPatience = Duration.seconds(60)
    /// How long `roost up` may take to end by SIGTERM; it gives up itself before.
    private static let endPatience = Duration.seconds(8)
    /// Lines of its log that are quoted.
    private static let quoted = 5

    nonisolated let directory: String
    nonisolated let client: ControlClient
    private let surroundings: Surroundings
    /// Where it listens, such as `127.4.0.17`.
    nonisolated let address: String
    /// Zero until the system has given it one, which it keeps.
    private var port: UInt16
    private var child: Child?
    /// The process that was told to end last.
    private var leaving: Child?
    private(set) var isPaused = false
    /// Of the last time that it ran.
    private(set) var node: Bytes32?

    init(directory: String, address: String, in surroundings: Surroundings) {
        self.directory = directory
        self.address = address
        self.surroundings = surroundings
        port = surroundings.port
        client = ControlClient(socketPath: directory + "/roost.sock")
    }

    /// Where others reach it; nil before it ran.
    var endpoint: String? { port == 0 ? nil : "\(address):\(port)" }

    var process: pid_t? { child?.process }

    /// Starts it and returns once it is ready; the network is joined after that.
    func start(bootstrap: [String]) async throws(TestbedError) {
        guard child == nil else { return }
        // It may take seconds to hand over what it keeps for others, and two can't run on one directory.
        await leaving?.end(within: Daemon.endPatience)
        await surroundings.gate.enter()
        let result = await launch(bootstrap)
        await surroundings.gate.leave()
        try result.get()
    }

    private func launch(_ bootstrap: [String]) async -> Result<Void, TestbedError> {
        let (output, errors) = (directory + ".out", directory + ".log")
        try? FileManager.default.removeItem(atPath: output)
        var arguments = ["up", "--until-stdin-closes", "--data", directory, "--listen", "\(address):\(port)"]
        arguments += ["--network", surroundings.network]
        for endpoint in bootstrap { arguments += ["--bootstrap", endpoint] }
        let child: Child
        do throws(TestbedError) {
            child = try Child(
                surroundings.program, arguments, environment: Daemon.environment, input: surroundings.lifeline.reader,
                output: output, errors: errors)
        } catch {
            return .failure(error)
        }
        self.child = child
        var line = ""
        _ = await Patience.holds(within: Daemon.startPatience) {
            line = Daemon.read(output)
            return line.hasSuffix("\n") || child.ended != nil
        }
        guard line.hasPrefix("ready "), line.hasSuffix("\n") else {
            child.send(signal: SIGKILL)
            await child.end(within: .seconds(1))
            self.child = nil
            return .failure(TestbedError(.creation, "A node did not start: \(lastWords)"))
        }
        for field in line.split(whereSeparator: \.isWhitespace) {
            if field.hasPrefix("node=") { node = Bytes32(hex: String(field.dropFirst(5))) }
            if field.hasPrefix("udp="), let endpoint = Endpoint(String(field.dropFirst(4).prefix { $0 != "," })) {
                port = endpoint.port
            }
        }
        return .success(())
    }

    /// Ends it: as one shuts a machine down, or without a word (SIGKILL).
    func end(abruptly: Bool) async {
        guard let child else { return }
        self.child = nil
        leaving = child
        resume(child)
        child.send(signal: abruptly ? SIGKILL : SIGTERM)
        await child.end(within: Daemon.endPatience)
    }

    /// Holds it up (SIGSTOP), and lets it go on (SIGCONT).
    func pause() {
        guard let child, !isPaused else { return }
        isPaused = true
        child.send(signal: SIGSTOP)
    }

    func resume() {
        if let child { resume(child) }
    }

    private func resume(_ child: Child) {
        guard isPaused else { return }
        isPaused = false
        child.send(signal: SIGCONT)
    }

    /// Its disk is lost, with its keys and all that it kept.
    func wipe() { try? FileManager.default.removeItem(atPath: directory) }

    /// How it ended, if it ended without being told to: a sentence, once.
    func unexpectedEnd() -> String? {
        guard let status = child?.ended else { return nil }
        child = nil
        isPaused = false
        return (status < 0 ? "by signal \(-status)" : "with status \(status)") + ": " + lastWords
    }

    /// What it has sent since it started; nil where it can't tell just now.
    var traffic: TrafficBook.Reading? {
        get async {
            guard let child, !isPaused, let text = try? await client.metrics() else { return nil }
            return MetricsText.reading(of: text, key: "\(child.process)")
        }
    }

    /// The memory it occupies, in bytes (Linux only). Of memory that several processes share, such as the program's
    /// text, each counts a part: so the sum is what all occupy together.
    var residentBytes: Int? {
        guard let child else { return nil }
        let files = [("smaps_rollup", "Pss:"), ("status", "VmRSS:")]
        return files.lazy.compactMap { Daemon.kibibytes($1, in: "/proc/\(child.process)/\($0)") }.first
    }

    private static func kibibytes(_ name: String, in path: String) -> Int? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name) }),
            let number = line.split(whereSeparator: \.isWhitespace).dropFirst().first
        else { return nil }
        return Int(number).map { $0 << 10 }
    }

    private var lastWords: String {
        let lines = Daemon.read(directory + ".log").split(separator: "\n").suffix(Daemon.quoted)
        return lines.isEmpty ? "it said nothing." : lines.joined(separator: " / ")
    }

    private static func read(_ path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }

    /// Settings of the user's own node must not apply to the run's nodes, and only the runner waits for these to be
    /// ready.
    private static let environment = ProcessInfo.processInfo.environment.filter {
        !$0.key.hasPrefix("ROOST_") && $0.key != "NOTIFY_SOCKET"
    }
}
