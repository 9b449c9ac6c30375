import ArgumentParser
import Platform

/// `roost chat`: conversations on the screen of a terminal.
struct ChatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat",
        abstract: "Read and write on the screen: conversations as they go on.",
        discussion: """
            Shows the list of conversations, or one of them: with a peer, also one who was never written to, that one. Messages \
            are shown as they come, and marked as read while the end of their conversation is on the screen; those of a request when you have answered. Behind your own \
            stands how far they have come. A daemon that ends is waited for, and nothing that was typed is lost.

            KEYS
              Enter                sends
              Alt-Enter, Ctrl-J    a new line; a paste of many lines is never sent by itself
              Ctrl-A, E, W, U, K   to the beginning and the end; deletes a word, to the beginning, to the end
              PageUp, PageDown     earlier and later messages; End, where nothing is typed, goes to the last one
              Tab, Ctrl-N, Ctrl-P  the next conversation, the one before
              Esc                  the list
              Ctrl-R               sends again what was refused
              Ctrl-L, Ctrl-Z       draws all anew; suspends
              Ctrl-Q, Ctrl-C       leaves, as Ctrl-D does where nothing is typed

            It needs a terminal. Scripts use `roost send` and `roost history`.

            EXAMPLES
              roost chat
              roost chat bob
              roost chat "$(roost id)"    # notes to yourself

            \(ExitStatus.help([:], .badInput, .unknownName, .unavailable, .notPermitted))
            """)

    @Argument(help: "Whose conversation: a peer ID, or a name of your address book.", completion: PeerCompletion.kind)
    var peer: String?

    @OptionGroup var data: DataOptions

    func run() async throws {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else {
            throw Failure(
                .usage,
                """
                `roost chat` needs a terminal to read from and to draw on: elsewhere, `roost history PEER` reads a conversation, \
                and `roost send PEER TEXT` writes.
                """)
        }
        guard ProcessInfo.processInfo.environment["TERM"] != "dumb" else {
            throw Failure(
                .usage,
                """
                This terminal can't be drawn on, as $TERM says: `roost history PEER` reads a conversation, and `roost send PEER \
                TEXT` writes.
                """)
        }
        let opened = try peer.map { text throws(Failure) in try Peer.read(text, in: data) }
        try await ChatSession(daemon: data.daemon(), peers: PeerNames(data)).run(opening: opened)
    }
}
