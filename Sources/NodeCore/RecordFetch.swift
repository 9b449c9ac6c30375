import Basics
import Cryptography
import Exchange
import Mailboxes
import Sessions
import Wire

/// Reading the newest record at a location: from all of the k closest, since some may hold an old one or lie.
///
/// It ends when a majority has answered and one gave a valid record, or when all have been heard but those that are not worth
/// waiting for. What this node keeps
/// itself counts as found, though not as an answer.
///
/// Those that turn out to lack the newest record are brought it afterwards (Kademlia, §2.3, caches what was looked up at the
/// closest node that didn't have it): what is read stays in repair.
struct RecordFetch: Process {
    private struct Visit {
        let contact: Contact
        var download: Download
        var state = VisitState.busy
        /// The sequence number of the valid record that it gave.
        var sequence: UInt64?
    }

    private let id: CommandID
    let identity: IdentityID
    let location: Location
    private let suite: CipherSuite
    private let begun: Instant
    private var search: Search
    private var visits: [Visit] = []
    let operation = Activity.Operation.recordFetch
    var searched: Search? { search }
    var visitStates: [VisitState] { visits.map(\.state) }
    private var newest: (sequence: UInt64, bytes: [UInt8])?

    /// `held` is what this node keeps at the location.
    init(
        id: CommandID, identity: IdentityID, location: Location, suite: CipherSuite, search: Search, held: [UInt8]?,
        now: Now
    ) {
        self.id = id
        self.identity = identity
        self.location = location
        self.suite = suite
        self.search = search
        begun = now.monotonic
        if let held, let record = SignedRecord.verified(held, at: location, now: now.utc, suite: suite) {
            newest = (record.sequence, held)
        }
    }

    var command: CommandID? { id }

    /// The record with the highest sequence number that was found.
    var newestRecord: [UInt8]? { newest?.bytes }

    /// The nodes that said that they have no record, or gave one that is not the newest.
    var lacking: [Contact] {
        visits.filter { visit in
            if let sequence = visit.sequence { return sequence < newest?.sequence ?? 0 }
            return visit.state == .refused(.notFound)
        }.map(\.contact)
    }

    mutating func next(now: Now, turns: inout TransferTurns, events: inout [NodeEvent]) -> ProcessStep {
        if !search.isFinished {
            if let step = search.next(now: now) { return step }
            for contact in search.closest(besides: visits.lazy.map(\.contact)) {
                let download = Download(sizeLimit: Limits.recordSize)
                visits.append(Visit(contact: contact, download: download))
            }
        }
        for index in visits.indices where visits[index].state == .busy {
            switch visits[index].download.next() {
            case .request(let chunk, let number):
                return .ask(visits[index].contact, .getRecord(location, chunk: chunk), .visit(index, detail: number))
            case .wait, .held: break
            case .finished(let bytes): settle(index, bytes, now: now)
            case .failed: visits[index].state = .failed
            }
        }
        let heard = visits.count { $0.state != .busy && $0.state != .failed }
        let isSettled = visits.allSatisfy { $0.state != .busy } && (search.isFinished || hasWaited(now))
        guard isSettled || (newest != nil && heard > visits.count / 2) else {
            let end = begun + RecordFetch.patience
            return .wait(until: end > now.monotonic ? end : nil)
        }
        events.append(.record(id, record: newest?.bytes, answered: heard))
        return .finished
    }

    /// How long those are waited for who are slow, or named only by nodes whose names lead nowhere, where all others say that
    /// there is nothing.
    private static let patience = Duration.seconds(2)

    private func hasWaited(_ now: Now) -> Bool {
        now.monotonic - begun >= RecordFetch.patience && search.lookup.awaitsOnlySlow
    }

    private mutating func settle(_ index: Int, _ bytes: [UInt8], now: Now) {
        guard let record = SignedRecord.verified(bytes, at: location, now: now.utc, suite: suite) else {
            visits[index].state = .refused(.invalid)
            return
        }
        visits[index].state = .done
        visits[index].sequence = record.sequence
        if record.sequence > newest?.sequence ?? 0 || newest == nil { newest = (record.sequence, bytes) }
    }

    mutating func observe(_ response: Response, body: RawSpan, to token: RequestToken, from context: ResponseContext) {
        guard case .visit(let index, let number) = token else {
            search.observe(response, body: body, from: context)
            return
        }
        guard visits[index].state == .busy else { return }
        switch response {
        case .chunk(let part):
            visits[index].download.observe(part, body, number: number, roundTrip: context.measured)
        case .refused(let reason, _):
            visits[index].state = .refused(reason)
        default:
            visits[index].state = .failed
        }
    }

    func repeatsItself(_ token: RequestToken) -> Bool {
        if case .visit = token { true } else { false }
    }

    func timeout(of token: RequestToken) -> Duration? {
        if case .visit(let index, _) = token { visits[index].download.timeout } else { nil }
    }

    mutating func observeDelay(of token: RequestToken, now: Now) {
        switch token {
        case .search(let node): search.observeDelay(of: node)
        case .visit(let index, let number): visits[index].download.observeLoss(of: number)
        }
    }

    mutating func observeFailure(of token: RequestToken, now: Now) {
        switch token {
        case .search(let node): search.observeFailure(of: node)
        case .visit(let index, _): if visits[index].state == .busy { visits[index].state = .failed }
        }
    }
}
