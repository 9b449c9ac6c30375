import ArgumentParser
import ControlAPI
import Platform

/// `roost web`: a link to the page that the daemon serves to browsers on this machine.
struct Web: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "web",
        abstract: "Read and write in a browser: print a link to your daemon's own page.",
        discussion: """
            The daemon serves the page on the loopback, from the first time that this is asked for. The link works once, within five \
            minutes, in a browser on this machine; who has it first may read and write as you. The browser stays signed in for 16 hours \
            after it was last used, also when the daemon is started again; --end signs all of them out and closes the page.

            EXAMPLES
              roost web
              roost web --open
              roost web --json
              roost web --end

            \(ExitStatus.help([.cannotCreate: "there is no port for the page, or its link can't be written"],
                .unavailable, .notPermitted))
            """)

    @Flag(help: "Have the browser open it: by `xdg-open`, or `open` on macOS.")
    var open = false

    @Flag(help: "Sign all browsers out, and close the page.")
    var end = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    private struct End: Encodable {
        let ended: Int
    }

    func validate() throws {
        guard !open || !end else { throw ValidationError("Use one of --open and --end.") }
    }

    func run() async throws {
        let daemon = try data.daemon()
        if end {
            let count = try await daemon.ask { try await $0.endWeb() }
            if output.json { return try Terminal.write(json: End(ended: count)) }
            return Terminal.news(
                "roost: The page is closed; \(count) browser\(count == 1 ? " was" : "s were") signed in.")
        }
        let link = try await daemon.ask { try await $0.webLink() }
        if output.json {
            try Terminal.write(json: link)
        } else if !open {
            try Terminal.writeLine(link.link)
        }
        if open { try WebOpening(directory: daemon.directory).open(link.link) }
        guard !output.json, isatty(STDERR_FILENO) == 1 else { return }
        let until = Terminal.time(link.expiresAt)
        Terminal.news("roost: The link works once, until \(until), in a browser on this machine. Give it to nobody.")
    }
}
