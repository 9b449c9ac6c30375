import Basics
import Foundation
import LMDBStore
import Mailboxes
import Storage
import Wire

/// What it costs a buddy to list a mailbox and to give a chunk of an envelope.
enum Reading {
    private static let now = Now(monotonic: .origin, utc: Figures.now)

    /// In memory, and on a disk of which all is in memory: processor time.
    static func measure(count: Int) {
        print("store".column(8), "envelopes".column(16), "a page".column(11), "an entry".column(11), "a chunk")
        for (sizeClass, number) in [(3, 200), (0, 1_000)] {
            let memory = MemoryStore()
            measure("memory", sizeClass, number, count, memory) { writes in
                memory.commit(writes)
                return .committed
            }
            withDisk { disk, _ in
                measure("LMDB", sizeClass, number, count, disk) { disk.writer.commit($0) }
            }
        }
    }

    private static func measure(
        _ name: String, _ sizeClass: Int, _ number: Int, _ count: Int, _ base: any StoreReader,
        _ commit: ([StoreWrite]) -> CommitResult
    ) {
        let mailbox = Location(Bytes32(words: (1, 1, 1, 1)))
        var store = StoreView(base: base)
        var buddy = Buddy(suite: .sodium, own: NodeID(.zero), store: store, now: now)
        for number in 0..<number {
            fill(&buddy, &store, mailbox, Figures.envelope(sizeClass: sizeClass, number: number), account: 1)
            let (writes, through) = store.takeWrites()
            store.complete(through: through, commit(writes))
        }
        sweep(&buddy, &store)
        let whole = buddy.entries(in: mailbox, now: now, store: store)
        precondition(whole.count == number && !store.hasWrites)
        var sum = 0
        let page = best(count) { _ = buddy.list(mailbox, after: nil, now: now, store: store) { _ in sum += 1 } }
        let pages = best(count / 100) { sum += buddy.entries(in: mailbox, now: now, store: store).count }
        let chunks = Chunks.count(of: Limits.sizeClasses[sizeClass])
        let fetched = best(count / 10) {
            for index in 0..<chunks {
                let isFound = buddy.envelopeChunk(whole[7].envelope, in: mailbox, index: index, store: store) {
                    sum += $1.byteCount
                }
                precondition(isFound)
            }
        }
        precondition(sum > 0)
        print(
            name.column(8), "\(number) of \(Limits.sizeClasses[sizeClass])".column(16), "\(Int(page)) ns".column(11),
            "\(Int(pages / Double(number))) ns".column(11), "\(Int(fetched / Double(chunks))) ns")
    }

    /// A page of each of many mailboxes, of whose file nothing is in memory any more: by the clock.
    static func measureCold(mailboxes: Int) {
        for (sizeClass, mailboxes) in [(3, mailboxes), (0, 32 * mailboxes)] {
            withDisk { disk, file in
                var store = StoreView(base: disk)
                var buddy = Buddy(suite: .sodium, own: NodeID(.zero), store: store, now: now)
                let places = (0..<mailboxes).map { Location(Bytes32(words: (UInt64($0) << 40, 1, 1, 1))) }
                for number in 0..<Limits.entriesPerPage {
                    for place in places {
                        let envelope = Figures.envelope(sizeClass: sizeClass, number: number)
                        fill(&buddy, &store, place, envelope, account: number)
                        guard store.pendingBytes > 8 << 20 || place == places.last else { continue }
                        let (writes, through) = store.takeWrites()
                        store.complete(through: through, disk.writer.commit(writes))
                    }
                }
                sweep(&buddy, &store)
                forget(file)
                var listed = 0
                let begun = ContinuousClock.now
                for place in places { _ = buddy.list(place, after: nil, now: now, store: store) { _ in listed += 1 } }
                let elapsed = (ContinuousClock.now - begun) / .microseconds(1)
                precondition(listed == mailboxes * Limits.entriesPerPage)
                let each = Int(elapsed / Double(mailboxes))
                print("\(mailboxes) pages of envelopes of \(Limits.sizeClasses[sizeClass]): \(each) µs each")
            }
        }
    }

    /// Has the system forget what it has in memory of a mapped file.
    private static func forget(_ path: String) {
        sync()
        for line in ((try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8)) ?? "").split(separator: "\n")
        where line.hasSuffix(path) {
            let ends = line.split(separator: " ")[0].split(separator: "-").compactMap { UInt(String($0), radix: 16) }
            guard ends.count == 2, let start = UnsafeMutableRawPointer(bitPattern: ends[0]) else { continue }
            madvise(start, Int(ends[1] - ends[0]), Int32(MADV_DONTNEED))
        }
        let file = open(path, O_RDONLY)
        posix_fadvise(file, 0, 0, Int32(POSIX_FADV_DONTNEED))
        close(file)
    }

    // MARK: Parts

    static func withDisk(_ body: (LMDBStore, _ file: String) -> Void) {
        let directory = FileManager.default.temporaryDirectory.appending(path: "roost-measure-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        guard (try? FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)) != nil,
            (try? LMDBStore.create(directory: directory.path())) != nil,
            let disk = try? LMDBStore(directory: directory.path())
        else { return print("The directory for temporary files can't be written to.") }
        body(disk, directory.appending(path: "data.mdb").path())
    }

    private static func fill(
        _ buddy: inout Buddy, _ store: inout StoreView, _ place: MailboxID, _ envelope: [UInt8], account: Int
    ) {
        for index in 0..<Chunks.count(of: envelope.count) {
            _ = buddy.deposit(
                Figures.chunk(index, of: envelope, at: place.bytes), envelope.span.bytes,
                from: Source(session: 1, account: Account(rawValue: UInt64(account))), isResponsible: true, now: now,
                store: &store)
        }
    }

    /// What a node does at its start.
    private static func sweep(_ buddy: inout Buddy, _ store: inout StoreView) {
        var now = now
        for _ in 0..<10 {
            buddy.sweep(now: now, erasing: now.utc, store: &store)
            now.monotonic = buddy.nextDeadline
        }
    }

    /// Nanoseconds each, in the best of five runs.
    private static func best(_ count: Int, _ work: () -> Void) -> Double {
        let count = max(1, count)
        let runs = (0..<5).map { _ in
            let begun = processorTime()
            for _ in 0..<count { work() }
            return (processorTime() - begun) / Double(count)
        }
        return runs.min() ?? 0
    }
}
