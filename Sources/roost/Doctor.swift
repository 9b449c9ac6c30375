import ArgumentParser
import ControlAPI
import RoostService
import StatusView

/// `roost doctor`: checks a data directory on which no daemon runs, and mends what it may.
struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check the data directory: permissions, keys, and each value of the store.",
        discussion: """
            End the daemon first: `roost down`. Files that other users may read are closed to them. With --repair, damaged values \
            are removed, which count as absent anyway. What needs a backup is said, and left as it is.

            EXAMPLES
              roost down
              roost doctor
              roost doctor --repair

            \(ExitStatus.help([
                .done: "nothing is damaged, or all that was is mended", .inputOutput: "something is damaged",
                .cannotCreate: "a daemon runs on the directory",
                .badConfiguration: "there is no data of a node there, or it is of a newer version",
            ], .notPermitted))
            """)

    @Flag(help: "Mend what needs no guess.")
    var repair = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    func run() throws {
        let directory = try data.directory()
        let checkup: Checkup
        do throws(ServiceError) {
            checkup = try Checkup(of: directory, mends: repair)
        } catch {
            throw Failure(error)
        }
        let report = DoctorReport(checkup, directory: directory, addressBook: addressBookProblem(directory))
        if output.json { try Terminal.write(json: report) } else { try Terminal.write(report.text) }
        if !report.sound { throw Failure(.inputOutput, "") }
    }

    private func addressBookProblem(_ directory: String) -> String? {
        do throws(Failure) {
            _ = try AddressBook(directory: directory).entries()
            return nil
        } catch {
            return error.sentence
        }
    }
}

/// What `roost doctor` prints.
private struct DoctorReport: Encodable {
    struct Finding: Encodable {
        var code: String
        var message: String
        var advice: String
        var mended: Bool
    }

    var directory: String
    var sound: Bool
    var id: String?
    var node: String?
    var storeBytes: Int?
    var diskFreeBytes: Int?
    var findings: [Finding]

    init(_ checkup: Checkup, directory: String, addressBook: String?) {
        self.directory = directory
        sound = checkup.isSound && addressBook == nil
        id = checkup.identity?.peerID.text
        node = checkup.identity?.nodeID.hex
        storeBytes = checkup.space?.used
        diskFreeBytes = checkup.space?.diskFree
        findings = checkup.findings.map {
            Finding(code: $0.code.rawValue, message: $0.message, advice: $0.advice, mended: $0.isMended)
        }
        if let addressBook {
            findings.append(
                Finding(
                    code: "address-book", message: addressBook,
                    advice: "Without it names are unknown; nothing else needs it.", mended: false))
        }
    }

    /// For people.
    var text: String {
        var rows = [["directory", Printable.word(directory)]]
        if let id { rows.append(["person", id]) }
        if let node { rows.append(["node", node]) }
        if let storeBytes { rows.append(["store", Amount.bytes(storeBytes)]) }
        if let diskFreeBytes { rows.append(["disk", "\(Amount.bytes(diskFreeBytes)) free"]) }
        var lines = Terminal.table(rows)
        for finding in findings {
            let message = (finding.mended ? "Mended: " : "") + Printable.word(finding.message)
            lines += "\n\(message)\n    \(Printable.word(finding.advice))\n"
        }
        return lines + (sound ? "\nNothing is damaged.\n" : "\nSomething is damaged.\n")
    }
}
