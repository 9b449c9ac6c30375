import Basics
import Exchange
import Sessions
import Wire

/// Telling the buddies of a mailbox which envelopes are done: for its owner all of them, or as repair one that lacks a
/// tombstone.
struct Discard {
    /// Nil for repair.
    let command: CommandID?
    let identity: IdentityID
    let payload: [UInt8]
    private let mailbox: MailboxID
    private let key: BlindedKey
    private var attempts: [(contact: Contact, state: AttemptState)] = []
    private var asked = 0
    var attemptStates: [AttemptState] { attempts.map(\.state) }

    init(
        command: CommandID?, identity: IdentityID, mailbox: MailboxID, key: BlindedKey, tombstones: [Tombstone],
        recipients: [Contact] = []
    ) {
        self.command = command
        self.identity = identity
        self.mailbox = mailbox
        self.key = key
        payload = Discard.encode(tombstones)
        attempts = recipients.map { ($0, .busy) }
    }

    private static func encode(_ tombstones: [Tombstone]) -> [UInt8] {
        var writer = ByteWriter(capacity: tombstones.count * TombstoneReader.entryByteCount)
        for tombstone in tombstones { writer.tombstone(tombstone) }
        return writer.bytes
    }

    mutating func addClosest(of search: Search) {
        attempts += search.closest(besides: attempts.lazy.map(\.contact)).map { ($0, .busy) }
    }

    mutating func next(search: Search?, events: inout [NodeEvent]) -> OperationStep {
        if asked < attempts.count {
            asked += 1
            let tombstones = ByteRange(offset: 0, count: payload.count)
            return .ask(
                attempts[asked - 1].contact, .discard(mailbox, key: key, tombstones: tombstones),
                .question(.discard, attempt: asked - 1))
        }
        guard search?.isFinished ?? true, attempts.allSatisfy({ $0.state != .busy }) else { return .wait(until: nil) }
        if let command { events.append(.discarded(command, attempts.lazy.map(\.state).tally)) }
        return .finished
    }

    mutating func observe(_ response: Response, to token: RequestToken) {
        guard case .question(.discard, let index) = token, attempts[index].state == .busy else { return }
        switch response {
        case .discarded: attempts[index].state = .done
        case .refused(let reason, _): attempts[index].state = .refused(reason)
        default: attempts[index].state = .failed
        }
    }

    mutating func observe(_ silence: Silence, of token: RequestToken) {
        guard silence == .final, case .question(.discard, let index) = token else { return }
        if attempts[index].state == .busy { attempts[index].state = .failed }
    }
}
