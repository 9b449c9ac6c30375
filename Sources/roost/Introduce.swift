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
            once, which is said; again only where it has failed or was cancelled.

            EXAMPLES
              roost introduce bob carol
              roost introduce bob carol --one-way    # bob hears of carol, and carol doesn't hear of bob

            \(ExitStatus.help([.badInput: "an ID is mistyped, they are one person, or one of them is yourself",
                .failed: "one of them has no name in the address book, or is blocked"],
                .unknownName, .unavailable, .notPermitted))
            """)

    @Argument(
        help: "Who hears of the other: a peer ID, or a name of your address book.", completion: PeerCompletion.kind)
    var first: String

    @Argument(help: "Who is introduced to them, and the other way round.", completion: PeerCompletion.kind)
    var second: String

    @Flag(help: "Tell only the first.")
    var oneWay = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    func run() async throws {
        let (one, other) = (try Peer.read(first, in: data), try Peer.read(second, in: data))
        guard one != other else {
            throw Failure(
                .badInput,
                "\(Printable.word(first)) and \(Printable.word(second)) are one person: name the two who are to be introduced to one another."
            )
        }
        let own = try data.identity().peerID.text
        if one == own || other == own {
            let friend = Shell.quoted(one == own ? second : first)
            throw Failure(
                .badInput,
                "\(Printable.word(one == own ? first : second)) is you, and you aren't introduced: send them your ID, with `\(try data.command("send \(friend) \(own)"))`."
            )
        }
        let daemon = try data.daemon()
        let pairs = oneWay ? [(one, other)] : [(one, other), (other, one)]
        let names = PeerNames(data)
        for (recipient, peer) in pairs where names.name(of: peer) == nil {
            throw Failure(
                .failed,
                "\(peer) has no name in your address book to be introduced to \(names.shown(recipient)) by: give them one with `\(try data.command("peers add NAME ID"))`."
            )
        }
        // Before anything is sent: who is blocked is neither told of others nor made known to them.
        let blocked = Set(try await daemon.ask { try await $0.blockedPeers() }.map(\.id))
        if let peer = [one, other].first(where: blocked.contains) {
            throw Failure(
                .failed,
                "You have blocked \(names.shown(peer)), who isn't introduced: `\(try data.command("peers unblock \(peer)"))` first."
            )
        }
        let day = UnixTime(seconds: Int64(Date().timeIntervalSince1970)).day.number
        for (recipient, peer) in pairs {
            // Whoever repeats it, as the second message had no room, sends the first no second time.
            let key = "introduce \(names.name(of: peer) ?? "") \(peer) on \(day)"
            let sent = try await introduce(NewIntroduction(to: recipient, peer: peer, key: key), daemon)
            let (listener, subject) = (names.shown(recipient), names.shown(peer))
            if output.json {
                try Terminal.write(json: sent)
            } else if sent.isRepeated {
                try Terminal.writeLine(
                    "\(listener) was told of \(subject) today already, and nothing is sent again: \(sent.id), \(Describe.standing(sent))"
                )
            } else {
                try Terminal.writeLine("\(listener) hears of \(subject): \(sent.id)")
            }
        }
    }

    /// Messages of one introduction that have failed or were cancelled on one day, after which it is left at that.
    private static let mostFailures = 8

    /// What has failed or was cancelled today is sent again.
    private func introduce(_ introduction: NewIntroduction, _ daemon: Daemon) async throws -> SentMessage {
        var next = introduction
        var sent = try await daemon.ask { [next] in try await $0.introduce(next) }
        for number in 1...Introduce.mostFailures where sent.isRepeated && sent.state == .failed {
            next.key = introduction.key.map { "\($0), after \(number)" }
            sent = try await daemon.ask { [next] in try await $0.introduce(next) }
        }
        return sent
    }
}
