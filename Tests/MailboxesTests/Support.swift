import Basics
import Cryptography
import Foundation
import LMDBStore
import Mailboxes
import Storage
import Wire

let today = Day(number: 20_000)

extension Now {
    /// Noon of a day, and so many seconds of the monotonic clock.
    static func noon(_ day: Day, _ seconds: Double = 0) -> Now {
        Now(
            monotonic: .origin + .seconds(1_000) + .milliseconds(Int64(seconds * 1_000)),
            utc: day.start.advanced(bySeconds: 43_200))
    }
}

extension SeededGenerator {
    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
    mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }
}

/// Somebody with a mailbox and a record.
struct Owner {
    let mailbox: BlindedSigner
    let record: BlindedSigner

    init(_ number: UInt64, suite: CipherSuite = .cheap) {
        var generator = SeededGenerator(seed: number)
        let profile = ProfileKey(seed: SecretKey(generator.bytes32()), suite: suite)
        mailbox = profile.blinded(for: .mailbox, epoch: today.start.epoch)
        record = profile.blinded(for: .record, epoch: today.start.epoch)
    }

    func tombstone(_ envelope: [UInt8], expiry: Day) -> Tombstone {
        Tombstone(envelope: EnvelopeID(hashing: envelope.span.bytes), expiry: expiry, signer: mailbox)
    }

    func recordBytes(_ sequence: UInt64, validDays: Int = 14, sealed: Int = 1_500) -> [UInt8] {
        SignedRecord.encode(
            sequence: sequence, validUntil: today.advanced(by: validDays).start,
            sealed: Array(repeating: UInt8(truncatingIfNeeded: sequence), count: sealed), signer: record)
    }
}

/// An envelope whose sealed bytes are told apart by a number.
func envelope(_ number: UInt64, sizeClass: Int = 0, expiry: Day = today.advanced(by: 10)) -> [UInt8] {
    let header = EnvelopeHeader(expiry: expiry, sizeClass: sizeClass)
    let sealed = [UInt8](repeating: 7, count: header.sealed.count - 8)
    return header.assemble(sealed: sealed + (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * $0)) })
}

func chunk(_ index: Int, of bytes: [UInt8], at location: Location, object: Bytes32? = nil) -> UploadChunk {
    UploadChunk(
        location: location, object: object ?? Blake2b.hash256(bytes), size: bytes.count, index: index,
        bytes: Chunks.range(index, of: bytes.count))
}

/// A directory that goes with its owner.
final class TemporaryDirectory {
    let path: String

