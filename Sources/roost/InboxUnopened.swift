import ArgumentParser
import ControlAPI
import Foundation

/// `roost inbox unopened`: mail that waits and can't be opened here.
struct InboxUnopened: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unopened",
        abstract: "Say how much mail waits that can't be opened here, or throw it away.",
        discussion: """
            It is sealed to keys that are not in this data directory: those of another copy of this profile, or of an older \
            state of it, or it is no more than noise. Others keep it until its day, at most 16 days; it is read when the copy \
            runs that has the keys, or is put back in place. Its senders send it anew when they see the present keys.

            --discard throws all of it away, for every copy. It can't be undone.

            EXAMPLES
              roost inbox unopened
              roost inbox unopened --discard
            """)

    @Flag(help: "Throw all of it away, for good.")
    var discard = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    func run() async throws {
        if discard {
            let count = try await data.withDaemon { try await $0.discardUnopened() }
            return try output.json
                ? Terminal.write(json: ["discarded": count])
                : Terminal.writeLine(count == 1 ? "1 envelope thrown away" : "\(count) envelopes thrown away")
        }
        let report = try await data.withDaemon { try await $0.unopened() }
        try output.json ? Terminal.write(json: report) : Terminal.writeLine(InboxUnopened.sentence(report))
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
