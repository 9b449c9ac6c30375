import ArgumentParser
import ControlAPI

/// `roost inbox`: what has arrived. Marks messages as read once they have been shown.
struct Inbox: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inbox",
        abstract: "Show received messages, in the order of their conversations, or delete them.",
        discussion: """
            A message has a heading: when it was sent, by this machine's clock and time zone; by whom; which way it came; \
            `new` where it had not been read, `request` where you haven't decided yet whether to hear its sender (`roost requests`); and the \
            beginning of its ID. Messages are marked as read after they have been \
            written to standard output, unless with --peek. --follow shows all that there are, and goes on with new ones in the \
            order in which they come; with --last N it begins with the last N that came, in that order as well.

            EXAMPLES
              roost inbox --unread
              roost inbox --follow --json >> messages.jsonl
              roost inbox --follow --last 10
              roost inbox --from "$(roost id)" --peek
              roost inbox --unread --follow --exec 'notify-send "$ROOST_NAME" "$(cat)"'
              roost inbox delete --read    # all that have been read

            --exec runs its command with /bin/sh, and waits for it. ROOST_FROM is the sender's peer ID, ROOST_NAME their name \
            where there is one, ROOST_MESSAGE the message's ID, ROOST_SENT_AT when it was sent, and ROOST_DATA this data \
            directory. A message for which it ended otherwise than with 0 stays unread. After a crash in between, a message may \
            come twice: `roost send --key "$ROOST_MESSAGE"` answers it once all the same.

            \(ExitStatus.help([.failed: "the command of --exec failed for a message"],
                .badInput, .unknownName, .unavailable, .notPermitted))
            """,
        subcommands: [InboxDelete.self, InboxList.self, InboxUnopened.self])

    @OptionGroup var sender: SenderOptions
    @OptionGroup var options: InboxOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    func run() async throws { try await Inbox.show(sender, options, output, data) }

    static func show(
        _ sender: SenderOptions, _ options: InboxOptions, _ output: OutputOptions, _ data: DataOptions
    ) async throws {
        guard options.exec == nil || !output.json else {
            throw ValidationError("--exec shows nothing, and so goes without --json.")
        }
        guard options.last == nil || options.follow else {
            throw ValidationError("--last goes with --follow, and says with how many messages that begins.")
        }
        MessageHook.prepare()
        let view = InboxView(
            sender: try sender.sender(in: data), unreadOnly: options.unread, marksAsRead: !options.peek,
            isJSON: output.json,
            hook: try options.exec.map { command throws(Failure) in
                MessageHook(command: command, directory: try data.directory())
            })
        let daemon = try data.daemon()
        guard options.follow else {
            var printer = InboxPrinter(daemon, view)
            let count = try await printer.list().count
            guard printer.failures == 0 else {
                throw Failure(.failed, "The command failed for \(printer.failures) of \(count) messages.")
            }
            if count == 0, !view.isJSON {
                Terminal.news("roost: There are no \(options.unread ? "unread " : "")messages.")
            }
            return
        }
        try await daemon.follow { client, progress in
            // What is asked on the way has its own bounds.
            progress.endless()
            var printer = InboxPrinter(daemon, view, isFollowing: true)
            let last =
                if let count = options.last { try await printer.list(last: count) } else {
                    try await printer.list().last
                }
            var query = InboxQuery(from: view.sender, unreadOnly: view.unreadOnly, since: last)
            try await client.followOn(&query) { isAway in
                Daemon.tell(isAway: isAway)
            } received: { messages in
                try await printer.follow(messages)
            }
        }
    }
}

/// `roost inbox list`: the same by another name.
struct InboxList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show received messages, as `roost inbox` does.",
        discussion: ExitStatus.help([:], .badInput, .unknownName, .unavailable, .notPermitted))

    @OptionGroup var sender: SenderOptions
    @OptionGroup var options: InboxOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    func run() async throws { try await Inbox.show(sender, options, output, data) }
}
