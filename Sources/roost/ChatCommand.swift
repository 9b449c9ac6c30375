import ArgumentParser
import Platform

/// `roost chat`: conversations on the screen of a terminal.
struct ChatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat",
        abstract: "Read and write on the screen: conversations as they go on.",
        discussion: """
            Shows the list of conversations, or one of them: with a peer, also one who was never written to, that one. Messages \
            are shown as they come, and marked as read while the end of their conversation is on the screen; those of a request when you have answered or accepted them. Requests stand below all other \
            conversations. Behind your own \
            stands how far they have come. A daemon that ends is waited for, and nothing that was typed is lost: what you haven't sent when \
            you leave is there next time, here and on the page of `roost web`.

            KEYS
              Enter                sends
              Alt-Enter, Ctrl-J    a new line; a paste of many lines is never sent by itself
              Ctrl-A, E, W, U, K   to the beginning and the end; deletes a word, to the beginning, to the end
              PageUp, PageDown     earlier and later messages, as the wheel of a mouse scrolls; End, where nothing is typed, goes to the last one
              Tab, Ctrl-N, Ctrl-P  the next conversation, the one before
              Esc                  the list
              Ctrl-R               sends again what was refused
              Ctrl-T               asks what to do about whom you look at: accept, refuse, block or unblock them
              Ctrl-L, Ctrl-Z       draws all anew; suspends
              Ctrl-Q, Ctrl-C       leaves, as Ctrl-D does where nothing is typed

            Text is selected by the mouse with Shift held down. With --no-mouse, or where the variable NO_MOUSE is set and not empty, the \
            terminal keeps the mouse and its wheel for itself.

            It needs a terminal. Scripts use `roost send` and `roost history`.

            EXAMPLES
              roost chat
              roost chat bob
              roost chat "$(roost id)"    # notes to yourself

            \(ExitStatus.help([:], .badInput, .unknownName, .unavailable, .notPermitted))
            """)

    @Argument(help: "Whose conversation: a peer ID, or a name of your address book.", completion: PeerCompletion.kind)
    var peer: String?

    @Flag(help: "Leave the mouse to the terminal.")
    var noMouse = false

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
        let isMouseUnwanted = noMouse || ProcessInfo.processInfo.environment["NO_MOUSE"]?.isEmpty == false
        try await ChatSession(daemon: data.daemon(), peers: PeerNames(data), takesMouse: !isMouseUnwanted)
            .run(opening: opened)
    }
}
