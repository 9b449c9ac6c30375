import ArgumentParser
import ControlAPI
import Platform
import RoostService

/// `roost profiles`: who one is on this machine.
struct Profiles: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "profiles",
        abstract: "List your profiles on this machine: names, peer IDs, and whether their nodes run.",
        discussion: """
            A profile is a data directory with a name. `default` is the one that is used where none is named; others are made by \
            `roost init --profile NAME` or `roost up --profile NAME`, and lie in ~/.local/share/roost-profiles. Directories elsewhere, \
            which are named by --data, are not listed.

            EXAMPLES
              roost profiles
              roost init --profile work
              roost profiles --json

            \(ExitStatus.help([:], .badConfiguration))
            """)

    @OptionGroup var output: OutputOptions

    private struct Report: Encodable {
        let profile: String
        let id: String?
        let node: String?
        let directory: String
        let state: State
    }

    private enum State: String, Encodable {
        case running, stopped
        /// The daemon is there, and doesn't answer.
        case silent
        /// The keys can't be read.
        case unreadable
    }

    /// A daemon that works answers within milliseconds.
    private static let patience = Duration.seconds(1)

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        guard Profile.place(environment) != nil else {
            throw Failure(.badConfiguration, "There is no home directory, so that there are no profiles: set HOME.")
        }
        var reports: [Report] = []
        let profiles = Profile.all(environment)
        for profile in profiles.prefix(Profile.most) {
            if let report = await Profiles.report(of: profile) { reports.append(report) }
        }
        if output.json {
            for report in reports { try Terminal.write(json: report) }
        } else {
            let rows = reports.map { [$0.profile, $0.id ?? "-", $0.state.rawValue] }
            try Terminal.write(Terminal.table(rows))
        }
        if profiles.count > Profile.most {
            Terminal.news("roost: There are \(profiles.count - Profile.most) more directories, which are not listed.")
        }
        if reports.isEmpty { Terminal.news("roost: There is no profile yet: `roost init` makes one.") }
    }

    /// Nil where there are no keys.
    private static func report(of profile: Profile) async -> Report? {
        let identity: DataDirectory.Identity?
        do {
            identity = try DataDirectory.existingIdentity(of: profile.directory)
            guard identity != nil else { return nil }
        } catch {
            return Report(
                profile: profile.name, id: nil, node: nil, directory: profile.directory, state: .unreadable)
        }
        return Report(
            profile: profile.name, id: identity?.peerID.text, node: identity?.nodeID.hex, directory: profile.directory,
            state: await state(of: profile))
    }

    private static func state(of profile: Profile) async -> State {
        let daemon = Daemon(
            directory: profile.directory, client: ControlClient(socketPath: profile.directory + "/roost.sock"),
            startCommand: "roost up")
        do {
            _ = try await daemon.ask(within: patience) { try await $0.status() }
            return .running
        } catch let failure as Failure {
            return failure == daemon.isNotRunning ? .stopped : .silent
        } catch {
            return .silent
        }
    }
}
