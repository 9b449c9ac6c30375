import Basics
import Foundation
import Mailboxes
import Testing
import Wire

/// The fingerprints of sets, against known answers and against what an attacker would need.
@Suite struct FingerprintTests {
    private static func counting(from first: UInt8) -> Bytes32 {
        Bytes32((0..<32).map { first &+ $0 }) ?? .zero
    }

    private let asker = NodeID(counting(from: 0x20))
    private let responder = NodeID(counting(from: 0x60))
    private let nonce: UInt128 = 0x0001_0203_0405_0607_0809_0a0b_0c0d_0e0f

    private func fingerprint(of keys: [ItemKey], under key: FingerprintKey) -> Fingerprint {
        var set = SetSum()
        for item in keys { set.add(key.value(of: item)) }
        return key.fingerprint(of: set)
    }

    /// The vectors of `Tests/Fixtures/fingerprints.txt`, which the second implementation checks as well.
    @Test func knownAnswers() throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Fixtures/fingerprints.txt")
        let lines = try String(contentsOf: page, encoding: .utf8).split(separator: "\n")
        func vector(_ name: String) throws -> UInt128 {
            let place = try #require(lines.firstIndex { $0 == name })
            return try #require(UInt128(lines[place + 1].filter { !$0.isWhitespace }, radix: 16))
        }
        let key = FingerprintKey(initiator: asker, responder: responder, nonce: nonce)
        let location = Location(FingerprintTests.counting(from: 0x20))
        let envelope = EnvelopeID(FingerprintTests.counting(from: 0x40))
        let items: [ItemKey] = [
            .tombstone(of: envelope, in: location), .envelope(envelope, in: location),
            .record(at: location, sequence: 7),
        ]
        #expect(fingerprint(of: [], under: key).value == (try vector("empty")))
        #expect(fingerprint(of: [items[0]], under: key).value == (try vector("one item")))
        #expect(fingerprint(of: items, under: key).value == (try vector("three items")))
        #expect(fingerprint(of: items.reversed(), under: key).value == (try vector("three items")))
    }

    @Test func belongToThePairAndToTheNonce() {
        let keys = [
            FingerprintKey(initiator: asker, responder: responder, nonce: nonce),
            FingerprintKey(initiator: responder, responder: asker, nonce: nonce),
            FingerprintKey(initiator: asker, responder: NodeID(.zero), nonce: nonce),
            FingerprintKey(initiator: asker, responder: responder, nonce: nonce + 1),
        ]
        let item = ItemKey.record(at: Location(.zero), sequence: 1)
        #expect(Set(keys.map { fingerprint(of: [item], under: $0) }).count == keys.count)
        #expect(Set(keys.map { fingerprint(of: [], under: $0) }).count == keys.count)
    }

    /// Sets that agree under one key, found by whoever knows it, differ under the key of another comparison.
    @Test func setsChosenToAgreeDifferUnderAnotherKey() {
        var generator = SeededGenerator(seed: 1)
        let known = FingerprintKey(initiator: asker, responder: responder, nonce: 1)
        /// The first bits of an item's value under the known key: enough for a small collision of sums.
        func head(_ item: ItemKey) -> UInt16 { UInt16(truncatingIfNeeded: known.value(of: item)) }
        let location = Location(generator.bytes32())
        let items = (0..<600).map { _ in ItemKey.envelope(EnvelopeID(generator.bytes32()), in: location) }
        var sums: [UInt16: (Int, Int)] = [:]
        var found: [(one: [ItemKey], other: [ItemKey])] = []
        for left in items.indices {
            for right in items.indices.dropFirst(left + 1) {
                let sum = head(items[left]) &+ head(items[right])
                if let (first, second) = sums[sum], Set([first, second, left, right]).count == 4 {
                    found.append(([items[first], items[second]], [items[left], items[right]]))
                }
                sums[sum] = (left, right)
            }
        }
        #expect(found.count > 100)
        func agree(_ key: FingerprintKey) -> Int {
            func sum(_ items: [ItemKey]) -> UInt16 {
                items.reduce(0) { $0 &+ UInt16(truncatingIfNeeded: key.value(of: $1)) }
            }
            return found.count { sum($0.one) == sum($0.other) }
        }
        #expect(agree(known) == found.count)
        // About one in 65,536 by chance.
        #expect(agree(FingerprintKey(initiator: asker, responder: responder, nonce: 2)) < found.count / 100)
    }
}
