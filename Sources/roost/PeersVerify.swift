import ArgumentParser
import ControlAPI
import Cryptography
import Platform
import StatusView

extension Peers {
    /// `roost peers verify`: the number by which two people see that each has the other's true ID.
    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "verify",
            abstract: "Show the safety number of you and a peer, to compare it with theirs.",
            discussion: """
                It is the same on both sides if each has the other's true ID, and nobody stands between you. Compare it where \
                you know that it is they who answer: face to face, or by a call. The QR code, which only a terminal gets, holds \
                the sixty digits. Then --confirm notes it in the address book; the note goes when the name is given another ID.

                EXAMPLES
                  roost peers add me "$(roost id)"
                  roost peers verify me
                  roost peers verify me --confirm
                  roost peers verify me --json

                \(ExitStatus.help([.badInput: "the peer ID is mistyped"], .unknownName, .badConfiguration, .notPermitted))
                """)

        @Argument(help: "A name of the address book, or a peer ID.", completion: PeerCompletion.kind)
        var peer: String

        @Flag(help: "Note that the number was compared, and is the same.")
        var confirm = false

        @Flag(help: "Take such a note back.")
        var revoke = false

        @OptionGroup var output: OutputOptions
        @OptionGroup var data: DataOptions

        func validate() throws {
            guard !confirm || !revoke else { throw ValidationError("Use one of --confirm and --revoke.") }
        }

        func run() throws {
            let (id, peerID) = try Peer.readID(peer, in: data)
            let own = try data.identity().peerID
            let book = AddressBook(directory: try data.directory())
            if confirm || revoke {
                guard try book.mark(id, comparedAt: confirm ? Date() : nil) else {
                    throw Failure(
                        .unknownName,
                        "That ID has no name to be noted with: give it one with `\(try data.command("peers add NAME \(id)"))`."
                    )
                }
            }
            let report = SafetyReport(
                peer: id, own: own.text, groups: SafetyNumber(own, peerID).groups, compared: try book.compared()[id])
            if output.json { return try Terminal.write(json: report) }
            guard isatty(STDOUT_FILENO) == 1 else {
                return try Terminal.writeLine(report.groups.joined(separator: " "))
            }
            try Terminal.write(page(report))
        }

        private func page(_ report: SafetyReport) throws(Failure) -> String {
            let name = Printable.word(peer)
            var lines = ["The safety number of you and \(name):", ""]
            for start in stride(from: 0, to: report.groups.count, by: 4) {
                lines.append("    " + report.groups[start..<start + 4].joined(separator: " "))
            }
            lines.append("")
            if let code = QRCode(report.number) { lines += code.lines(style: Terminal.style) + [""] }
            if let compared = report.compared {
                lines.append("You compared it on \(Terminal.time(compared)).")
            } else {
                lines += [
                    "They see the same with `roost peers verify` and your ID, if nobody stands between you.",
                    "When you have compared it: `\(try data.command("peers verify \(Shell.quoted(peer)) --confirm"))`",
                ]
            }
            return lines.joined(separator: "\n") + "\n"
        }
    }
}
