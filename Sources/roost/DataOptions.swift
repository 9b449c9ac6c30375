import ArgumentParser
import ControlAPI
import Platform
import RoostService

/// Which data directory, and so which daemon and which person, a command is for.
struct DataOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The data directory (default: $ROOST_DATA or ~/.local/share/roost).", valueName: "dir"),
        completion: .directory)
    var data: String?

    @Option(
        help: ArgumentHelp(
            "A profile, in place of --data: a data directory of yours by its name (`roost profiles`).",
            valueName: "name"))
    var profile: String?

    /// The directory as an absolute path.
    func directory(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(Failure) -> String {
        if let profile {
            guard data == nil else {
                throw Failure(.usage, "--data and --profile both name a data directory: give one of them.")
            }
            if let objection = Profile.objection(to: profile) { throw Failure(.usage, objection) }
        }
        let variable = profile == nil ? environment["ROOST_DATA"] : nil
        let named = [data, variable].compactMap { $0 }.first { !$0.isEmpty }
        guard let path = named ?? Profile(profile ?? Profile.standard, environment)?.directory else {
            throw Failure(
                .badConfiguration, "There is no home directory to keep the data in: name one with --data DIR.")
        }
        return URL(fileURLWithPath: path).standardizedFileURL.path
    }

    /// The socket of the directory's daemon.
    func socketPath() throws(Failure) -> String { try directory() + "/roost.sock" }

    /// The daemon of the directory, which may run or not.
    func daemon() throws(Failure) -> Daemon {
        let directory = try directory()
        return Daemon(
            directory: directory, client: ControlClient(socketPath: directory + "/roost.sock"),
            startCommand: try command("up"))
    }

    /// The identity of the directory. Makes none: a mistyped directory must not get one.
    func identity() throws(Failure) -> DataDirectory.Identity {
        let directory = try directory()
        let found: DataDirectory.Identity?
        do throws(ServiceError) { found = try DataDirectory.existingIdentity(of: directory) } catch {
            throw Failure(error)
        }
        guard let found else {
            throw Failure(
                .badConfiguration,
                """
                There are no keys in \(directory): check --data and $ROOST_DATA, or make new keys there with `\(
                try command("init"))`.
                """)
        }
        return found
    }

    /// A command line for the same directory, to be pasted.
    func command(_ rest: String) throws(Failure) -> String {
        if let profile { return "roost \(rest) --profile \(profile)" }
        guard data != nil else { return "roost \(rest)" }
        return "roost \(rest) --data \(Shell.quoted(try directory()))"
    }
}

/// `--json`, of every command that has a result.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print JSON: one object, or one object a line where many are listed.")
    var json = false

    /// Prints an identity.
    func write(_ identity: DataDirectory.Identity) throws(Failure) {
        if json {
            try Terminal.write(
                json: IdentityReport(
                    id: identity.peerID.text, node: identity.nodeID.hex, key: identity.nodeKey.hex))
        } else {
            try Terminal.writeLine(identity.peerID.text)
        }
    }
}
