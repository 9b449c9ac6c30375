import Basics
import Cryptography
import Mailboxes
import Testing
import Wire

/// Bob publishes what others need to write to him.
@Suite struct RecordStories {
    let bob = Owner(1)
    var location: Location { bob.record.location }

    @Test func theNewestStays() throws {
        var bench = try Bench()
        let (old, new) = (bob.recordBytes(5), bob.recordBytes(6))
        let first = bench.putRecord(old, at: location)
        #expect(first.isKeep)
        #expect(bench.putRecord(old, at: location) == first)
        bench.commit()
        #expect(bench.putRecord(old, at: location) == .kept)
        #expect(bench.putRecord(new, at: location).isKeep)
        bench.commit()
        #expect(bench.putRecord(old, at: location).refusal == .stale)
        #expect(bench.putRecord(bob.recordBytes(6, sealed: 700), at: location).refusal == .stale, "the same number")
        #expect(fetch(&bench) == new)
        #expect(bench.buddy.usage.records == 1)
        bench.checkInvariants("records")
    }

    @Test(arguments: [CipherSuite.cheap, .sodium])
    func onlyItsOwnerPublishes(_ suite: CipherSuite) throws {
        var bench = try Bench(suite: suite)
        let bob = Owner(1, suite: suite)
        let mallory = Owner(2, suite: suite)
        #expect(bench.putRecord(mallory.recordBytes(9), at: bob.record.location).refusal == .invalid)
        for offset in [0, 5, 40, 60, 1_600] {
            var forged = bob.recordBytes(9)
            forged[offset] ^= 1
            #expect(bench.putRecord(forged, at: bob.record.location).refusal != nil, "byte \(offset)")
        }
        #expect(bench.putRecord(Array(bob.recordBytes(9).dropLast()), at: bob.record.location).refusal == .invalid)
        #expect(!bench.store.hasWrites)
        #expect(bench.putRecord(bob.recordBytes(9), at: bob.record.location).isKeep)
    }

    @Test func itsTimeIsBounded() throws {
        var bench = try Bench()
        for (days, isKept) in [(-1, false), (0, false), (1, true), (22, true), (23, false)] {
            let outcome = bench.putRecord(bob.recordBytes(UInt64(days + 2), validDays: days), at: location)
            #expect(outcome.isKeep == isKept && (outcome.refusal == .expiry) == !isKept, "\(days) days")
        }
    }

    @Test func itIsServedUntilItExpires() throws {
        var bench = try Bench()
        let record = bob.recordBytes(1, validDays: 3)
        #expect(bench.putRecord(record, at: location).isKeep)
        #expect(fetch(&bench) == record)
        bench.pass(days: 3)
        #expect(fetch(&bench) == nil)
        bench.pass(days: 2)
        _ = bench.sweepAll()
        bench.commit()
        #expect(bench.buddy.usage.records == 0)
        bench.checkInvariants("swept")
        #expect(bench.putRecord(bob.recordBytes(0, validDays: 10), at: location).isKeep, "any number may follow")
    }

    @Test func boundsAndResponsibility() throws {
        var bounds = BuddyBounds()
        bounds.recordsPerNode = 1
        var bench = try Bench(bounds: bounds)
        let carol = Owner(3)
        #expect(bench.putRecord(bob.recordBytes(1), at: location, isResponsible: false).refusal == .notResponsible)
        #expect(bench.putRecord(bob.recordBytes(1), at: location).isKeep)
        #expect(bench.putRecord(bob.recordBytes(2), at: location).isKeep, "a newer one takes no more room")
        #expect(bench.buddy.displaced.records == 0)
        #expect(bench.putRecord(carol.recordBytes(1), at: carol.record.location).isKeep)
        #expect(fetch(&bench) == nil && bench.buddy.usage.records == 1, "and another takes its place")
        let tooLong = [UInt8](repeating: 1, count: Limits.recordSize + 1)
        #expect(bench.putRecord(tooLong, at: location).refusal == .invalid)
    }

    @Test func theSmallestFitsOneChunk() throws {
        var bench = try Bench()
        let record = bob.recordBytes(1, sealed: 0)
        #expect(bench.putRecord(record, at: location).isKeep)
        #expect(fetch(&bench) == record)
    }

    private func fetch(_ bench: inout Bench) -> [UInt8]? {
        var download = Download(sizeLimit: Limits.recordSize)
        while true {
            switch download.next() {
            case .request(let index, let number):
                let isFound = bench.buddy.recordChunk(at: location, index: index, now: bench.now, store: bench.store) {
                    part, bytes in download.observe(part, bytes, number: number)
                }
                guard isFound else { return nil }
            case .finished(let bytes): return bytes
            case .wait, .held, .failed: return nil
            }
        }
    }
}
