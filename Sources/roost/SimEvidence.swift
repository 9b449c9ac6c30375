import ArgumentParser
import Platform
import Simulation
import SimulationReport

/// The options of `roost sim` that compare runs.
struct SimEvidence: ParsableArguments {
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Compare two runs: files written by --json, or summary.json of a --report.", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var compare: [String] = []

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Run with each of several values of a field of the scenario, such as loss=0,0.1,0.3.",
            valueName: "field=a,b,c"))
    var sweep: String?

    @Option(parsing: .unconditional, help: "Of a sweep: how many seeds each value is run with (default: 5).")
    var seeds: Int?

    func validate() throws {
        if !compare.isEmpty, compare.count != 2 {
            throw ValidationError("--compare takes two files: roost sim --compare before.json after.json")
        }
        if sweep == nil, seeds != nil { throw ValidationError("--seeds belongs to a --sweep.") }
    }
}

// MARK: Comparing two runs

extension SimEvidence {
    func runComparison(_ output: OutputOptions) throws(Failure) {
        let comparison = Comparison(try read(compare[0]), try read(compare[1]))
        if output.json { return try Terminal.writeLine(comparison.json.line) }
        try Terminal.write(Terminal.table(comparison.rows((compare[0], compare[1]))))
    }

    /// A summary has a figure for each moment of a run: what is larger is none.
    private static let largestFile = 256 << 20

    private func read(_ path: String) throws(Failure) -> JSONValue {
        guard let bytes = StandardStreams.readFile(path, atMost: SimEvidence.largestFile) else {
            throw Failure(.inputOutput, "\(path) can't be read: check its name and its permissions.")
        }
        guard let value = JSONValue(parsing: Data(bytes)), Comparison.isRun(value) else {
            throw Failure(
                .badInput, "\(path) is not a run: name what `roost sim --json` printed, or summary.json of a --report.")
        }
        return value
    }
}

// MARK: Sweeping

extension SimEvidence {
    func runSweep(
        _ text: String, of base: Scenario, threads: Int, isForced: Bool, report: String?, _ output: OutputOptions
    ) async throws {
        let sweep: Sweep
        do throws(ScenarioFileError) {
            sweep = try Sweep(text, of: base, seeds: seeds ?? 5)
        } catch {
            throw Failure(.usage, error.sentence)
        }
        let threads = min(threads, sweep.scenarios.count)
        if !isForced { try SimMemory.check(sweep.scenarios, atOnce: threads) }
        if let report { try prepare(report) }
        let interruption = SimInterruption()
        Terminal.news(
            "roost: \(Readable.plural(sweep.values.count, "value")) of \(sweep.field), "
                + "\(Readable.plural(sweep.seeds.count, "seed")) each from \(base.seed); \(Readable.sentence(base))")
        let result = SweepResult(sweep, await runs(of: sweep, threads: threads, interruption))
        try show(result, report, output)
        switch result.verdict {
        case _ where interruption.status != nil: throw ExitCode(interruption.status ?? 130)
        case .safetyBroken: throw ExitCode(3)
        case .livenessNotReached: throw ExitCode(4)
        case .allHeld, .interrupted: break
        }
    }

    /// The runs in the order of their scenarios: all, or after an interruption those until the first that did not end.
    private func runs(of sweep: Sweep, threads: Int, _ interruption: SimInterruption) async -> [Run] {
        let scenarios = sweep.scenarios
        var runs = [Run?](repeating: nil, count: scenarios.count)
        var (done, progress) = (0, ProgressLine())
        await Parallel.run(
            scenarios.count, threads: threads, while: { interruption.status == nil },
            { number in (number, SimEvidence.run(scenarios[number], interruption)) },
            done: { number, run in
                runs[number] = run
                done += 1
                guard progress.isDue(.now) else { return }
                progress.show("\(done) of \(Readable.plural(scenarios.count, "run")) done")
            })
        progress.end()
        return runs.prefix { $0 != nil }.compactMap { $0 }
    }

    /// Nil where it was interrupted.
    private static func run(_ scenario: Scenario, _ interruption: SimInterruption) -> Run? {
        let begun = ContinuousClock.now
        var simulator = Simulator(scenario)
        while interruption.status == nil {
            guard simulator.advance(events: 10_000) else {
                return Run(simulator.summary(), wallSeconds: (ContinuousClock.now - begun) / .seconds(1))
            }
        }
        return nil
    }

    private func prepare(_ directory: String) throws(Failure) {
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw Failure(.cannotCreate, "The directory \(directory) can't be made: name another with --report.")
        }
        for name in ["sweep.html", "sweep.json"] {
            try SimFiles.write("", to: directory + "/" + name, otherwise: .cannotCreate)
        }
    }

    private func show(_ result: SweepResult, _ report: String?, _ output: OutputOptions) throws(Failure) {
        if output.json {
            try Terminal.writeLine(result.jsonValue.line)
        } else {
            try Terminal.write(Terminal.table(result.rows) + "\n" + result.plot)
            if !result.failures.isEmpty {
                try Terminal.write("\nWhat did not hold:\n" + result.failures.map { "  ✗ \($0)\n" }.joined())
            }
        }
        guard let report else { return }
        try SimFiles.write(result.jsonValue.lines, to: report + "/sweep.json", otherwise: .inputOutput)
        try SimFiles.write(SweepPage(result).html, to: report + "/sweep.html", otherwise: .inputOutput)
        Terminal.news("roost: the report is \(report)/sweep.html")
    }
}
