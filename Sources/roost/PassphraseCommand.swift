import ArgumentParser
import RoostService

/// `roost passphrase`: seals the keys of the data directory by a passphrase, changes it, or removes it.
struct PassphraseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "passphrase",
        abstract: "Seal the keys in the data directory by a passphrase; change or remove it.",
        discussion: """
            Whoever copies the directory can then not act as you without the passphrase. The messages in it are not sealed: \
            encrypt the disk for that. `roost up` needs the passphrase at each start, `roost export` too. If you forget it, only \
            an export or a recovery phrase brings the key back.

            The passphrase that holds now is $ROOST_PASSPHRASE, --passphrase-file or asked for. The new one is asked for twice, or \
            the first line of --new-passphrase-file. Where there is none yet, all of these name the new one.

            EXAMPLES
              ROOST_PASSPHRASE='correct horse' roost passphrase
              ROOST_PASSPHRASE='correct horse' roost passphrase --remove

            \(ExitStatus.help([
                .badInput: "the new passphrase is empty, or was typed differently the second time",
                .cannotCreate: "the keys can't be written",
                .notPermitted: "the passphrase is wrong, or not permitted", .badConfiguration:
                "there are no keys there, or no passphrase was given",
            ]))
            """)

    @Flag(help: "Write the keys openly again.")
    var remove = false

    @Option(
        help: ArgumentHelp("A file whose first line is the new passphrase.", valueName: "file"), completion: .file())
    var newPassphraseFile: String?

    @OptionGroup var passphrases: PassphraseOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    func validate() throws {
        guard !remove || newPassphraseFile == nil else {
            throw ValidationError("With --remove there is no new passphrase.")
        }
    }

    func run() throws {
        _ = try data.identity()
        let directory = try data.directory()
        let old = try KeyPassphrase.ifNeeded(in: directory, passphrases)
        guard old != nil || !remove else {
            return try report(isSealed: false)
        }
        let new = remove ? nil : try newPassphrase(isFirst: old == nil)
        do throws(ServiceError) {
            try DataDirectory.changePassphrase(in: directory, from: old, to: new)
        } catch {
            throw Failure(error)
        }
        try report(isSealed: new != nil)
    }

    private func newPassphrase(isFirst: Bool) throws(Failure) -> Passphrase {
        if let path = newPassphraseFile { return try PassphraseInput.read(path) }
        if isFirst { return try passphrases.passphrase(for: "New passphrase", isNew: true) }
        return try PassphraseInput.ask(for: "New passphrase", isNew: true)
    }

    private func report(isSealed: Bool) throws(Failure) {
        if output.json { return try Terminal.write(json: ["sealed": isSealed]) }
        Terminal.news(isSealed ? "roost: The keys are sealed by the passphrase." : "roost: The keys are not sealed.")
    }
}
