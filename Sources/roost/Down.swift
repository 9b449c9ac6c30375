import ArgumentParser
import RoostService

/// `roost down`: ends the daemon, and returns when it has ended.
struct Down: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "down",
        abstract: "End the daemon of the data directory cleanly.",
        discussion: """
            Before it ends, a node brings to others what only it may have of the mail that it keeps for people who are away. \
            That takes at most 2.5 s, and SIGTERM and Ctrl-C do the same; with `--log-level info` its log says how much that was.

            EXAMPLES
              roost down
              roost down --data ~/second-identity

            \(ExitStatus.help([.inputOutput: "it was told to end, and has not done so in time"],
                .unavailable, .notPermitted))
            """)

    @OptionGroup var data: DataOptions

    /// A daemon ends within 5 s.
    private static let patience = Duration.seconds(8)

    func run() async throws {
        let directory = DataDirectory(try data.directory())
        try await data.daemon().ask(within: Down.patience) { try await $0.shutDown() }
        let deadline = ContinuousClock.now + Down.patience
        while ContinuousClock.now < deadline {
            // The lock is the last thing that a daemon gives back.
            if (try? directory.lock()) != nil { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw Failure(.inputOutput, "The daemon was told to end, but has not done so yet.")
    }
}
