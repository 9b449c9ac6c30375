import ArgumentParser
import ControlAPI
import Platform
import RoostService
import StatusView

/// `roost import`: goes on from an export or from a recovery phrase, in a new data directory.
struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Make a data directory of an export, or of a recovery phrase.",
        discussion: """
            The directory must be new: nothing is mixed with what is there, and no daemon runs on it yet. All of the file is \
            checked before anything is made.

            You go on as from an older copy of your data. What waits for you was sealed to keys that stay behind; its senders \
            seal it anew when they see that you are back, within minutes to hours. Messages that were under way are sent again, and \
            arrive once. Never start the old directory again: two copies are one person in two places.

            The new node knows no other: name one with --bootstrap when you start it.

            What comes through a pipe, as from `ssh old cat FILE | roost import /dev/stdin`, is held in memory until all of it is checked: at most \
            256 MiB.

            A phrase brings the profile key alone. It is read from standard input, or asked for.

            EXAMPLES
              ROOST_PASSPHRASE='correct horse' roost import ~/roost.export --data ~/again
              roost import --phrase --data ~/roost-from-words

            \(ExitStatus.help([
                .badInput: "the file is damaged or no export, a word of the phrase is wrong, or the passphrase is empty",
                .cannotCreate: "there is data in the directory already",
                .notPermitted: "the passphrase is wrong, or not permitted",
                .badConfiguration: "a newer version wrote the file, or no passphrase was given",
            ]))
            """)

    @Argument(help: "What `roost export` wrote.", completion: .file())
    var file: String?

    @Flag(help: "Read a recovery phrase, 24 words, instead.")
    var phrase = false

    @OptionGroup var passphrases: PassphraseOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    func validate() throws {
        guard phrase == (file == nil), file != "" else {
            throw ValidationError(phrase ? "--phrase reads no file." : "Name the file to read, or use --phrase.")
        }
    }

    func run() throws {
        let directory = try data.directory()
        guard let file else { return try importPhrase(directory) }
        let passphrase = try passphrases.passphrase(for: "Passphrase of \(file)")
        let book = AddressBook(directory: directory)
        var restored = AddressBook.Restored()
        let report: DataDirectory.ImportReport
        do throws(ServiceError) {
            report = try DataDirectory.makeDirectory(
                at: directory, ofExport: file, openedBy: passphrase
            ) { names throws(ServiceError) in
                do throws(Failure) { restored = try book.restore(names) } catch {
                    throw ServiceError(.dataDirectoryUnusable, error.sentence)
                }
            }
        } catch {
            throw Failure(error)
        }
        let id = report.identity.peerID.text
        var counts = report.counts
        counts.names -= restored.leftOut.count
        if output.json {
            try Terminal.write(json: ArchiveReport(id: id, counts))
        } else {
            try Terminal.writeLine("\(id): \(counts.sentence)")
        }
        say(restored)
        if report.unknown > 0 {
            Terminal.news(
                "roost: \(report.unknown) things in the file are of kinds that only a newer version knows, and were left out."
            )
        }
        sayWhatIsLost(resent: report.counts.underWay)
    }

    private func say(_ restored: AddressBook.Restored) {
        let renamed = PeerNames.lines(of: restored.renamed) {
            "roost: “\(Printable.word($0.from))” is called “\(Printable.word($0.to))” now, as a name is one word of at most \(PeerName.longest) characters."
        }
        let leftOut = PeerNames.lines(of: restored.leftOut) {
            "roost: “\(Printable.word($0.name))” can't be a name, and was left out: type `roost peers add NAME \($0.peer.text)`."
        }
        for line in renamed + leftOut { Terminal.news(line) }
    }

    private func importPhrase(_ directory: String) throws {
        let text: String
        if HiddenInput.isPossible {
            // They are printed, and so pasted, in several lines.
            let typed = try HiddenInput.line("The 24 words: ") { line in
                (1..<24).contains(line.split(separator: UInt8(ascii: " ")).count)
            }
            text = String(decoding: typed, as: UTF8.self)
        } else {
            text = String(decoding: try StandardStreams.readInput(atMost: Import.longestPhrase), as: UTF8.self)
        }
        let identity: DataDirectory.Identity
        do throws(ServiceError) {
            identity = try DataDirectory.makeDirectory(at: directory, ofPhrase: text)
        } catch {
            throw Failure(error)
        }
        try output.write(identity)
        sayWhatIsLost(resent: 0)
    }

    /// Twenty-four words of at most eight letters, and room for blanks.
    private static let longestPhrase = 4_096

    private func sayWhatIsLost(resent: Int) {
        var lines = [
            "roost: Mail that waits for you was sealed to keys that stayed behind: its senders seal it anew when they see that you "
                + "are back. The first copies can't be opened here, and `roost status` counts them until their day.",
            "roost: Never start the old data directory again: two copies are one person in two places.",
            "roost: The new node knows no other yet: name one with --bootstrap when you start it.",
        ]
        if resent > 0 {
            lines.insert(
                "roost: \(resent == 1 ? "1 message was" : "\(resent) messages were") under way, and will be sent again.",
                at: 0)
        }
        for line in lines { Terminal.news(line) }
    }
}
