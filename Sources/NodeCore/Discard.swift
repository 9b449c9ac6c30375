import Basics
import Exchange
import Sessions
import Wire

/// Telling the buddies of one's own mailbox which envelopes are done.
struct Discard: Process {
    private let id: CommandID
    let identity: IdentityID
    let payload: [UInt8]
    private let mailbox: MailboxID
    private let key: BlindedKey
    private var search: Search
    private var visits: [(contact: Contact, state: VisitState)] = []
    private var asked = 0
    let operation = Activity.Operation.discard
    var searched: Search? { search }
    var visitStates: [VisitState] { visits.map(\.state) }

    init(
        id: CommandID, identity: IdentityID, mailbox: MailboxID, key: BlindedKey, tombstones: [Tombstone],
        search: Search
    ) {
        self.id = id
        self.identity = identity
        self.mailbox = mailbox
        self.key = key
        self.search = search
        payload = Discard.encode(tombstones)
    }

    private static func encode(_ tombstones: [Tombstone]) -> [UInt8] {
        var writer = ByteWriter(capacity: tombstones.count * TombstoneReader.entryByteCount)
        for tombstone in tombstones { writer.tombstone(tombstone) }
        return writer.bytes
    }

    var command: CommandID? { id }

    mutating func next(now: Now, turns: inout TransferTurns, events: inout [NodeEvent]) -> ProcessStep {
        if !search.isFinished {
            if let step = search.next(now: now) { return step }
            visits += search.closest(besides: visits.lazy.map(\.contact)).map { ($0, .busy) }
        }
        if asked < visits.count {
            asked += 1
            let tombstones = ByteRange(offset: 0, count: payload.count)
            return .ask(
                visits[asked - 1].contact, .discard(mailbox, key: key, tombstones: tombstones), .visit(asked - 1))
        }
        guard search.isFinished, visits.allSatisfy({ $0.state != .busy }) else { return .wait(until: nil) }
        events.append(.discarded(id, visits.lazy.map(\.state).tally))
        return .finished
    }

    mutating func observe(_ response: Response, body: RawSpan, to token: RequestToken, from context: ResponseContext) {
        guard case .visit(let index, _) = token else {
            search.observe(response, body: body, from: context)
            return
        }
        guard visits[index].state == .busy else { return }
        switch response {
        case .discarded: visits[index].state = .done
        case .refused(let reason, _): visits[index].state = .refused(reason)
        default: visits[index].state = .failed
        }
    }

    mutating func observeDelay(of token: RequestToken, now: Now) {
        if case .search(let node) = token { search.observeDelay(of: node) }
    }

    mutating func observeFailure(of token: RequestToken, now: Now) {
        switch token {
        case .search(let node): search.observeFailure(of: node)
        case .visit(let index, _): if visits[index].state == .busy { visits[index].state = .failed }
        }
    }
}
