import ArgumentParser
import ControlAPI

/// `roost id`: shows the identity. Works without a daemon, and makes no identity.
struct Identity: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "id",
        abstract: "Print your peer ID, which others write to.",
        discussion: """
            EXAMPLES
              roost id
              roost id --json

            \(ExitStatus.help([.badConfiguration: "there is no identity there, or a key can't be used"],
                .notPermitted))
            """)

    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    func run() throws { try output.write(data.identity()) }
}
