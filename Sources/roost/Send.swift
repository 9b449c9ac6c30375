import ArgumentParser
import Basics
import ControlAPI
import Foundation

/// `roost send`: hands a message to the daemon and waits until it is safe elsewhere.
struct Send: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send a message.",
        discussion: """
            Once the daemon has the message on its disk it is accepted: it arrives exactly once, or `roost outbox` says that \
            it failed. The command then waits until the message is also safe elsewhere.

            EXAMPLES
              roost send "$(roost id)" 'A note to myself.'
              date | roost send "$(roost id)" -
              roost send "$(roost id)" 'Did you get this?' --until delivered --timeout 60
              roost send "$(roost id)" 'Backup done.' --key backup-2026-11-21

            Exit codes: 0 it has come that far · 65 a mistyped ID, or a text that can't be sent · 69 the daemon isn't \
            running · 75 accepted, but not there yet · 76 failed for good
            """)

    @Argument(help: "Whom to: a peer ID, or a name of your address book.")
    var peer: String

    @Argument(help: "The text, at most 65,536 bytes; - or nothing reads it from standard input.")
    var text: String?

    @Option(help: ArgumentHelp("How far to wait: queued, stored or delivered.", valueName: "state"))
    var until = DeliveryGoal.stored

    @Option(help: ArgumentHelp("How long to wait for that.", valueName: "seconds"))
    var timeout = 30.0

    @Option(help: "Names this message: the same key again, to the same peer, is the same message.")
    var key: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    func validate() throws {
        guard timeout >= 0, timeout <= 1e9 else { throw ValidationError("--timeout is a number of seconds.") }
    }

    func run() async throws {
        let to = try Peer.read(peer, in: data)
        let message = NewMessage(to: to, text: try readText(), key: key)
        let sent = try await data.withDaemon { client in try await send(message, client) }
        if output.json {
            try Terminal.write(json: sent)
        } else {
            try Terminal.writeLine(Describe.line(sent, PeerNames(data)))
        }
        if sent.state == .failed {
            throw Failure(.failed, "The message failed for good. \(sent.reason ?? "It expired without a receipt.")")
        }
        if !until.isReached(by: sent.state) { throw Failure(.notYet, try notYet(sent)) }
    }

    private func send(_ message: NewMessage, _ client: ControlClient) async throws -> SentMessage {
        let deadline = ContinuousClock.now + .seconds(timeout)
        var sent: SentMessage
        do {
            sent = try await Terminal.waiting(for: "The daemon is writing the message to its disk") {
                try await client.send(message)
            }
        } catch let error as ControlError where error.code == .interrupted {
            throw Failure(
                .unavailable,
                "\(error.message) The message may have been accepted: see `\(try data.command("outbox"))` before sending it again."
            )
        }
        return try await Terminal.waiting(for: "Accepted; waiting until the message is \(until.rawValue)") {
            while !until.isReached(by: sent.state), sent.state != .failed, ContinuousClock.now < deadline {
                let left = (deadline - ContinuousClock.now).components.seconds
                do throws(ControlError) {
                    sent = try await client.sentMessage(
                        sent.message, reaching: until, seconds: max(1, Int(min(left, 20))))
                } catch {
                    guard error.isOfDaemonsEnd else { throw error }
                    Terminal.news("roost: The daemon has stopped; it goes on with the message when it runs again.")
                    break
                }
            }
            sent.text = nil
            return sent
        }
    }

    private func notYet(_ sent: SentMessage) throws -> String {
        let standing = sent.state == .queued ? "still waits on this machine" : "is \(Describe.standing(sent))"
        let reason = sent.reason.map { " (\($0.trimmingCharacters(in: CharacterSet(charactersIn: "."))))" } ?? ""
        return """
            The message is accepted and \(standing)\(reason). Roost keeps trying until \(Terminal.time(sent.expiresAt)): see \
            `\(try data.command("outbox show \(sent.message)"))`.
            """
    }

    /// The text, checked before the daemon is asked for anything.
    private func readText() throws(Failure) -> String {
        let bytes: [UInt8]
        if let text, text != "-" {
            bytes = Array(text.utf8)
        } else {
            if isatty(STDIN_FILENO) == 1 { Terminal.news("roost: Type the message, and end it with Ctrl-D.") }
            bytes = try StandardInput.read(atMost: Limits.textSize + 1)
        }
        guard bytes.count <= Limits.textSize else {
            throw Failure(.badInput, "The text is longer than \(Limits.textSize) bytes: send it in parts.")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Failure(.badInput, "The text is not UTF-8: convert it, for example with `iconv -t UTF-8`.")
        }
        return text
    }
}

extension DeliveryGoal: ExpressibleByArgument {}

/// Standard input, by the bytes.
enum StandardInput {
    /// Reads up to the end, or up to `limit` bytes when there are more.
    static func read(atMost limit: Int) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while bytes.count < limit {
            let count = Foundation.read(STDIN_FILENO, &buffer, min(buffer.count, limit - bytes.count))
            if count == 0 { break }
            if count > 0 {
                bytes += buffer[..<count]
            } else if errno != EINTR {
                throw Failure(.inputOutput, "Standard input can't be read: \(String(cString: strerror(errno))).")
            }
        }
        return bytes
    }
}
