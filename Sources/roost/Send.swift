import ArgumentParser
import Basics
import ControlAPI
import Platform

/// `roost send`: hands a message to the daemon and waits until it is safe elsewhere.
struct Send: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: "Send a message.",
        discussion: """
            Once the daemon has the message on its disk it is accepted: it arrives exactly once, or `roost outbox` says that \
            it failed. The command then waits until the message is also safe elsewhere.

            What follows the peer is the text. Options stand before the peer or behind the text; a text that begins with - is \
            written behind --.

            EXAMPLES
              roost send "$(roost id)" 'A note to myself.'
              date | roost send "$(roost id)" -
              roost send "$(roost id)" 'Did you get this?' --until delivered --timeout 60
              roost send "$(roost id)" 'Backup done.' --key backup-2026-11-21
              roost send --until queued "$(roost id)" -- -5

            \(ExitStatus.help([.done: "it has come that far",
                .badInput: "a mistyped ID, a text that can't be sent: empty, too long, not UTF-8; a key that names another text",
                .cannotCreate: "the outbox or the disk is full",
                .failed: "failed for good"], .unknownName, .unavailable, .notYet, .notPermitted))
            """)

    @Argument(help: "Whom to: a peer ID, or a name of your address book.", completion: PeerCompletion.kind)
    var peer: String

    @Argument(help: "The text, at most 65,536 bytes; - or nothing reads it from standard input.")
    var text: String?

    @Option(help: ArgumentHelp("How far to wait: queued, stored or delivered.", valueName: "state"))
    var until = DeliveryGoal.stored

    @Option(help: ArgumentHelp("How long to wait for that.", valueName: "seconds"))
    var timeout = 30.0

    @Option(
        help: """
            Names this message: the same key and text again, to the same peer, is the same message; another text is refused.
            """)
    var key: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    /// However short the wait, a daemon may take so long to write the message down, and however long, no longer: seconds.
    private static let acceptance = 2.0...10.0
    /// It answers some time after it was asked to wait for.
    private static let margin = Duration.seconds(3)

    func validate() throws {
        guard timeout >= 0, timeout <= 1e9 else { throw ValidationError("--timeout is a number of seconds.") }
    }

    func run() async throws {
        let to = try Peer.read(peer, in: data)
        let message = NewMessage(to: to, text: try readText(), key: key)
        let peers = PeerNames(data)
        let sent = try await send(message, data.daemon())
        if output.json {
            try Terminal.write(json: Named(sent, name: peers.name(of: sent.to.text)))
        } else {
            try Terminal.writeLine(Describe.line(sent, peers))
        }
        if sent.state == .failed {
            throw Failure(.failed, "The message failed for good. \(sent.reason ?? "It expired without a receipt.")")
        }
        if !until.isReached(by: sent.state) { throw Failure(.notYet, try notYet(sent)) }
    }

    private func send(_ message: NewMessage, _ daemon: Daemon) async throws -> SentMessage {
        let deadline = ContinuousClock.now + .seconds(timeout)
        let sent = try await Terminal.waiting(for: "The daemon is writing the message to its disk") {
            try await accept(message, daemon)
        }
        return try await Terminal.waiting(for: "Accepted; waiting until the message is \(until.rawValue)") {
            try await wait(for: sent, until: deadline, daemon)
        }
    }

    private func accept(_ message: NewMessage, _ daemon: Daemon) async throws -> SentMessage {
        let patience = Duration.seconds(min(max(timeout, Send.acceptance.lowerBound), Send.acceptance.upperBound))
        let sentence: String
        do {
            return try await daemon.ask(within: patience) { try await $0.send(message) }
        } catch let error as ControlError where error.code == .interrupted {
            sentence = error.message
        } catch let failure as Failure where failure == daemon.doesNotAnswer {
            sentence = failure.sentence
        }
        throw Failure(
            .unavailable,
            "\(sentence) The message may have been accepted: see `\(try data.command("outbox"))` before sending it again."
        )
    }

    /// Asks repeatedly, as the daemon waits for half a minute at most. A daemon that ends or hangs continues with the
    /// message later.
    private func wait(
        for accepted: SentMessage, until deadline: ContinuousClock.Instant, _ daemon: Daemon
    ) async throws -> SentMessage {
        var sent = accepted
        let goal = until
        while !goal.isReached(by: sent.state), sent.state != .failed, ContinuousClock.now < deadline {
            let seconds = max(1, Int(min((deadline - ContinuousClock.now).components.seconds, 20)))
            do {
                sent = try await daemon.ask(within: .seconds(seconds) + Send.margin) {
                    try await $0.sentMessage(accepted.id.hex, reaching: goal, seconds: seconds)
                }
            } catch let error as ControlError where error.isOfDaemonsEnd {
                Terminal.news("roost: The daemon has stopped; it goes on with the message when it runs again.")
                break
            } catch let failure as Failure where failure.status == .unavailable {
                Terminal.news("roost: \(failure.sentence) It goes on with the message then.")
                break
            }
        }
        return sent.withoutText
    }

    private func notYet(_ sent: SentMessage) throws -> String {
        let standing = sent.state == .queued ? "still waits on this machine" : "is \(Describe.standing(sent))"
        let reason = sent.reason.map { " (\($0.hasSuffix(".") ? String($0.dropLast()) : $0))" } ?? ""
        return """
            The message is accepted and \(standing)\(reason). Roost keeps trying until \(Terminal.time(sent.expiresAt)): see \
            `\(try data.command("outbox show \(sent.id)"))`.
            """
    }

    /// The text, checked before the daemon is asked for anything.
    private func readText() throws(Failure) -> String {
        let bytes: [UInt8]
        if let text, text != "-" {
            bytes = Array(text.utf8)
        } else {
            if isatty(STDIN_FILENO) == 1 { Terminal.news("roost: Type the message, and end it with Ctrl-D.") }
            bytes = try StandardStreams.readInput(atMost: Limits.textSize + 1)
        }
        guard bytes.count <= Limits.textSize else {
            throw Failure(.badInput, "The text is longer than \(Limits.textSize) bytes: send it in parts.")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Failure(.badInput, "The text is not UTF-8: convert it, for example with `iconv -t UTF-8`.")
        }
        guard !text.allSatisfy(\.isWhitespace) else {
            throw Failure(
                .badInput, "The text is empty, and nothing was sent: write it behind the peer, or pipe it in.")
        }
        return text
    }
}

extension DeliveryGoal: ExpressibleByArgument {}
