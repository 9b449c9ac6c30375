import ArgumentParser

/// Whose messages a command is about.
struct SenderOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Only this sender's: a peer ID, or a name of your address book.", valueName: "peer"),
        completion: PeerCompletion.kind)
    var from: String?

    /// The sender's peer ID.
    func sender(in data: DataOptions) throws(Failure) -> String? {
        guard let from else { return nil }
        return try Peer.read(from, in: data)
    }
}

/// What `roost inbox` shows of the inbox, and how.
struct InboxOptions: ParsableArguments {
    @Flag(help: "Only those not read yet.")
    var unread = false

    @Flag(help: "Mark nothing as read.")
    var peek = false

    @Flag(help: "Go on with new messages as they come.")
    var follow = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("With --follow: begin with only so many, those that came last.", valueName: "n"))
    var last: Int?

    @Option(
        help: ArgumentHelp(
            "Instead of showing messages, run this for each, with the text on its standard input; a message is marked as read if it exits with 0.",
            valueName: "command"))
    var exec: String?

    func validate() throws {
        if let last, last < 1 { throw ValidationError("--last is a number from 1.") }
        guard exec?.allSatisfy(\.isWhitespace) != true else {
            throw ValidationError("--exec is empty: name a command.")
        }
    }
}
