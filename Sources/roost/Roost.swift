import ArgumentParser
import ControlAPI
import Foundation
import Operations

/// The command line. Each subcommand is a file of its own.
@main
struct Roost: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "roost",
        abstract: "Write to people without a server: messages go straight, or roost on buddies until they are fetched.",
        discussion: """
            EXAMPLES
              roost up                            # run your node (leave it running)
              roost id                            # print the ID that others write to
              roost send "$(roost id)" 'Hello!'  # send a message, here to yourself
              roost inbox                         # read what has arrived
              roost status --wait ready           # wait until the node has joined
              roost sim                           # see 200 nodes survive a disaster
              roost scenario blackout --nodes 30  # the same with 30 real ones

            Every command but sim and scenario takes --data DIR; without it, $ROOST_DATA or ~/.local/share/roost is used.
            Exit codes: 0 done · 64 usage · 65 bad input · 67 unknown name · 69 not running · 73 can't create · \
            74 input/output · 75 accepted, not there yet · 76 failed for good · 77 not permitted · 78 bad configuration
            """,
        version: Version.text,
        subcommands: [
            Up.self, Identity.self, Send.self, Inbox.self, Outbox.self, Peers.self, Status.self, Nodes.self,
            Lookup.self, Down.self, Sim.self, ScenarioCommand.self, Completion.self,
        ])

    static func main() async {
        do {
            // Whatever is written, the socket included, is its owner's only.
            umask(0o077)
            try Arguments.checkEncoding()
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let failure as Failure {
            failure.end()
        } catch let error as ControlError {
            Failure(error).end()
        } catch {
            exit(withError: error)
        }
    }
}

/// This program's version.
enum Version {
    static let text = "0.1.0"
}

/// What must hold of the arguments, and of variables, before they are parsed.
enum Arguments {
    /// Swift would silently repair what is not UTF-8: a message would arrive as another than was written, and a directory be
    /// another than was named.
    static func checkEncoding() throws(Failure) {
        for index in 0..<Int(CommandLine.argc) {
            guard let argument = CommandLine.unsafeArgv[index], String(validatingCString: argument) == nil else {
                continue
            }
            throw Failure(.badInput, "Argument \(index) is not UTF-8: convert it, or send it from a file with `-`.")
        }
        let variables = Setting.allCases.map(\.variable) + ["XDG_DATA_HOME", "HOME"]
        for name in variables {
            guard let value = getenv(name), String(validatingCString: value) == nil else { continue }
            throw Failure(.badConfiguration, "The variable \(name) is not UTF-8: set it to something that is.")
        }
    }
}
