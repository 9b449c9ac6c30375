import Basics
import ControlAPI
import Simulation
import Synchronization

/// Everything that is recorded during a run, from all sources.
final class Chronicle: Sendable {
    private struct Notes {
        var ledger: DeliveryLedger
        var lookups = LookupBook()
        var peers: [Int: String] = [:]
        var online: Set<Int> = []
        var incidents: [Incident] = []
        var timeline: [Sample] = []
        var violations: [Violation] = []
        var formedAt: ContinuousClock.Instant?
    }

    private let notes: Mutex<Notes>
    private let begun = ContinuousClock.now

    /// `run` names the messages of this run.
    init(run: String) { notes = Mutex(Notes(ledger: DeliveryLedger(run: run))) }

    // MARK: Time

    /// Since the network has formed, below zero before.
    var now: Duration { notes.withLock { time($0) } }

    /// Since the beginning.
    var elapsed: Duration { ContinuousClock.now - begun }

    func markFormed() { notes.withLock { $0.formedAt = .now } }

    var hasFormed: Bool { notes.withLock { $0.formedAt != nil } }

    private func time(_ notes: Notes) -> Duration {
        notes.formedAt.map { ContinuousClock.now - $0 } ?? .zero - elapsed
    }

    // MARK: People

    func introduce(_ person: Int, as peer: String) { notes.withLock { $0.peers[person] = peer } }
    func peerID(of person: Int) -> String? { notes.withLock { $0.peers[person] } }

    func setOnline(_ person: Int, _ isOnline: Bool) {
        notes.withLock { notes in
            if isOnline { notes.online.insert(person) } else { notes.online.remove(person) }
        }
    }

    /// The people who are online, in order.
    var online: [Int] { notes.withLock { $0.online.sorted() } }

    // MARK: Messages

    func submit(from sender: Int, to recipient: Int, length: Int) -> Letter {
        notes.withLock { notes in
            let now = time(notes)
            return notes.ledger.submit(from: sender, to: recipient, length: length, at: now)
        }
    }

    func accept(_ letter: Letter, as message: String) {
        notes.withLock { notes in
            let now = time(notes)
            let isOnline = notes.online.contains(letter.recipient)
            notes.ledger.accept(letter, as: message, recipientIsOnline: isOnline, at: now)
        }
    }

    func receive(_ message: ReceivedMessage, by person: Int) {
        notes.withLock { notes in
            let now = time(notes)
            notes.ledger.receive(message, by: person, at: now)
        }
    }

    func record(_ message: SentMessage) {
        notes.withLock { notes in
            let now = time(notes)
            notes.ledger.record(message, at: now)
        }
    }

    func record(_ letter: Letter, _ what: String) {
        notes.withLock { notes in
            let now = time(notes)
            notes.ledger.record(letter, what, at: now)
        }
    }

    func forgotten(_ letter: Letter) {
        notes.withLock { notes in
            let now = time(notes)
            notes.ledger.forgotten(letter, at: now)
        }
    }

    func compare(inbox: [ReceivedMessage], of person: Int) {
        notes.withLock { $0.ledger.compare(inbox: inbox, of: person) }
    }

    var missing: [(letter: Letter, message: String)] { notes.withLock { $0.ledger.missing } }
    /// Written and not delivered yet.
    var open: Int { notes.withLock { $0.ledger.open } }

    // MARK: All else

    func abandonLookup() { notes.withLock { $0.lookups.abandon() } }

    func finishLookup(
        _ result: LookupResult, after rounds: [LookupResult], target: Bytes32, expected: [Bytes32]?
    ) {
        notes.withLock { $0.lookups.finish(result, after: rounds, target: target, expected: expected) }
    }

    func add(_ violation: Violation) { notes.withLock { $0.violations.append(violation) } }

    func incident(_ what: String, lasting: Duration = .zero) {
        notes.withLock { notes in
            let now = time(notes)
            notes.incidents.append(Incident(at: now, lasting: lasting, what: what))
        }
    }

    func sample(nodesUp: Int, bytes: Int) {
        notes.withLock { notes in
            let sample = Sample(
                at: time(notes), accepted: notes.ledger.accepted, delivered: notes.ledger.delivered, nodesUp: nodesUp,
                peersOnline: notes.online.count, bytes: bytes)
            notes.timeline.append(sample)
        }
    }

    /// How far it is.
    var progress: (accepted: Int, delivered: Int, lookups: Int) {
        notes.withLock { ($0.ledger.accepted, $0.ledger.delivered, $0.lookups.figures.count) }
    }

    /// What was found.
    func write(into summary: inout Summary, isOver: Bool) {
        notes.withLock { notes in
            summary.time = elapsed
            summary.messages = notes.ledger.figures(isOver: isOver)
            summary.lookups = notes.lookups.sortedFigures
            summary.violations = notes.ledger.violations + notes.violations
            summary.unfinished = isOver ? notes.ledger.unfinished : []
            summary.timeline = notes.timeline
            summary.incidents = notes.incidents
            summary.isFinished = isOver
        }
    }
}
