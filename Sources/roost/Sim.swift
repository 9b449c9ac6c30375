import ArgumentParser
import Platform
import Simulation
import SimulationReport

/// `roost sim`: thousands of real nodes in one process, in virtual time. The same seed is the same history.
struct Sim: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sim",
        abstract: "Run a network of real nodes in virtual time, break it, and see what arrives.",
        discussion: """
            Alone, it runs the scenario `\(SimOptions.plain)`. With options, it does what they say on a network in which nothing \
            else goes wrong; on top of --scenario or --replay, options change what they name, and add faults.

            EXAMPLES
              roost sim
              roost sim --seed 7 --nodes 300 --half-life 1h --loss 0.1 --messages 300
              roost sim --stop 0.5@1h --partition 0.3@90min+10min --offline 0.8
              roost sim --scenario crashes --report /tmp/roost-report
              roost sim --scenario quiet --seed 7 --save /tmp/quiet.json --json
              roost sim --replay /tmp/quiet.json --json
              roost sim --nodes 60 --messages 60 --sweep loss=0,0.1,0.3 --seeds 3 --seed 7
              roost sim --compare /tmp/before.json /tmp/after.json
              roost sim --swarm 500 --minutes 4
              roost sim --list

            With --swarm it runs scenarios that are drawn by chance, each with other features and faults, and makes the \
            first that fails as small as it can. With --marks beside it, it ends with 5 where all held and a rare branch \
            wasn't reached that every swarm must reach.

            Durations are written as 20ms, 90s, 15min, 1h, 2d.

            \(Sim.exitCodes)
            """)

    /// Those of a scenario, which `roost scenario` also has.
    static let exitCodes = ExitStatus.lines(
        [
            (0, "all held"), (3, "safety broken"), (4, "liveness not reached after healing"),
            (130, "interrupted, by Ctrl-C"), (143, "interrupted, by SIGTERM"),
        ] + [ExitStatus.usage, .cannotCreate, .inputOutput].map { ($0.rawValue, $0.meaning) })

    @OptionGroup(title: "Scenario") var options: SimOptions

    @OptionGroup(title: "Swarm") var swarm: SwarmOptions

    @OptionGroup(title: "Evidence") var evidence: SimEvidence

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Threads that simulate; of a swarm or a sweep, runs at the same time (default: the machine's cores; 1 for a small network). Nothing else depends on it.",
            valueName: "n"))
    var threads: Int?

    @Flag(help: "List the built-in scenarios.")
    var list = false

    @Option(
        help: ArgumentHelp("Write the scenario of this run, to be replayed.", valueName: "file"), completion: .file())
    var save: String?

    @Option(
        help: ArgumentHelp("Write report.html, summary.json and scenario.json there.", valueName: "dir"),
        completion: .directory)
    var report: String?

    @Flag(help: "Show which rare branches of the code were not reached; a swarm fails if one of them must be.")
    var marks = false

    @Flag(help: "Run even where memory may not suffice.")
    var force = false

    @OptionGroup var output: OutputOptions

    func run() async throws {
        if list { return try showList() }
        if !evidence.compare.isEmpty { return try evidence.runComparison(output) }
        if swarm.isAsked {
            guard options.areDefaults, report == nil else {
                throw Failure(
                    .usage, "A swarm draws its scenarios from --seed alone: leave the options of scenarios out.")
            }
            return try await swarm.run(
                seed: options.seed, threads: cores, save: save, demandsMarks: marks, output)
        }
        let scenario = try options.makeScenario()
        if let sweep = evidence.sweep {
            return try await evidence.runSweep(
                sweep, of: scenario, threads: cores, isForced: force, report: report, output)
        }
        if !force { try SimMemory.check(scenario) }
        if let save { try SimFiles.write(ScenarioFile.json(scenario).lines, to: save, otherwise: .cannotCreate) }
        if let report { try SimFiles.prepare(directory: report, for: scenario) }
        let interruption = SimInterruption()
        Terminal.news("roost: \(Readable.sentence(scenario)); seed \(scenario.seed)")
        let run = simulate(scenario, interruption)
        try SimFiles.finish(run, report: report, asJSON: output.json)
        if let status = run.exitStatus(interruption) { throw ExitCode(status) }
    }

    private var cores: Int { threads ?? ProcessInfo.processInfo.activeProcessorCount }

    func validate() throws {
        guard let threads else { return }
        guard (1...1_024).contains(threads) else { throw ValidationError("--threads is from 1 to 1,024.") }
    }

    /// Below so many nodes, threads mostly wait for each other.
    private static let nodesForThreads = 500
    /// Into how many parts a network is divided for each thread, so that one that is done early takes another.
    private static let partsPerThread = 4

    private func threads(for scenario: Scenario) -> Int {
        threads ?? (scenario.nodes + scenario.peers < Sim.nodesForThreads ? 1 : cores)
    }

    /// How long it may go on between two looks at the clock and at signals.
    private static let slice = Duration.milliseconds(100)

    private func simulate(_ scenario: Scenario, _ interruption: SimInterruption) -> Run {
        var progress = SimProgress(scenario)
        let begun = ContinuousClock.now
        let threads = threads(for: scenario)
        let workers = WorkerThreads(threads - 1)
        var simulator =
            threads == 1
            ? Simulator(scenario)
            : Simulator(scenario, parts: threads * Sim.partsPerThread) { workers.run($0, $1) }
        if marks { simulator.countMarks() }
        // Events differ in cost a hundredfold with the cipher. What happens doesn't depend on how it is sliced.
        var batch = 1_000
        var since = begun
        while interruption.status == nil, simulator.advance(events: batch) {
            let now = ContinuousClock.now
            batch = now - since < Sim.slice ? min(batch * 2, 1_000_000) : max(batch / 2, 100)
            since = now
            progress.show(simulator.progress)
        }
        progress.end()
        let wall = (ContinuousClock.now - begun) / .seconds(1)
        let summary = simulator.summary()
        return Run(
            summary, wallSeconds: wall, threads: threads, residentBytes: SimMemory.resident,
            wasInterrupted: !summary.isFinished, replay: replay(scenario))
    }

    private func showList() throws {
        if output.json {
            for entry in Scenario.builtIn {
                let line = JSONValue.object([
                    "name": .string(entry.name), "about": .string(entry.about),
                    "scenario": ScenarioFile.json(entry.scenario),
                ])
                try Terminal.writeLine(line.line)
            }
        } else {
            try Terminal.write(Terminal.table(Scenario.builtIn.map { [$0.name, $0.about] }))
        }
    }
}

extension Sim {
    /// Commands that do the same again: by the options of this run with its seed, and by the file that was written.
    private func replay(_ scenario: Scenario) -> [String] {
        var arguments = ["roost"]
        var rest = CommandLine.arguments.dropFirst()
        while let argument = rest.popFirst() {
            switch argument {
            case "--json", "--force": break
            case "--save", "--report", "--seed", "--threads": rest = rest.dropFirst()
            default:
                if ["--save=", "--report=", "--seed=", "--threads="].contains(where: argument.hasPrefix) { break }
                arguments.append(Shell.quoted(argument))
            }
        }
        let byOptions = (arguments + ["--seed", "\(scenario.seed)"]).joined(separator: " ")
        guard let file = save ?? report.map({ $0 + "/scenario.json" }) else { return [byOptions] }
        return [byOptions, "roost sim --replay \(Shell.quoted(file))"]
    }
}
