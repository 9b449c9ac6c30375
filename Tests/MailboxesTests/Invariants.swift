import Basics
import Mailboxes
import Testing
import Wire

extension Bench {
    /// Counts what is committed by hand, and compares it with the counters and the expiry index.
    func checkInvariants(_ comment: Comment) {
        struct Usage: Equatable {
            var envelopes = 0
            var tombstones = 0
            var bytes = 0
        }
        var mailboxes: [[UInt8]: Usage] = [:]
        let envelopes = disk.entries(.envelopes)
        for (key, value) in envelopes {
            mailboxes[Array(key.prefix(32)), default: Usage()].envelopes += 1
            mailboxes[Array(key.prefix(32)), default: Usage()].bytes += value.count
        }
        let tombstones = disk.entries(.tombstones)
        for (key, _) in tombstones { mailboxes[Array(key.prefix(32)), default: Usage()].tombstones += 1 }
        let records = disk.entries(.records)

        let usage = disk.entries(.usage)
        let stored = usage.filter { $0.key.count == 32 }
        #expect(stored.count == mailboxes.count, comment)
        for (key, value) in stored {
            let counts = counts(value)
            let found = Usage(envelopes: counts[0], tombstones: counts[1], bytes: counts[2])
            #expect(found == mailboxes[key], comment)
        }
        let bytes = envelopes.reduce(0) { $0 + $1.value.count }
        let expected = [mailboxes.count, envelopes.count, tombstones.count, records.count, bytes]
        if let node = usage.first(where: { $0.key.count == 1 }) {
            #expect(counts(node.value) == expected, comment)
        } else {
            #expect(expected == [0, 0, 0, 0, 0], comment)
        }

        checkCharges(comment)
        checkIndex(comment)
        let expiries = disk.entries(.expiries).map { Array($0.key.dropFirst(5)) }
        let expiring = envelopes.map(\.key) + tombstones.map(\.key) + records.map(\.key)
        #expect(
            expiries.sorted { $0.lexicographicallyPrecedes($1) }
                == expiring.sorted { $0.lexicographicallyPrecedes($1) }, comment)
    }

    /// What the index of mailboxes says is what the envelopes say.
    func checkIndex(_ comment: Comment) {
        let expected = disk.entries(.envelopes).map { key, value in
            let header = try? EnvelopeHeader(decoding: value.span.bytes)
            return key + UInt32(value.count).bigEndianBytes + (header?.expiry.number ?? 0).bigEndianBytes
        }
        #expect(disk.entries(.mailboxes).map { $0.key + $0.value } == expected, comment)
    }

    /// What may give way has one entry in the index by account, and nothing else has.
    private func checkCharges(_ comment: Comment) {
        var expected: [[UInt8]] = []
        for (key, value) in disk.entries(.expiries) {
            #expect(value.count == 12, comment)
            let (removal, kind) = (Array(key[..<4]), key[4])
            if kind != 1 { expected.append([kind] + value[..<8] + removal + key[5...]) }
            // An envelope's is by mailbox; that of an accepted sender has none.
            let stranger = [kind] + key[5..<37] + value[..<8] + removal + key[37...]
            if kind == 1, disk.reader.value(.charges, stranger) != nil { expected.append(stranger) }
        }
        let found = disk.entries(.charges).map(\.key)
        #expect(found == expected.sorted { $0.lexicographicallyPrecedes($1) }, comment)
    }

    private func counts(_ value: [UInt8]) -> [Int] {
        stride(from: 0, to: value.count, by: 8).map { value[$0..<$0 + 8].reduce(0) { $0 << 8 | Int($1) } }
    }
}
