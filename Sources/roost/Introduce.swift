import ArgumentParser
import Basics
import ControlAPI
import Platform
import StatusView

/// `roost introduce`: makes two people known to one another.
struct Introduce: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "introduce",
        abstract: "Introduce two people of your address book to one another.",
        discussion: """
            Each gets a message with the other's ID, your name for them, and the name that they have told you, signed by you. It is shown \
            as yours (`alice's "carol"`) until they take it over with `roost peers add carol --from alice`, and lets nobody \
            in: who was introduced and writes is a request that says by whom. The same introduction again on the same day (UTC) is sent \
            once.

            EXAMPLES
              roost introduce bob carol
              roost introduce bob carol --one-way    # bob hears of carol, and carol doesn't hear of bob

            \(ExitStatus.help([.badInput: "an ID is mistyped, or one of them is yourself",
                .failed: "one of them has no name in the address book, or is blocked"],
                .unknownName, .unavailable, .notPermitted))
            """)

    @Argument(help: "Who hears of the other: a peer ID, or a name of your address book.")
    var first: String

    @Argument(help: "Who is introduced to them, and the other way round.")
    var second: String

    @Flag(help: "Tell only the first.")
    var oneWay = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    func run() async throws {
        let (one, other) = (try Peer.read(first, in: data), try Peer.read(second, in: data))
        let daemon = try data.daemon()
        let pairs = oneWay ? [(one, other)] : [(one, other), (other, one)]
        let names = PeerNames(data)
        for (recipient, peer) in pairs where names.name(of: peer) == nil {
            throw Failure(
                .failed,
                "\(peer) has no name in your address book to be introduced to \(names.shown(recipient)) by: give them one with `\(try data.command("peers add NAME ID"))`."
            )
        }
        let day = UnixTime(seconds: Int64(Date().timeIntervalSince1970)).day.number
        for (recipient, peer) in pairs {
            // Whoever repeats it, as the second message had no room, sends the first no second time.
            let key = "introduce \(names.name(of: peer) ?? "") \(peer) on \(day)"
            let introduction = NewIntroduction(to: recipient, peer: peer, key: key)
            let sent = try await daemon.ask { try await $0.introduce(introduction) }
            if output.json {
                try Terminal.write(json: sent)
            } else {
                try Terminal.writeLine("\(names.shown(recipient)) hears of \(names.shown(peer)): \(sent.id)")
            }
        }
    }
}
