import ArgumentParser
import ControlAPI
import Cryptography
import RoostService

/// `roost id`: who one is. Works without a daemon, and makes the keys when there are none.
struct Identity: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "id",
        abstract: "Print your peer ID, which others write to.",
        discussion: """
            EXAMPLES
              roost id
              roost id --json
            """)

    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    func run() throws {
        let directory = try data.directory()
        let identity: DataDirectory.Identity
        do throws(ServiceError) {
            identity = try DataDirectory.identity(of: directory)
        } catch {
            throw Failure(error)
        }
        if output.json {
            try Terminal.write(json: IdentityReport(id: identity.peerID.text, node: identity.nodeID.hex))
        } else {
            try Terminal.writeLine(identity.peerID.text)
        }
    }
}
