import ArgumentParser
import Platform
import StatusView

/// `roost share`: what to give to others, so that they can write.
struct Share: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "share",
        abstract: "Show your peer ID as a link and a QR code, to give to others.",
        discussion: """
            Wherever a command takes a peer ID, it takes such a link as well. The QR code, which only a terminal gets, holds the link. \
            Whoever has it can write to you; it isn't a secret, and it can't be taken back.

            EXAMPLES
              roost share
              roost share --json
              roost send "$(roost share)" 'to myself'

            \(ExitStatus.help([.badConfiguration: "there is no identity there, or a key can't be used"],
                .notPermitted))
            """)

    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    private struct Report: Encodable {
        let id: String
        let link: String
    }

    func run() throws {
        let id = try data.identity().peerID.text
        let link = PeerLink.link(to: id)
        if output.json { return try Terminal.write(json: Report(id: id, link: link)) }
        if isatty(STDOUT_FILENO) == 1, let code = QRCode(link) {
            try Terminal.writeLine(code.lines(style: Terminal.style).joined(separator: "\n"))
        }
        try Terminal.writeLine(link)
    }
}
