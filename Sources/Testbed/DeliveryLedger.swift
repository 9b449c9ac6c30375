import ControlAPI
import Simulation
import SimulationReport

/// The truth about messages, kept apart from the nodes under test: who wrote what to whom, what the daemons said of it, and
/// what was found where. Times are real, since the network has formed.
package struct DeliveryLedger {
    private struct Entry {
        let letter: Letter
        var submittedAt: Duration
        var acceptedAt: Duration?
        var wasOnline = false
        /// The sender's daemon's name for it.
        var message: String?
        var receivedAt: Duration?
        /// Where it stands in the recipient's inbox: it stands there once.
        var position: String?
        var isDirect = false
        var isFailed = false
        var trace: [String]
    }

    /// Names the letters of this run.
    package let run: String
    /// By the letter's number.
    private var entries: [Entry] = []
    private var numbers: [String: Int] = [:]
    package private(set) var violations: [Violation] = []
    package private(set) var duplicated = 0
    package private(set) var accepted = 0
    package private(set) var delivered = 0

    package init(run: String) { self.run = run }

    /// Written and not delivered yet.
    package var open: Int { entries.count { $0.receivedAt == nil && !$0.isFailed } }

    /// A person writes: the letter is handed to the sender's daemon.
    package mutating func submit(from sender: Int, to recipient: Int, length: Int, at time: Duration) -> Letter {
        let letter = Letter(number: entries.count, run: run, from: sender, to: recipient, length: length)
        entries.append(
            Entry(
                letter: letter, submittedAt: time,
                trace: [DeliveryLedger.line(time, "person \(sender) writes to person \(recipient)")]))
        return letter
    }

    /// The sender's daemon has it on disk.
    package mutating func accept(_ letter: Letter, as message: String, recipientIsOnline: Bool, at time: Duration) {
        guard entries[letter.number].acceptedAt == nil else { return }
        entries[letter.number].acceptedAt = time
        entries[letter.number].wasOnline = recipientIsOnline
        entries[letter.number].message = message
        numbers[message] = letter.number
        record(letter.number, "accepted as \(message); its recipient is \(recipientIsOnline ? "online" : "away")", time)
        accepted += 1
    }

    /// Something that may explain later what became of it.
    package mutating func record(_ letter: Letter, _ what: String, at time: Duration) {
        record(letter.number, what, time)
    }

    /// What its sender is told.
    package mutating func record(_ message: SentMessage, at time: Duration) {
        guard let number = numbers[message.id.hex] else { return }
        let buddies = message.of > 0 ? ", \(message.buddies) of \(message.of) buddies" : ""
        record(number, "its sender is told: \(message.state.name)\(buddies)", time)
        if message.state == .failed { entries[number].isFailed = true }
    }

    /// The sender's daemon, asked in the end, knows nothing of it.
    package mutating func forgotten(_ letter: Letter, at time: Duration) {
        record(letter.number, "its sender's node, asked in the end, does not know it", time)
        violations.append(
            Violation(
                "A message was accepted, did not arrive, and its sender's node no longer knows it.",
                trace: entries[letter.number].trace))
    }

    /// Found at its recipient, in an event or in the inbox. The same message may be found several times.
    package mutating func receive(_ message: ReceivedMessage, by person: Int, at time: Duration) {
        guard let number = Letter.number(in: message.text, run: run), entries.indices.contains(number),
            entries[number].letter.recipient == person
        else {
            return violations.append(Violation("Person \(person) got a message that nobody wrote to them."))
        }
        if let position = entries[number].position {
            guard position != message.position else { return }
            record(number, "shown again, as another message", time)
            duplicated += 1
            return violations.append(Violation("A message was shown twice.", trace: entries[number].trace))
        }
        entries[number].position = message.position
        entries[number].receivedAt = time
        entries[number].isDirect = message.via == .direct
        record(number, "received, \(message.via == .direct ? "directly" : "from the mailbox")", time)
        delivered += 1
        if message.text != entries[number].letter.text {
            violations.append(Violation("A message was altered.", trace: entries[number].trace))
        }
    }

    /// Compares with what a recipient has in the inbox in the end.
    package mutating func compare(inbox: [ReceivedMessage], of person: Int) {
        var counts: [Int: Int] = [:]
        for message in inbox {
            guard let number = Letter.number(in: message.text, run: run) else { continue }
            counts[number, default: 0] += 1
            if counts[number] == 2 {
                duplicated += 1
                let trace = entries.indices.contains(number) ? entries[number].trace : []
                violations.append(Violation("A message stands twice in the inbox.", trace: trace))
            }
        }
        for entry in entries where entry.letter.recipient == person && entry.receivedAt != nil {
            guard counts[entry.letter.number] == nil else { continue }
            violations.append(Violation("A message that was shown is no longer in the inbox.", trace: entry.trace))
        }
    }

    /// Accepted letters that have not arrived, with their names at the sender's daemon.
    package var missing: [(letter: Letter, message: String)] {
        entries.compactMap { entry in
            guard entry.receivedAt == nil, let message = entry.message else { return nil }
            return (entry.letter, message)
        }
    }

    /// Letters whose outcome is unknown.
    package var unfinished: [Violation] {
        entries.compactMap { entry in
            guard entry.receivedAt == nil, !entry.isFailed else { return nil }
            let sentence =
                entry.acceptedAt == nil
                ? "A message was written, and its sender's node never accepted it."
                : "A message was accepted, and neither arrived nor was its sender told."
            return Violation(sentence, trace: entry.trace)
        }
    }

    /// `isOver`: whether healing is over, so that what is under way now is lost to those who wait.
    package func figures(isOver: Bool) -> MessageFigures {
        var figures = MessageFigures()
        figures.duplicated = duplicated
        for entry in entries {
            // What arrived was accepted, though its sender's node may have ended before it could say so.
            guard entry.acceptedAt != nil || entry.receivedAt != nil else { continue }
            figures.accepted += 1
            guard let receivedAt = entry.receivedAt else {
                if entry.isFailed { figures.failed += 1 } else { figures.pending += 1 }
                continue
            }
            figures.delivered += 1
            // News of a message may come before the answer to its sender.
            let latency = max(.zero, receivedAt - (entry.acceptedAt ?? entry.submittedAt))
            figures.latencies.append(latency)
            if entry.wasOnline { figures.latenciesOnline.append(latency) }
            if entry.isDirect { figures.direct += 1 }
        }
        if isOver { (figures.lost, figures.pending) = (figures.pending, 0) }
        figures.latencies.sort()
        figures.latenciesOnline.sort()
        return figures
    }

    private mutating func record(_ number: Int, _ what: String, _ time: Duration) {
        entries[number].trace.append(DeliveryLedger.line(time, what))
    }

    private static func line(_ time: Duration, _ what: String) -> String { "\(Readable.time(time)): \(what)" }
}
