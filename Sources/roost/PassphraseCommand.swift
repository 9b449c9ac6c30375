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

            A change that was cut short, so that one key has the new passphrase and the other not, goes on when the same command is \
            typed again; `roost doctor` and `roost status` say that a key is open meanwhile.

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
        let leftOpen = DataDirectory.keysLeftOpen(in: directory)
        let (old, new) = try oldAndNew(in: directory, goesOn: !leftOpen.isEmpty)
        guard old != nil || new != nil else {
            return try report(isSealed: false)
        }
        do throws(ServiceError) {
            try DataDirectory.changePassphrase(in: directory, from: old, to: new)
        } catch {
            throw Failure(error)
        }
        for name in leftOpen where new != nil {
            Terminal.news("roost: \(name) was still open, as a change of the passphrase was cut short.")
        }
        try report(isSealed: new != nil)
    }

    /// The passphrase that holds now, where there is one, and the one that is to hold. `goesOn`: one key is sealed and the other open, as
    /// a command like this one was cut short; so what it was given is enough.
    private func oldAndNew(
        in directory: String, goesOn: Bool
    ) throws(Failure) -> (old: Passphrase?, new: Passphrase?) {
        if goesOn, !remove {
            let given = try passphrases.given()
            if let path = newPassphraseFile { return (given, try PassphraseInput.read(path)) }
            if let given { return (given, given) }
            let asked = try PassphraseInput.ask(for: "Passphrase of the sealed key in \(directory)", isNew: false)
            return (asked, asked)
        }
        let old = try KeyPassphrase.ifNeeded(in: directory, passphrases)
        guard !remove else { return (old, nil) }
        if let path = newPassphraseFile { return (old, try PassphraseInput.read(path)) }
        guard old == nil else { return (old, try PassphraseInput.ask(for: "New passphrase", isNew: true)) }
        return (nil, try passphrases.passphrase(for: "New passphrase", isNew: true))
    }

    private func report(isSealed: Bool) throws(Failure) {
        if output.json { return try Terminal.write(json: ["sealed": isSealed]) }
        Terminal.news(isSealed ? "roost: The keys are sealed by the passphrase." : "roost: The keys are not sealed.")
    }
}
