import ArgumentParser
import ControlAPI

/// `roost receipts`: whether others hear what was read.
struct Receipts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "receipts",
        abstract: "Show or choose whether others hear that you have read what they wrote.",
        discussion: """
            It works both ways: with `off`, you don't hear either what others have read. It holds at once and for good, also after a restart; only a \
            read-receipts that `roost up` is given, by its option, variable or file, is chosen anew at each start. What was told before stays told.

            EXAMPLES
              roost receipts
              roost receipts off

            \(ExitStatus.help([:], .unavailable, .notPermitted))
            """)

    @Argument(help: "on or off; without it, what holds is shown.")
    var choice: Choice?

    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    enum Choice: String, CaseIterable, ExpressibleByArgument {
        case on, off
    }

    func run() async throws {
        let daemon = try data.daemon()
        let report = try await daemon.ask { [choice] client in
            guard let choice else { return try await client.settings() }
            return try await client.choose(SettingsReport(readReceipts: choice == .on))
        }
        if output.json { return try Terminal.write(json: report) }
        if choice == nil { try Terminal.writeLine((report.readReceipts ? Choice.on : .off).rawValue) }
    }
}
