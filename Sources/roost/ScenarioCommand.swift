import ArgumentParser
import Platform
import Simulation
import SimulationReport
import Testbed

/// `roost scenario`: what `roost sim` simulates, with real nodes.
struct ScenarioCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scenario",
        abstract: "Run a scenario of `roost sim` with real nodes: processes or containers.",
        discussion: """
            Starts as many nodes as the scenario names, each a process with a data directory and an address of its own, and \
            people with nodes beside them; lets them write, kills nodes, cuts the network and heals it; and tells what \
            arrived, as `roost sim` does. Nothing of it is left at the end. An hour of the scenario takes a minute, or what \
            --pace says; protocol timers don't change.

            EXAMPLES
              roost scenario trouble
              roost scenario blackout --nodes 30 --peers 6 --messages 40
              roost scenario crashes --nodes 50 --pace 120 --report /tmp/roost-report
              roost scenario my-scenario.json --json
              roost scenario partition --nodes 40 --pace 1    # in real time: two hours
              COMPOSE_PROJECT_NAME=roost roost scenario trouble --containers
                                                                of `docker compose up --scale node=50`
              roost sim --list    # the names of scenarios

            \(Sim.exitCodes)
            """)

    @Argument(
        help: ArgumentHelp("A scenario file, or the name of a built-in scenario.", valueName: "file|name"),
        completion: .file(extensions: ["json"]))
    var scenario: String

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How much faster than the scenario it goes: 1 is real time (default: 60).", valueName: "factor"))
    var pace: Double?

    @Option(parsing: .unconditional, help: "Relaying nodes, in place of the scenario's.")
    var nodes: Int?

    @Option(parsing: .unconditional, help: "People, in place of the scenario's.")
    var peers: Int?

    @Option(parsing: .unconditional, help: "Messages that people write, in place of the scenario's.")
    var messages: Int?

    @Option(parsing: .unconditional, help: "Lookups of random points, in place of the scenario's.")
    var lookups: Int?

    @Option(parsing: .unconditional, help: "Where chance comes from (default: the file's; else drawn, and printed).")
    var seed: UInt64?

    @Option(
        help: ArgumentHelp("Write report.html, summary.json and scenario.json there.", valueName: "dir"),
        completion: .directory)
    var report: String?

    @Flag(
        help: """
            The nodes are the containers of the service `node` in this container's project, or in $COMPOSE_PROJECT_NAME's.
            """)
    var containers = false

    @Flag(help: "Run even where memory may not suffice.")
    var force = false

    @OptionGroup var output: OutputOptions

    func run() async throws {
        var scenario = try makeScenario()
        guard let pace = pace.map({ Pace($0) }) ?? Pace.usual else {
            throw Failure(.usage, "--pace is a number from 1 to 3,600: how many seconds of the scenario take one.")
        }
        if !force { try ScenarioCapacity.check(scenario, nodesAreOurs: !containers) }
        // This may start the program again: nothing may have been written before.
        if !containers { await Isolation.enter() }
        let fleet = try await makeFleet(&scenario)
        if let report { try SimFiles.prepare(directory: report, for: scenario) }
        let interruption = SimInterruption()
        Terminal.news("roost: \(Readable.sentence(scenario)); seed \(scenario.seed)")
        let begun = ContinuousClock.now
        let findings: Findings
        do throws(TestbedError) {
            let progress = ScenarioProgress()
            defer { progress.end() }
            let conductor = Conductor(
                scenario, on: fleet, pace: pace, isInterrupted: { interruption.status != nil }, show: progress.show)
            findings = try await conductor.run()
        } catch {
            throw Failure(error.kind == .demand ? .usage : .cannotCreate, error.sentence)
        }
        let run = Run(
            findings.summary, wallSeconds: (ContinuousClock.now - begun) / .seconds(1),
            residentBytes: findings.residentBytes, wasInterrupted: !findings.summary.isFinished,
            replay: [replay(scenario)],
            real: RealNodes(
                kind: findings.kind.rawValue, pace: pace.factor, shortestHealing: pace.healing(scenario),
                applied: findings.notes.applied, notApplied: findings.notes.notApplied))
        try SimFiles.finish(run, report: report, asJSON: output.json)
        if let status = run.exitStatus(interruption) { throw ExitCode(status) }
    }

    /// Makes the fleet of nodes. With containers, there are as many nodes as containers.
    private func makeFleet(_ scenario: inout Scenario) async throws(Failure) -> any Fleet {
        do throws(TestbedError) {
            guard containers else { return try await ProcessFleet(program: ScenarioCommand.program) }
            let fleet = try await ContainerFleet(
                program: ScenarioCommand.program, engine: Variables.path("DOCKER_HOST", after: "unix://"),
                project: Variables.text("COMPOSE_PROJECT_NAME"))
            if let nodes, nodes > fleet.count {
                throw TestbedError(
                    .demand,
                    "There are \(Readable.plural(fleet.count, "container")), not \(nodes): "
                        + "`docker compose up --scale node=\(nodes) --detach` starts more.")
            }
            scenario.nodes = nodes ?? fleet.count
            return fleet
        } catch {
            throw Failure(error.kind == .demand ? .usage : .cannotCreate, error.sentence)
        }
    }

    /// This program.
    private static var program: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
            ?? CommandLine.arguments[0]
    }
}

/// Environment variables that other programs know as well.
private enum Variables {
    /// Nil where it is not set, or empty.
    static func text(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// What follows a scheme; nil where there is another.
    static func path(_ name: String, after scheme: String) -> String? {
        text(name).flatMap { $0.hasPrefix(scheme) ? String($0.dropFirst(scheme.count)) : nil }
    }
}

// MARK: The scenario

extension ScenarioCommand {
    private func makeScenario() throws(Failure) -> Scenario {
        var made: Scenario
        if let known = Scenario.named(scenario) {
            made = known
            made.seed = .random(in: 1...999_999_999)
        } else if scenario.contains("/") || scenario.contains(".") || FileManager.default.fileExists(atPath: scenario) {
            made = try SimFiles.scenario(scenario)
        } else {
            let names = Scenario.builtIn.map(\.name).joined(separator: ", ")
            throw Failure(.usage, "There is no scenario “\(scenario)”, and no such file: there are \(names).")
        }
        if let seed { made.seed = seed }
        if let nodes { made.nodes = nodes }
        if let peers { made.peers = peers }
        if let messages { made.messages = messages }
        if let lookups { made.lookups = lookups }
        if let problem = made.problem { throw Failure(.usage, problem) }
        return made
    }

    /// A command that intends the same again.
    private func replay(_ made: Scenario) -> String {
        var arguments = ["roost", "scenario", Shell.quoted(scenario), "--seed", "\(made.seed)"]
        if containers { arguments.append("--containers") }
        if let pace { arguments += ["--pace", pace == pace.rounded() ? "\(Int(pace))" : "\(pace)"] }
        for (name, value) in [("nodes", nodes), ("peers", peers), ("messages", messages), ("lookups", lookups)] {
            if let value { arguments += ["--\(name)", "\(value)"] }
        }
        return arguments.joined(separator: " ")
    }
}
