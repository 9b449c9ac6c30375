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
    ) throws {
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
        let result = SweepResult(sweep, ParallelRuns(sweep.scenarios, interruption).run(threads: threads))
        try show(result, report, output)
        switch result.verdict {
        case _ where interruption.status != nil: throw ExitCode(interruption.status ?? 130)
        case .safetyBroken: throw ExitCode(3)
        case .livenessNotReached: throw ExitCode(4)
        case .allHeld, .interrupted: break
        }
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
