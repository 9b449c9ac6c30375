import ArgumentParser
import ControlAPI

/// `roost inbox unopened`: mail that waits and can't be opened here.
struct InboxUnopened: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unopened",
        abstract: "Say how much mail waits that can't be opened here, or throw it away.",
        discussion: """
            It is sealed to keys that are not in this data directory: those of another copy of this profile, or of an older \
            state of it, or it is no more than noise. Others keep it until its day, at most 16 days; it is read when the copy \
            runs that has the keys, or is put back in place. Its senders send it anew when they see the present keys: so what is in \
            it may have come already, and these are the first copies. Which they are can't be told.

            --discard throws all of it away, for every copy. It can't be undone.

            EXAMPLES
              roost inbox unopened
              roost inbox unopened --discard

            \(ExitStatus.help([:], .unavailable, .notPermitted))
            """)

    @Flag(help: "Throw all of it away, for good.")
    var discard = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions
    // Those of `roost inbox`, which reads them first: said to this they would mean nothing.
    @OptionGroup(visibility: .hidden) var sender: SenderOptions
    @OptionGroup(visibility: .hidden) var others: InboxOptions

    func validate() throws {
        guard sender.from == nil, !others.unread, !others.peek, !others.follow, others.last == nil,
            others.exec == nil
        else {
            throw ValidationError("--from, --unread, --peek, --follow and --last are for showing messages.")
        }
    }

    func run() async throws {
        let daemon = try data.daemon()
        guard !discard else {
            let count = try await daemon.ask { try await $0.discardUnopened() }
            if output.json { return try Terminal.write(json: ["discarded": count]) }
            return try Terminal.writeLine(count == 1 ? "1 envelope thrown away" : "\(count) envelopes thrown away")
        }
        let report = try await daemon.ask { try await $0.unopened() }
        if output.json { return try Terminal.write(json: report) }
        try Terminal.writeLine(InboxUnopened.sentence(report))
    }

    static func sentence(_ report: UnopenedReport) -> String {
        guard report.envelopes > 0, let since = report.since, let until = report.until else {
            return "No mail waits that can't be opened."
        }
        let subject = report.envelopes == 1 ? "1 envelope waits" : "\(report.envelopes) envelopes wait"
        return "\(subject) that can't be opened here (\(report.bytes) bytes), since \(Terminal.time(since)); "
            + "others keep them until \(Terminal.time(until))."
    }
}
