import ArgumentParser
import RoostService

/// `roost init`: makes an identity, without running a node.
struct Initialize: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a data directory with new keys, and print the peer ID.",
        discussion: """
            `roost up` does so by itself. Keys that are there stay as they are.

            EXAMPLES
              roost init
              roost init --data ~/second-identity

            \(ExitStatus.help([.cannotCreate: "the directory or the keys can't be made"],
                .notPermitted, .badConfiguration))
            """)

    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    func run() throws {
        let directory = try data.directory()
        let identity: DataDirectory.Identity
        do throws(ServiceError) { identity = try DataDirectory.identity(of: directory) } catch { throw Failure(error) }
        try output.write(identity)
    }
}
