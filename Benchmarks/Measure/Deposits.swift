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
        let directory = FileManager.default.temporaryDirectory.appending(path: "roost-measure-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        guard (try? FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)) != nil,
            (try? LMDBStore.create(directory: directory.path())) != nil,
            let base = try? LMDBStore(directory: directory.path())
        else { return print("The directory for temporary files can't be written to.") }
        let now = Now(monotonic: .origin, utc: Figures.now)
        var store = StoreView(base: base)
        var buddy = Buddy(suite: .sodium, own: NodeID(.zero), store: store, now: now)
        var (inBuddy, inCommit, kept) = (0.0, 0.0, 0)
        let begun = ContinuousClock.now
        for number in 0..<count {
            let envelope = Figures.envelope(sizeClass: 0, number: number)
            let mailbox = Bytes32(words: (UInt64(number % 64), 1, 1, 1))
            let started = processorTime()
            for index in 0..<Chunks.count(of: envelope.count) {
                let chunk = Figures.chunk(index, of: envelope, at: mailbox)
                let outcome = buddy.deposit(
                    chunk, envelope.span.bytes, from: Source(session: 1, account: Account(rawValue: 1)),
                    isResponsible: true, now: now,
                    store: &store)
                if case .keep = outcome { kept += 1 }
            }
            let assembled = processorTime()
            inBuddy += assembled - started
            guard number % group == group - 1 else { continue }
            let (writes, through) = store.takeWrites()
            store.complete(through: through, base.writer.commit(writes))
            inCommit += processorTime() - assembled
        }
        let seconds = (ContinuousClock.now - begun) / .seconds(1)
        print("\(kept) envelopes, \(group) a commit: \(Int(Double(kept) / seconds)) a second;")
        print("  processor, each: \(Int(inBuddy / Double(count))) ns taking them in,", terminator: " ")
        print("\(Int(inCommit / Double(count))) ns committing")
    }
}
