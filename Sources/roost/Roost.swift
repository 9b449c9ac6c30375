import ArgumentParser
import CLibrary
import ControlAPI

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
              roost chat                          # read and write on the screen
              roost web                           # read and write in a browser
              roost status --wait ready           # wait until the node has joined
              roost sim                           # see 200 nodes survive a disaster
              roost scenario blackout --nodes 30  # the same with 30 real ones

            Every command but profiles, sim, scenario and completion takes --data DIR or --profile NAME; without them, $ROOST_DATA or \
            ~/.local/share/roost is used.

            \(ExitStatus.lines(ExitStatus.allCases.map { ($0.rawValue, $0.meaning) }))
            """,
        version: Version.text,
        subcommands: [
            Up.self, Initialize.self, Profiles.self, Identity.self, NameCommand.self, Share.self, Send.self,
            ChatCommand.self, Web.self, Inbox.self,
            History.self,
            Requests.self, Receipts.self, Introduce.self, Outbox.self, Peers.self, Status.self, Nodes.self, Lookup.self,
            Down.self,
            Doctor.self,
            Export.self, Import.self,
            PassphraseCommand.self, Sim.self, ScenarioCommand.self, Completion.self,
        ])

    static func main() async {
        StandardStreams.prepare()
        do {
            // Everything that is written, including the socket, is accessible to its owner only.
            umask(0o077)
            CoreDumps.forbid()
            var command = try parseAsRoot(Arguments.prepared())
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
            end(error)
        }
    }

    /// Help and version are results; a command line that can't be parsed is reported in the parser's words.
    private static func end(_ error: any Error) -> Never {
        let code = exitCode(for: error)
        let message = fullMessage(for: error)
        if code.isSuccess, !message.isEmpty {
            do throws(Failure) { try Terminal.writeLine(message) } catch { error.end() }
        } else if !message.isEmpty {
            Terminal.lines(Arguments.printable(in: message))
        }
        ProcessEnd.exit(code.rawValue)
    }
}

/// `exit(3)`, where ArgumentParser's method hides it.
private enum ProcessEnd {
    static func exit(_ code: Int32) -> Never {
        CLibrary.exit(code)
    }
}

/// This program's version.
enum Version {
    static let text = "0.1.0"
}
