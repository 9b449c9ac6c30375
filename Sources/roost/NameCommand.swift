import ArgumentParser
import ControlAPI
import Platform
import StatusView

/// `roost name`: what this person calls themselves.
struct NameCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "name",
        abstract: "Show or set the name that you go by: those whom you write to see it as what you say.",
        discussion: """
            The name goes, sealed, with your next message to each person, and is told anew when you change it; nobody else learns it. \
            It proves nothing, and isn't unique: others see it in quotation marks, as long as they have given you no name themselves, \
            and can't write to it. It has at most 48 bytes.

            EXAMPLES
              roost name
              roost name 'Bob Miller'
              roost name --clear

            \(ExitStatus.help([.badInput: "the name can't be one"], .unavailable, .notPermitted))
            """)

    @Argument(help: "The name; without it, the present one is shown.")
    var name: String?

    @Flag(help: "Go by no name.")
    var clear = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    func validate() throws {
        guard name == nil || !clear else { throw ValidationError("--clear takes the name back: leave the name out.") }
        guard name?.isEmpty != true else {
            throw ValidationError("The name is empty: `roost name --clear` takes it back.")
        }
    }

    func run() async throws {
        let daemon = try data.daemon()
        let wanted = clear ? "" : name
        let report = try await daemon.ask { client in
            guard let wanted else { return try await client.oneself() }
            return try await client.nameOneself(wanted)
        }
        if output.json { return try Terminal.write(json: report) }
        guard wanted == nil else { return }
        guard let name = report.name else {
            return Terminal.news("roost: You go by no name: give yourself one with `\(try data.command("name NAME"))`.")
        }
        try Terminal.writeLine(Printable.word(name))
    }
}
