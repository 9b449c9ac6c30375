import ArgumentParser
import Basics
import Platform
import Simulation
import SimulationReport

/// The options of `roost sim --swarm`.
struct SwarmOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Run so many scenarios by chance, until one fails.", valueName: "runs"))
    var swarm: Int?

    @Option(parsing: .unconditional, help: "End a swarm after so many minutes, with what has been run.")
    var minutes: Double?

    @Flag(help: "Go on with a swarm after a failure, and tell all.")
    var keepGoing = false

    /// Whether any of them is given.
    var isAsked: Bool { swarm != nil || minutes != nil || keepGoing }

    /// Runs the swarm, and ends with the status of the first failure. `demandsMarks`: it fails as well where a mark wasn't
    /// reached that must be.
    func run(
        seed: UInt64?, threads: Int, save: String?, demandsMarks: Bool, _ output: OutputOptions
    ) async throws {
        guard let runs = swarm else {
            throw Failure(.usage, "--minutes and --keep-going belong to --swarm.")
        }
        guard (1...SwarmOptions.maximumRuns).contains(runs) else {
            throw Failure(.usage, "A swarm has 1 to \(SwarmOptions.maximumRuns) runs, not \(runs).")
        }
        if let minutes, !(minutes > 0 && minutes <= 100_000) {
            throw Failure(.usage, "--minutes is a number above 0, such as 4 or 0.5.")
        }
        if let save { try SimFiles.write("", to: save, otherwise: .cannotCreate) }
        let interruption = SimInterruption()
        let drawn = Swarm(seed: seed ?? .random(in: 1...999_999_999))
        Terminal.news("roost: a swarm of \(Readable.plural(runs, "run")); seed \(drawn.seed)")
        let found = await SimSwarm(
            swarm: drawn, runs: runs, limit: minutes.map { .seconds($0 * 60) }, threads: threads,
            keepsGoing: keepGoing, interruption: interruption, underWay: RunsUnderWay(file: save)
        ).run()
        if let save {
            // Without a failure it is the first run that is worth keeping.
            let kept = found.failures.first?.shrunk ?? .drawn(from: drawn.seed(ofRun: 0))
            try SimFiles.write(ScenarioFile.json(kept).lines, to: save, otherwise: .inputOutput)
        }
        try output.json ? Terminal.writeLine(found.json.line) : Terminal.write(found.text)
        if let first = found.failures.first { throw ExitCode(first.failure.kind == .safety ? 3 : 4) }
        if let status = interruption.status { throw ExitCode(status) }
        if demandsMarks, found.marks.missing.contains(where: \.isExpected) { throw ExitCode(5) }
    }

    /// The most runs of a swarm: all of them are kept in mind to the end.
    private static let maximumRuns = 10_000_000
}
