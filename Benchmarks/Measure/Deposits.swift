import Basics
import Foundation
import LMDBStore
import Mailboxes
import Storage
import Wire

/// What it costs to keep an envelope of 2 KiB: what the buddy does, and the commit on a real disk.
enum Deposits {
    static func measure(count: Int) {
        for group in [1, 64] { measure(count: count, committing: group) }
    }

    private static func measure(count: Int, committing group: Int) {
        guard let keeper = Keeper(), let probe = DiskProbe(keeper.directory) else {
            return print("The directory for temporary files can't be written to.")
        }
        var keeping = keeper
        var (inBuddy, inCommit) = (0.0, 0.0)
        var (deposits, flushes) = ([Duration](), [Duration]())
        let clock = ContinuousClock()
        for first in stride(from: 0, to: count / group * group, by: group) {
            let (begun, started) = (clock.now, processorTime())
            for number in first..<first + group { keeping.deposit(Figures.envelope(sizeClass: 0, number: number)) }
            let assembled = processorTime()
            keeping.commit()
            deposits.append(clock.now - begun)
            inBuddy += assembled - started
            inCommit += processorTime() - assembled
            // In turn with the deposits, as the disk is seldom equally fast for long.
            flushes.append(clock.measure { probe.flush() })
        }
        let seconds = deposits.reduce(.zero, +) / .seconds(1)
        print("\(keeping.kept) envelopes, \(group) a commit: \(Int(Double(keeping.kept) / seconds)) a second;")
        print("  processor, each: \(Int(inBuddy / Double(count))) ns taking them in,", terminator: " ")
        print("\(Int(inCommit / Double(count))) ns committing")
        let (deposit, flush) = (Percentiles(deposits), Percentiles(flushes))
        print("  \(group) durable: p50 \(deposit.p50), p99 \(deposit.p99);", terminator: " ")
        print("fdatasync of 4 KiB: p50 \(flush.p50), p99 \(flush.p99);", terminator: " ")
        print("ratio of the p50: \(Double(Int(deposit.p50 / flush.p50 * 100)) / 100)")
    }

    /// What envelopes take of the disk: kept for the first time, and after weeks in which half of them go and others come.
    static func measureSpace(count: Int) {
        for (sizeClass, size) in Limits.sizeClasses.enumerated() {
            guard var keeper = Keeper() else { return print("The directory for temporary files can't be written to.") }
            let envelopes = min(count, (256 << 20) / size)
            for number in 0..<envelopes {
                keeper.deposit(Figures.envelope(sizeClass: sizeClass, number: number))
                if number % 64 == 63 { keeper.commit() }
            }
            keeper.commit()
            keeper.settle()
            let ratio = Double(keeper.used) / Double(envelopes * size)
            print("\(envelopes) envelopes of \(size) bytes: \(keeper.used / envelopes) bytes each,", terminator: " ")
            print("\(Double(Int(ratio * 1_000)) / 1_000) times their own")
        }
    }
}

/// A buddy with a store on the disk.
private struct Keeper {
    let directory: String
    private let base: LMDBStore
    private var store: StoreView
    private var buddy: Buddy
    private let now = Now(monotonic: .origin, utc: Figures.now)
    private let remover: Remover
    private(set) var kept = 0

    private final class Remover {
        let directory: URL
        init(_ directory: URL) { self.directory = directory }
        deinit { try? FileManager.default.removeItem(at: directory) }
    }

    init?() {
        let url = FileManager.default.temporaryDirectory.appending(path: "roost-measure-\(UUID().uuidString)")
        guard (try? FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)) != nil,
            (try? LMDBStore.create(directory: url.path())) != nil, let base = try? LMDBStore(directory: url.path())
        else { return nil }
        (directory, remover, self.base) = (url.path(), Remover(url), base)
        store = StoreView(base: base)
        var bounds = BuddyBounds()
        bounds.envelopesPerMailbox = 1 << 30
        bounds.bytesPerMailbox = 1 << 40
        bounds.bytesPerNode = 1 << 40
        bounds.bytesPerAccount = 1 << 40
        buddy = Buddy(suite: .sodium, own: NodeID(.zero), bounds: bounds, store: store, now: now)
    }

    mutating func deposit(_ envelope: [UInt8]) {
        let mailbox = Bytes32(words: (UInt64(kept % 64), 1, 1, 1))
        for index in 0..<Chunks.count(of: envelope.count) {
            let outcome = buddy.deposit(
                Figures.chunk(index, of: envelope, at: mailbox), envelope.span.bytes,
                from: Source(session: 1, account: Account(rawValue: 1)), isResponsible: true, now: now, store: &store)
            if case .keep = outcome { kept += 1 }
        }
    }

    mutating func commit() {
        let (writes, through) = store.takeWrites()
        store.complete(through: through, base.writer.commit(writes))
    }

    func settle() { base.writer.settle() }

    /// Bytes of the store's pages and its journal.
    var used: Int { base.space.used }
}

/// What the disk takes to make 4 KiB durable, in a file that was written before.
private final class DiskProbe {
    private let file: CInt
    private let block = [UInt8](repeating: 7, count: 4_096)
    private var next = 0
    private static let blocks = 1_024

    init?(_ directory: String) {
        file = open(directory + "/probe", O_RDWR | O_CREAT, 0o600)
        guard file >= 0 else { return nil }
        for _ in 0..<DiskProbe.blocks { write(file, block, block.count) }
        fsync(file)
    }

    deinit { close(file) }

    func flush() {
        pwrite(file, block, block.count, off_t(next * block.count))
        #if canImport(Glibc) || canImport(Musl)
            fdatasync(file)
        #else
            _ = fcntl(file, F_FULLFSYNC)
        #endif
        next = (next + 1) % DiskProbe.blocks
    }
}

private struct Percentiles {
    let p50: Duration
    let p99: Duration

    init(_ durations: [Duration]) {
        let sorted = durations.sorted()
        p50 = sorted.isEmpty ? .zero : sorted[sorted.count / 2]
        p99 = sorted.isEmpty ? .zero : sorted[sorted.count * 99 / 100]
    }
}
