import ArgumentParser
import CLibrary
import ControlAPI
import Platform
import RoostService
import StatusView

/// `roost export`: all that a person may take elsewhere, in one sealed file; or the profile key as words.
struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write your key, address book, messages and drafts to one file, sealed by a passphrase.",
        discussion: """
            The daemon may run; what arrives afterwards is not in the file: to move, end it first. Not in the file: the keys of conversations and prekeys, as two copies that go on from one state \
            would use keys twice; the node's key; mail kept for others. `roost import` says what that means.

            With --phrase nothing is written: the profile key is printed as 24 words, for paper.

            The passphrase is that of the file, by $ROOST_PASSPHRASE, --passphrase-file or a prompt. Where the keys of the data \
            directory are sealed (`roost passphrase`), theirs is $ROOST_PASSPHRASE or asked for.

            EXAMPLES
              ROOST_PASSPHRASE='correct horse' roost export ~/roost.export
              roost export --phrase

            \(ExitStatus.help([
                .badInput: "the passphrase is empty, or was typed differently the second time",
                .cannotCreate: "the file is there already, or can't be written",
                .badConfiguration: "there are no keys there, or no passphrase was given",
                .notPermitted: "the passphrase of the keys is wrong, or not permitted",
            ]))
            """)

    @Argument(help: "The file to write.", completion: .file())
    var file: String?

    @Flag(help: "Print the recovery phrase, 24 words, instead.")
    var phrase = false

    @Flag(help: "Overwrite the file if it is there.")
    var replace = false

    @OptionGroup var passphrases: PassphraseOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    func validate() throws {
        guard phrase == (file == nil), file != "" else {
            throw ValidationError(phrase ? "--phrase writes no file." : "Name the file to write, or use --phrase.")
        }
    }

    func run() throws {
        _ = try data.identity()
        let directory = try data.directory()
        guard let file else { return try printPhrase(directory) }
        let book = try AddressBook(directory: directory).archived()
        let keyPassphrase = try KeyPassphrase.ifNeeded(in: directory)
        let passphrase = try passphrases.passphrase(for: "Passphrase for \(file)", isNew: true)
        let report: DataDirectory.ExportReport
        do throws(ServiceError) {
            report = try DataDirectory.export(
                directory, names: book.names, to: file, replacing: replace,
                sealedBy: passphrase, keyPassphrase: keyPassphrase)
        } catch {
            throw Failure(error)
        }
        let leftOut = PeerNames.lines(of: book.leftOut) {
            "roost: “\(Printable.word($0))” of the address book is not in the file: it is no name, or its ID is none."
        }
        for line in leftOut { Terminal.news(line) }
        if report.damaged > 0 {
            Terminal.news(
                "roost: \(report.damaged) values of the store are damaged and not in the file: run `roost doctor`.")
        }
        if output.json {
            try Terminal.write(json: ArchiveReport(id: report.peerID.text, report.counts, bytes: report.bytes))
        } else {
            try Terminal.writeLine("\(Printable.word(file)): \(report.counts.sentence) (\(Amount.bytes(report.bytes)))")
        }
    }

    private func printPhrase(_ directory: String) throws {
        Terminal.news(
            "roost: Whoever reads these words is you, for good: let nobody see them, and keep them on paper only.")
        if isatty(STDOUT_FILENO) == 1, isatty(STDIN_FILENO) == 1 {
            Terminal.news("Show them here? Type yes:")
            guard readLine()?.lowercased() == "yes" else { throw Failure(.badInput, "Nothing was shown.") }
        }
        let words: [String]
        let keyPassphrase = try KeyPassphrase.ifNeeded(in: directory)
        do throws(ServiceError) {
            words = try DataDirectory.recoveryPhrase(of: directory, keyPassphrase: keyPassphrase)
        } catch {
            throw Failure(error)
        }
        if output.json { return try Terminal.write(json: ["phrase": words.joined(separator: " ")]) }
        for start in stride(from: 0, to: words.count, by: 6) {
            try Terminal.writeLine(words[start..<min(start + 6, words.count)].joined(separator: " "))
        }
    }
}

/// What `roost export` and `roost import` print as JSON.
struct ArchiveReport: Encodable {
    /// The peer ID.
    var id: String
    var names: Int
    var received: Int
    var sent: Int
    /// Of the sent ones, those that were under way.
    var underWay: Int
    /// What was begun and not sent.
    var drafts: Int
    /// The file's size, of an export.
    var bytes: Int?

    init(id: String, _ counts: ArchiveCounts, bytes: Int? = nil) {
        self.id = id
        names = counts.names
        received = counts.received
        sent = counts.sent
        underWay = counts.underWay
        drafts = counts.drafts
        self.bytes = bytes
    }
}

extension ArchiveCounts {
    /// For people.
    var sentence: String {
        func some(_ count: Int, _ one: String, _ many: String) -> String { "\(count) \(count == 1 ? one : many)" }
        return "the profile key, \(some(names, "name", "names")), "
            + "\(some(received, "message", "messages")) received, \(sent) sent"
            + (drafts == 0 ? "" : ", \(some(drafts, "draft", "drafts"))")
    }
}

/// The passphrase of the keys in a data directory.
enum KeyPassphrase {
    /// That of `$ROOST_PASSPHRASE`, or asked for, where the keys are sealed; nil where they aren't.
    static func ifNeeded(
        in directory: String, _ options: PassphraseOptions? = nil
    ) throws(Failure) -> Passphrase? {
        guard DataDirectory.areKeysSealed(in: directory) else { return nil }
        let what = "Passphrase of the keys in \(directory)"
        if let options { return try options.passphrase(for: what) }
        if let given = try PassphraseInput.given() { return given }
        return try PassphraseInput.ask(for: what, isNew: false)
    }
}
