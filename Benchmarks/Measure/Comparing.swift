import Basics
import Foundation
import LMDBStore
import Mailboxes
import Storage
import Wire

/// What it costs two buddies to find out in what they differ: bytes, requests and processor time.
enum Comparing {
    private static let (own, peer) = (NodeID(.zero), NodeID(Bytes32(words: (1, 0, 0, 0))))
    private static let now = Figures.now

    static func measure() {
        let columns = ["kept", "differ", "requests", "asked", "answered", "time, both"]
        print(columns.map { $0.column(11) }.joined(), "for each kept")
        var generator = SeededGenerator(seed: 1)
        for count in [10, 100, 1_000, 10_000, 100_000] {
            let keys = (0..<count).map { _ in key(&generator) }
            Reading.withDisk { disk, _ in
                fill(disk, keys)
                for differing in [0, 1, 100] where differing <= count { measure(disk, keys, lacking: differing) }
            }
        }
    }

    /// Against a node that lacks so many of the keys.
    private static func measure(_ disk: LMDBStore, _ keys: [ItemKey], lacking count: Int) {
        let step = count == 0 ? keys.count + 1 : keys.count / count
        Reading.withDisk { other, _ in
            fill(other, keys.indices.filter { step > keys.count || $0 % step != 0 }.map { keys[$0] })
            compare(disk, other, keys.count, count)
        }
    }

    /// An envelope in one of many mailboxes.
    private static func key(_ generator: inout SeededGenerator) -> ItemKey {
        let location = Location(Bytes32(words: (generator.next() % 5_000 << 50, 1, 1, 1)))
        return .envelope(EnvelopeID(generator.bytes32()), in: location)
    }

    private static func fill(_ disk: LMDBStore, _ keys: [ItemKey]) {
        let value = UInt32(2_048).bigEndianBytes + now.day.advanced(by: 10).number.bigEndianBytes
        for start in stride(from: 0, to: keys.count, by: 10_000) {
            let part = keys[start..<min(start + 10_000, keys.count)]
            _ = disk.writer.commit(
                part.map { StoreWrite(.mailboxes, $0.location.bytes.array + $0.id.array, value) })
        }
    }

    private static func best(of runs: Int, _ work: () -> Void) -> Double {
        (0..<runs).map { _ in nanosecondsEach(1, work) }.min() ?? 0
    }

    private static func items(_ disk: LMDBStore, _ scope: ItemScope) -> KeptItems {
        KeptItems(in: scope, isIndexSound: true, store: StoreView(base: disk))
    }

    private static func compare(_ mine: LMDBStore, _ theirs: LMDBStore, _ count: Int, _ differing: Int) {
        var (requests, asked, answered, found) = (0, 0, 0, 0)
        // The best of some: the first also pays for reading the file's pages.
        let time = best(of: 5) {
            (requests, asked, answered, found) = (0, 0, 0, 0)
            var comparison = Reconciliation(own: own, peer: peer, depth: 0, nonce: 1, now: now)
            while true {
                let step = comparison.next(items(mine, comparison.scope), now: .origin)
                if case .found(let differences) = step { found += differences.wanted.count + differences.offered.count }
                guard case .ask(let request, let ranges, let number) = step else {
                    if case .finished = step { return }
                    continue
                }
                let key = FingerprintKey(initiator: own, responder: peer, nonce: 1)
                let answer = ReconciliationAnswer.ranges(
                    to: request, in: ranges.span.bytes, items(theirs, comparison.scope), under: key)
                // As datagrams: sealed, with the heads of IP and UDP.
                let overhead = 29 + 28
                requests += 1
                asked += 5 + 3 + ranges.count + 19 + 7 + 4 + overhead
                answered += 5 + 4 + 3 + answer.count + overhead
                let range = ByteRange(offset: 0, count: answer.count)
                comparison.observe(
                    .reconciled(ranges: range, depth: nil), in: answer.span.bytes, to: number, now: .origin)
            }
        }
        precondition(found == differing)
        print(
            [count, differing, requests, asked, answered].map { "\($0)".column(11) }.joined(),
            String(format: "%.2f ms", time / 1e6).column(11), String(format: "%.0f ns", time / Double(count)))
    }
}
