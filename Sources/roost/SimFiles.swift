import Platform
import Simulation
import SimulationReport

/// The files that `roost sim` and `roost scenario` read and write. A file that can't be written is found out before the
/// run, not after hours.
enum SimFiles {
    /// Reads a scenario file.
    static func scenario(_ path: String) throws(Failure) -> Scenario {
        guard let bytes = StandardStreams.readFile(path, atMost: ScenarioFile.maximumBytes + 1) else {
            throw Failure(.usage, "The scenario file \(path) can't be read: check its name and its permissions.")
        }
        do throws(ScenarioFileError) {
            return try ScenarioFile.scenario(from: Data(bytes))
        } catch {
            throw Failure(.usage, "\(path) is no scenario: \(error.sentence)")
        }
    }

    /// Makes the directory, and writes into it what is known before the run.
    static func prepare(directory path: String, for scenario: Scenario) throws(Failure) {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw Failure(.cannotCreate, "The directory \(path) can't be made: name another with --report.")
        }
        try write(ScenarioFile.json(scenario).lines, to: path + "/scenario.json", otherwise: .cannotCreate)
        for name in ["report.html", "summary.json"] { try write("", to: path + "/" + name, otherwise: .cannotCreate) }
    }

    /// Prints the summary, and writes the report: the results of hours are not lost because a directory is gone.
    static func finish(_ run: Run, report: String?, asJSON: Bool) throws(Failure) {
        try asJSON ? Terminal.writeLine(run.json.line) : Terminal.write(run.text)
        if let report {
            try write(run.jsonWithTimeline.lines, to: report + "/summary.json", otherwise: .inputOutput)
            try write(Page(run).html, to: report + "/report.html", otherwise: .inputOutput)
            Terminal.news("roost: the report is \(report)/report.html")
        }
    }

    static func write(_ text: String, to path: String, otherwise status: ExitStatus) throws(Failure) {
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        } catch {
            throw Failure(
                status, "\(path) can't be written: check the place, its permissions and the space on the disk.")
        }
    }
}

extension Run {
    /// The program's exit status; nil: everything held.
    func exitStatus(_ interruption: SimInterruption) -> Int32? {
        switch verdict {
        case .allHeld: nil
        case .safetyBroken: 3
        case .livenessNotReached: 4
        case .interrupted: interruption.status ?? 130
        }
    }
}
