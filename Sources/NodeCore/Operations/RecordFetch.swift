import Basics
import Cryptography
import Exchange
import Mailboxes
import Sessions
import Wire

/// Reading the newest record at a location: from all of the k closest, since some may hold an old one or lie.
///
/// It ends when a majority has answered and one gave a valid record, or when all have answered but those that are not
/// worth waiting for. What this node keeps itself counts as found, though not as an answer. The two closest are asked for a whole
/// record at once. From others its beginning is enough where that is how the newest one begins: the sequence number is in it.
///
/// Those that turn out to lack the newest record are brought it afterwards (Kademlia, §2.3, caches what was looked up at the
/// closest node that didn't have it): what is read stays in repair.
struct RecordFetch {
    private struct Attempt {
        let contact: Contact
        var download: Download
        var state = AttemptState.busy
        /// The sequence number of the valid record that it gave.
        var sequence: UInt64?
    }

    let command: CommandID
    let identity: IdentityID
    private let location: Location
    private let suite: CipherSuite
    private let begun: Instant
    private var attempts: [Attempt] = []
    var attemptStates: [AttemptState] { attempts.map(\.state) }
    private var newest: (sequence: UInt64, bytes: [UInt8])?
    private var reached = MarkSet()

    /// Marks reached since it began, those of its downloads included.
    var marks: MarkSet { attempts.reduce(into: reached) { $0.formUnion($1.download.marks) } }

    /// `held` is what this node keeps at the location.
    init(
        command: CommandID, identity: IdentityID, location: Location, suite: CipherSuite, held: [UInt8]?, now: Now
    ) {
        self.command = command
        self.identity = identity
        self.location = location
        self.suite = suite
        begun = now.monotonic
        if let held, let record = SignedRecord.verified(held, at: location, now: now.utc, suite: suite) {
            newest = (record.sequence, held)
        }
    }

    /// The record with the highest sequence number that was found, and the nodes that lack it.
    var result: OperationResult {
        guard let newest else { return .nothing }
        return .record(newest.bytes, at: location, lackedBy: lacking, identity: identity)
    }

    /// The nodes that said that they have no record, or gave one that is not the newest.
    private var lacking: [Contact] {
        attempts.filter { attempt in
            if let sequence = attempt.sequence { return sequence < newest?.sequence ?? 0 }
            return attempt.state == .refused(.notFound)
        }.map(\.contact)
    }

    mutating func addClosest(of search: Search) {
        for contact in search.closest(besides: attempts.lazy.map(\.contact)) {
            let isAskedForAll = attempts.count < RecordFetch.askedForAll
            let download = Download(
                sizeLimit: Limits.recordSize, expectedSize: isAskedForAll ? Limits.expectedRecordSize : 1)
            attempts.append(Attempt(contact: contact, download: download))
        }
    }

    /// How many are asked for a whole record at once: one of them may be silent, or lack it.
    private static let askedForAll = 2

    mutating func next(search: Search?, now: Now, events: inout [NodeEvent]) -> OperationStep {
        for index in attempts.indices where attempts[index].state == .busy {
            switch attempts[index].download.next() {
            case .request(let chunk, let number):
                return .ask(
                    attempts[index].contact, .getRecord(location, chunk: chunk),
                    .chunk(attempt: index, sending: number))
            case .wait, .held: break
            case .finished(let bytes): verify(bytes, of: index, now: now)
            case .failed: attempts[index].state = .failed
            }
        }
        recognizeBeginnings()
        let heard = attempts.count { $0.state != .busy && $0.state != .failed }
        let isComplete = attempts.allSatisfy { $0.state != .busy } && isEnough(search, now: now)
        let all = max(attempts.count, search?.expected ?? 0)
        guard isComplete || (newest != nil && heard > all / 2) else {
            let end = begun + RecordFetch.patience
            return .wait(until: end > now.monotonic ? end : nil)
        }
        if search?.isFinished == false { reached.insert(.recordFetchEndsBeforeSearch) }
        events.append(.record(command, record: newest?.bytes, answered: heard))
        return .finished
    }

    /// Nodes whose record begins like the newest one have that one.
    private mutating func recognizeBeginnings() {
        guard let newest else { return }
        for index in attempts.indices
        where attempts[index].state == .busy && attempts[index].download.begins(like: newest.bytes) {
            attempts[index].state = .done
            attempts[index].sequence = newest.sequence
            reached.insert(.recordToldByItsBeginning)
        }
    }

    /// How long to wait for nodes that are slow, or that are named only by nodes whose contacts lead nowhere, when all
    /// others say that there is nothing.
    private static let patience = Duration.seconds(2)

    private func isEnough(_ search: Search?, now: Now) -> Bool {
        guard let search, !search.isFinished else { return true }
        return now.monotonic - begun >= RecordFetch.patience && search.awaitsOnlySlow
    }

    private mutating func verify(_ bytes: [UInt8], of index: Int, now: Now) {
        if let newest, newest.bytes == bytes {
            attempts[index].state = .done
            attempts[index].sequence = newest.sequence
            return
        }
        guard let record = SignedRecord.verified(bytes, at: location, now: now.utc, suite: suite) else {
            attempts[index].state = .refused(.invalid)
            reached.insert(.fetchedRecordInvalid)
            return
        }
        attempts[index].state = .done
        attempts[index].sequence = record.sequence
        if let newest, newest.sequence != record.sequence { reached.insert(.fetchedRecordsDiffer) }
        if record.sequence > newest?.sequence ?? 0 || newest == nil { newest = (record.sequence, bytes) }
    }

    mutating func observe(_ response: Response, body: RawSpan, to token: RequestToken, from context: ResponseContext) {
        guard case .chunk(let index, let number) = token, attempts[index].state == .busy else { return }
        switch response {
        case .chunk(let part):
            attempts[index].download.observe(part, body, number: number, roundTrip: context.measured)
        case .refused(.notFound, _) where !attempts[index].download.observeAbsence(of: number): break
        case .refused(let reason, _):
            attempts[index].state = .refused(reason)
        default:
            attempts[index].state = .failed
        }
    }

    func timeout(of token: RequestToken) -> Duration? {
        if case .chunk(let index, _) = token { attempts[index].download.timeout } else { nil }
    }

    mutating func observe(_ silence: Silence, of token: RequestToken) {
        guard case .chunk(let index, let number) = token else { return }
        switch silence {
        case .late: attempts[index].download.observeLoss(of: number)
        case .final: if attempts[index].state == .busy { attempts[index].state = .failed }
        }
    }
}