    /// In memory, where the system offers that, for those who commit often and don't care for the disk.
    init(inMemory: Bool = false) throws {
        let memory = "/dev/shm/"
        let isOffered = inMemory && FileManager.default.isWritableFile(atPath: memory)
        path = (isOffered ? memory : NSTemporaryDirectory()) + "roost-store-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    var dataFile: String { path + "/data.mdb" }

    /// The store in the directory, made where there is none.
    func store(mapLimit: Int = LMDBStore.defaultMapLimit) throws -> LMDBStore {
        if !FileManager.default.fileExists(atPath: dataFile) { try LMDBStore.create(directory: path) }
        return try LMDBStore(directory: path, mapLimit: mapLimit)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Both implementations of a store, as one.
enum StoreKind: CaseIterable {
    case memory
    case lmdb
}

struct TestStore {
    let reader: any StoreReader
    let commit: ([StoreWrite]) -> CommitResult
    private let directory: TemporaryDirectory?

    init(_ kind: StoreKind) throws {
        switch kind {
        case .memory:
            let store = MemoryStore()
            self.init(reader: store) { writes in
                store.commit(writes)
                return .committed
            }
        case .lmdb:
            let directory = try TemporaryDirectory()
            self.init(try directory.store(), in: directory)
        }
    }

    private init(reader: any StoreReader, commit: @escaping ([StoreWrite]) -> CommitResult) {
        self.reader = reader
        self.commit = commit
        directory = nil
    }

    /// A store that was opened already.
    init(_ store: LMDBStore, in directory: TemporaryDirectory) {
        self.directory = directory
        reader = store
        commit = { store.writer.commit($0) }
    }

    /// All entries of a table, in order.
    func entries(_ table: Table) -> [(key: [UInt8], value: [UInt8])] {
        var entries: [(key: [UInt8], value: [UInt8])] = []
        reader.scan(table, prefix: [], after: nil) { key, value in
            entries.append((key.array, value.array))
            return true
        }
        return entries
    }
}

extension StoreReader {
    func value(_ table: Table, _ key: [UInt8]) -> [UInt8]? {
        var found: [UInt8]?
        _ = read(table, key) { found = $0.array }
        return found
    }
}

extension RawSpan {
    var array: [UInt8] { withUnsafeBytes { [UInt8]($0) } }
}

/// A buddy with its store and a driver that commits when told.
struct Bench {
    let disk: TestStore
    let bounds: BuddyBounds
    let suite: CipherSuite
    var store: StoreView
    var buddy: Buddy
    var now = Now.noon(today)

    static let own = NodeID(Bytes32(words: (1, 2, 3, 4)))
    static let source = Source(session: 1, account: Account(rawValue: 1))

    init(_ kind: StoreKind = .memory, bounds: BuddyBounds = BuddyBounds(), suite: CipherSuite = .cheap) throws {
        self.init(try TestStore(kind), bounds: bounds, suite: suite)
    }

    init(_ disk: TestStore, bounds: BuddyBounds = BuddyBounds(), suite: CipherSuite = .cheap) {
        self.disk = disk
        self.bounds = bounds
        self.suite = suite
        store = StoreView(base: disk.reader)
        buddy = Buddy(suite: suite, own: Bench.own, bounds: bounds, store: store, now: now)
    }

    /// One batch ends; what gathered behind a batch that succeeded is committed as well.
    mutating func commit(_ result: CommitResult = .committed) {
        while store.hasWrites {
            let (writes, through) = store.takeWrites()
            let outcome = result == .committed ? disk.commit(writes) : result
            store.complete(through: through, outcome)
            if outcome != .committed { buddy.observeFailure(outcome, now: now, store: store) }
        }
    }

    /// The process dies and starts again: only what was committed is left.
    mutating func crash() {
        store = StoreView(base: disk.reader)
        buddy = Buddy(suite: suite, own: Bench.own, bounds: bounds, store: store, now: now)
    }

    mutating func pass(days: Int) { now.utc = now.utc.advanced(bySeconds: Int64(days) * UnixTime.secondsPerDay) }
    mutating func pass(seconds: Int) {
        now.monotonic = now.monotonic + .seconds(seconds)
        now.utc = now.utc.advanced(bySeconds: Int64(seconds))
    }

    /// Brings every chunk in turn, and returns the last answer.
    mutating func deposit(
        _ envelope: [UInt8], to mailbox: MailboxID, from source: Source = Bench.source, isResponsible: Bool = true,
        isRepair: Bool = false
    ) -> KeepOutcome {
        var outcome = KeepOutcome.partial(0)
        for index in 0..<Chunks.count(of: envelope.count) {
            outcome = buddy.deposit(
                chunk(index, of: envelope, at: mailbox), envelope.span.bytes, from: source,
                isResponsible: isResponsible, isRepair: isRepair, now: now, store: &store)
            guard case .partial = outcome else { break }
        }
        return outcome
    }

    mutating func putRecord(
        _ record: [UInt8], at location: Location, from source: Source = Bench.source, isResponsible: Bool = true
    ) -> KeepOutcome {
        var outcome = KeepOutcome.partial(0)
        for index in 0..<Chunks.count(of: record.count) {
            outcome = buddy.putRecord(
                chunk(index, of: record, at: location), record.span.bytes, from: source, isResponsible: isResponsible,
                now: now, store: &store)
            guard case .partial = outcome else { break }
        }
        return outcome
    }

    mutating func discard(
        _ owner: Owner, _ tombstones: [Tombstone], from source: Source = Bench.source, isResponsible: Bool = true
    ) -> DiscardOutcome {
        buddy.discard(
            owner.mailbox.location, key: owner.mailbox.key, tombstones, from: source, isResponsible: isResponsible,
            now: now, store: &store)
    }

    /// Sweeps until nothing more is due, and returns the number of steps.
    mutating func sweepAll() -> Int {
        var steps = 0
        repeat {
            now.monotonic = max(now.monotonic, buddy.nextDeadline)
            buddy.sweep(now: now, erasing: now.utc, store: &store)
            steps += 1
        } while buddy.nextDeadline - now.monotonic <= Limits.sweepStep && steps < 1_000
        return steps
    }

    func holds(_ envelope: [UInt8], in mailbox: MailboxID) -> Bool {
        buddy.holds(EnvelopeID(hashing: envelope.span.bytes), in: mailbox, store: store)
    }

    func list(_ mailbox: MailboxID) -> [EnvelopeID] {
        var found: [EnvelopeID] = []
        var more = true
        while more {
            let page = page(of: mailbox, after: found.last)
            found += page.entries.map(\.envelope)
            more = page.more
        }
        return found
    }

    func page(of mailbox: MailboxID, after: EnvelopeID?) -> (entries: [MailboxEntry], more: Bool) {
        var (buddy, entries) = (buddy, [MailboxEntry]())
        let more = buddy.list(mailbox, after: after, now: now, store: store) { entries.append($0) }
        return (entries, more)
    }
}

extension KeepOutcome {
    /// Whether all has arrived and waits for the disk.
    var isKeep: Bool { if case .keep = self { true } else { false } }

    var refusal: RefusalReason? { if case .refused(let reason, _) = self { reason } else { nil } }
}
