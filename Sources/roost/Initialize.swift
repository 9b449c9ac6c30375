import ArgumentParser
import RoostService

/// `roost init`: makes an identity, without running a node.
struct Initialize: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a data directory with new keys, print the peer ID, and say what comes next.",
        discussion: """
            `roost up` makes them by itself. Keys that are there stay as they are; it says so, and prints their peer ID.

            EXAMPLES
              roost init
              roost init --profile work
              roost init --data ~/second-identity --json

            \(ExitStatus.help([.cannotCreate: "the directory or the keys can't be made"],
                .notPermitted, .badConfiguration))
            """)

    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    private struct Report: Encodable {
        let id: String
        let node: String
        let key: String
        /// Whether the keys are new.
        let made: Bool
        let directory: String
    }

    func run() throws {
        let directory = try data.directory()
        let (identity, isNew): (DataDirectory.Identity, Bool)
        do throws(ServiceError) {
            isNew = try DataDirectory.existingIdentity(of: directory) == nil
            identity = try DataDirectory.identity(of: directory)
        } catch {
            throw Failure(error)
        }
        if output.json {
            try Terminal.write(
                json: Report(
                    id: identity.peerID.text, node: identity.nodeID.hex, key: identity.nodeKey.hex, made: isNew,
                    directory: directory))
        } else {
            try Terminal.writeLine(identity.peerID.text)
        }
        Terminal.news(
            isNew
                ? "roost: New keys are in \(directory). `\(try data.command("up"))` runs your node; "
                    + "`\(try data.command("share"))` shows your ID as a link and a QR code, to give to others."
                : "roost: There are keys in \(directory) already; nothing was changed.")
    }
}
