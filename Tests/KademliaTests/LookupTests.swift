import Basics
import Kademlia
import Testing

struct LookupTests {
    /// The contact at a distance from the target, which is zero in these tests.
    private func contact(_ distance: UInt64) -> Contact { Contact(NodeID(Bytes32(words: (distance << 32, 0, 0, 1)))) }

    private func lookup(_ seeds: [UInt64], count: Int, parallelism: Int) -> Lookup {
        Lookup(
            target: .zero, own: contact(5_000).id, seeds: seeds.map(contact), count: count, parallelism: parallelism,
            now: .origin)
    }

    /// All that it asks now, until it waits or has finished.
    private func pull(_ lookup: inout Lookup) -> (asked: [Contact], end: Lookup.Step) {
        var asked: [Contact] = []
        while true {
            let step = lookup.next(now: .origin)
            lookup.checkInvariants()
            guard case .ask(let contact) = step else { return (asked, step) }
            asked.append(contact)
        }
    }

    private func answer(_ lookup: inout Lookup, _ distance: UInt64, with contacts: [UInt64] = []) {
        lookup.observeResponse(
            from: contact(distance).id, contacts: contacts.map(contact), roundTrip: .milliseconds(Int64(distance)),
            now: .origin)
    }

    @Test func asksFewWhileItComesCloserAndAllWhenNot() {
        var lookup = lookup([100, 101, 102, 103, 104, 105, 106, 107], count: 6, parallelism: 2)
        #expect(pull(&lookup) == ([contact(100), contact(101)], .wait))
        answer(&lookup, 101, with: [90, 91, 103])
        #expect(pull(&lookup) == ([contact(90)], .wait))
        answer(&lookup, 100)
        #expect(pull(&lookup) == ([contact(91)], .wait))
        // The second in a row that brings nothing closer: all of the closest six are asked.
        answer(&lookup, 90, with: [101, 107])
        #expect(pull(&lookup) == ([contact(102), contact(103)], .wait))
        // Closer again: few again, once those under way are done.
        answer(&lookup, 91, with: [80, 81, 82, 83])
        #expect(pull(&lookup) == ([], .wait))
        answer(&lookup, 102, with: [])
        #expect(pull(&lookup) == ([contact(80)], .wait))
        for distance in [80, 81, 82, 83, 103] as [UInt64] {
            answer(&lookup, distance)
            _ = pull(&lookup)
        }
        #expect(lookup.next(now: .origin) == .finished)
        #expect(lookup.closest.map(\.contact) == [80, 81, 82, 83, 90, 91].map(contact))
        #expect(lookup.closest.map(\.roundTrip) == [80, 81, 82, 83, 90, 91].map { .milliseconds($0) })
        #expect(lookup.requests == 10)
        // 101, 100, 90, and 80 each were closer than all that had answered before.
        #expect(lookup.rounds == 4)
    }

    @Test func aLiarCantHideANodeByNamingItElsewhere() {
        var lookup = lookup([10, 11], count: 2, parallelism: 2)
        _ = pull(&lookup)
        let truth = contact(1)
        let lies = (1...9).map { Contact(truth.id, port: $0) }
        // However often one answer names a node, it counts once.
        lookup.observeResponse(from: contact(10).id, contacts: lies, roundTrip: .zero, now: .origin)
        #expect(pull(&lookup).asked == [lies[0]])
        lookup.observeResponse(from: contact(11).id, contacts: [truth], roundTrip: .zero, now: .origin)
        #expect(pull(&lookup) == ([], .wait))
        lookup.observeFailure(of: truth.id)
        #expect(pull(&lookup).asked == [truth])
        answer(&lookup, 1)
        #expect(lookup.closest.first?.contact == truth)
    }

    @Test func aClientIsBelievedInWhomItNamesButIsNotFound() {
        var lookup = lookup([1, 10], count: 2, parallelism: 2)
        #expect(pull(&lookup).asked == [contact(1), contact(10)])
        // Where else it is said to be makes no difference any more.
        lookup.observeResponse(
            from: contact(10).id, contacts: [Contact(contact(1).id, port: 9)], roundTrip: .zero, now: .origin)
        lookup.observeResponse(
            from: contact(1).id, mode: .client, contacts: [contact(5)], roundTrip: .zero, now: .origin)
        #expect(pull(&lookup) == ([contact(5)], .wait))
        answer(&lookup, 5)
        #expect(pull(&lookup) == ([], .finished))
        #expect(lookup.closest.map(\.contact) == [5, 10].map(contact))
    }

    @Test func aNodeThatFailedIsAskedWhereALaterAnswerNamesIt() {
        var lookup = lookup([1, 10, 11], count: 2, parallelism: 3)
        #expect(pull(&lookup).asked == [contact(1), contact(10)])
        lookup.observeFailure(of: contact(1).id)
        let moved = Contact(contact(1).id, port: 9)
        #expect(pull(&lookup).asked == [contact(11)])
        lookup.observeResponse(from: contact(10).id, contacts: [contact(1), moved], roundTrip: .zero, now: .origin)
        #expect(pull(&lookup).asked == [], "the first endpoint that an answer names has failed already")
        lookup.observeResponse(from: contact(11).id, contacts: [moved], roundTrip: .zero, now: .origin)
        #expect(pull(&lookup) == ([moved], .wait))
        lookup.observeFailure(of: moved.id)
        #expect(pull(&lookup) == ([], .finished))
        #expect(lookup.closest.map(\.contact) == [contact(10), contact(11)])
    }

    @Test func aNodeNamedEverywhereIsAskedOnlySoOften() {
        var lookup = lookup([1] + Array(10..<30), count: 20, parallelism: 20)
        var asked = pull(&lookup).asked.count { $0.id == contact(1).id }
        for port in 1...19 as ClosedRange<UInt16> {
            lookup.observeFailure(of: contact(1).id)
            let other = Contact(contact(1).id, port: port)
            lookup.observeResponse(
                from: contact(9 + UInt64(port)).id, contacts: [other], roundTrip: .zero, now: .origin)
            asked += pull(&lookup).asked.count { $0.id == contact(1).id }
        }
        #expect(asked == 1 + Limits.lookupAlternatives)
    }

    private func lookup(_ seeds: [UInt64], silent: [UInt64], count: Int) -> Lookup {
        let silent = silent.map { contact($0).id }
        return Lookup(
            target: .zero, own: contact(5_000).id, seeds: seeds.map(contact), isSilent: { silent.contains($0) },
            count: count, parallelism: 2, now: .origin)
    }

    /// In a small network of which many have gone: they are asked at once, take nobody's place, and aren't waited for.
    @Test func contactsThatHaveBeenSilentAreAskedAndNotWaitedFor() {
        var lookup = lookup([1, 2, 3, 4, 5, 6, 7], silent: [1, 2, 4, 5], count: 7)
        #expect(lookup.expected == 3)
        #expect(pull(&lookup) == ([1, 2, 3, 4, 5, 6].map(contact), .wait))
        answer(&lookup, 3)
        #expect(!lookup.awaitsOnlySlow)
        #expect(pull(&lookup) == ([contact(7)], .wait))
        answer(&lookup, 6)
        answer(&lookup, 7)
        #expect(lookup.expected == 3 && lookup.closest.map(\.contact) == [3, 6, 7].map(contact))
        #expect(lookup.awaitsOnlySlow && lookup.next(now: .origin) == .wait)
        // One that is back counts like any other.
        answer(&lookup, 1)
        #expect(lookup.expected == 4 && lookup.closest.first?.contact == contact(1))
        for distance in [2, 4, 5] as [UInt64] {
            #expect(lookup.next(now: .origin) == .wait)
            lookup.observeFailure(of: contact(distance).id)
        }
        #expect(pull(&lookup) == ([], .finished))
        #expect(lookup.closest.map(\.contact) == [1, 3, 6, 7].map(contact))
    }

    /// One more that has just gone isn't waited for either: of those that are expected most have answered.
    @Test func theMajorityIsThatOfThoseThatAreExpected() {
        func at(_ milliseconds: Int) -> Instant { .origin + .milliseconds(milliseconds) }
        var lookup = lookup([1, 2, 3, 4, 5, 60, 70, 80, 90], silent: [1, 2, 3, 4, 5], count: 8)
        _ = pull(&lookup)
        answer(&lookup, 70)
        #expect(lookup.nextDelay == nil)
        _ = pull(&lookup)
        answer(&lookup, 80)
        #expect(pull(&lookup).1 == .wait && !lookup.awaitsOnlySlow)
        #expect(lookup.nextDelay == at(160))
        #expect(lookup.next(now: at(160)) == .wait && lookup.awaitsOnlySlow)
        #expect(lookup.closest.map(\.contact) == [70, 80].map(contact))
    }

    /// To others it is alive: it was silent only here.
    @Test func aContactThatHasBeenSilentAndThatOthersNameCounts() {
        var lookup = lookup([2, 6, 7], silent: [2], count: 3)
        #expect(pull(&lookup) == ([2, 6, 7].map(contact), .wait))
        #expect(lookup.expected == 2)
        answer(&lookup, 6, with: [2, 3])
        #expect(lookup.expected == 3)
    }

    /// Where nobody answered lately, the fault is likely here.
    @Test func whereAllHaveBeenSilentNoneCountsAsSlow() {
        var lookup = lookup([1, 3, 6], silent: [1, 3, 6], count: 3)
        #expect(lookup.expected == 3)
        #expect(pull(&lookup) == ([1, 3].map(contact), .wait))
    }

    @Test func aSlowNodeFreesItsPlaceAndMayAnswerLate() {
        var lookup = lookup([1, 2, 3, 4], count: 2, parallelism: 1)
        #expect(pull(&lookup) == ([contact(1)], .wait))
        lookup.observeDelay(of: contact(1).id)
        // In the place of the one that is slow the next is asked: the closest two are known, and one may never answer.
        #expect(pull(&lookup) == ([contact(2), contact(3)], .wait))
        answer(&lookup, 2)
        #expect(pull(&lookup) == ([], .wait))
        #expect(!lookup.awaitsOnlySlow)
        answer(&lookup, 3)
        #expect(pull(&lookup) == ([], .wait))
        #expect(lookup.awaitsOnlySlow)
        // It counts nevertheless.
        answer(&lookup, 1)
        #expect(pull(&lookup) == ([], .finished))
        #expect(lookup.closest.map(\.contact) == [contact(1), contact(2)])
        // What comes after the end changes nothing.
        answer(&lookup, 3, with: [0])
        #expect(pull(&lookup) == ([], .finished))
        #expect(lookup.closest.map(\.contact) == [contact(1), contact(2)])
    }

    @Test func whoTakesLongBesideMostIsSlow() {
        func at(_ milliseconds: Int) -> Instant { .origin + .milliseconds(milliseconds) }
        var lookup = lookup([100, 110, 120, 130, 140, 1], count: 5, parallelism: 5)
        _ = pull(&lookup)
        // Two of five say nothing about the others.
        answer(&lookup, 100)
        answer(&lookup, 110)
        #expect(lookup.nextDelay == nil)
        #expect(lookup.next(now: at(10_000)) == .wait && !lookup.awaitsOnlySlow)
        // Half of five have answered within 120 ms.
        answer(&lookup, 120)
        #expect(lookup.nextDelay == at(240))
        #expect(lookup.next(now: at(239)) == .wait && !lookup.awaitsOnlySlow)
        // Another is asked in the place of those that are slow, and there is something to go on with.
        #expect(lookup.next(now: at(240)) == .ask(contact(140)))
        #expect(lookup.next(now: at(240)) == .wait && lookup.awaitsOnlySlow)
        // They count nevertheless as soon as they answer.
        answer(&lookup, 1)
        answer(&lookup, 130)
        answer(&lookup, 140)
        #expect(lookup.next(now: at(300)) == .finished)
        #expect(lookup.closest.map(\.contact) == [1, 100, 110, 120, 130].map(contact))
    }

    /// A busy machine takes as long now and then.
    @Test func nobodyIsSlowWithinAMoment() {
        var lookup = lookup([1, 2, 3, 100], count: 4, parallelism: 4)
        _ = pull(&lookup)
        for distance in 1...3 as ClosedRange<UInt64> { answer(&lookup, distance) }
        #expect(lookup.nextDelay == .origin + Limits.lookupPatience)
    }

    /// Slow beside others is no reason to doubt who named one; to be silent for as long as nobody takes is.
    @Test func whoNamedSlowOnesIsNotDoubted() {
        var lookup = lookup([1_000, 1_001], count: 8, parallelism: 8)
        _ = pull(&lookup)
        answer(&lookup, 1_000, with: [1, 2, 3, 50])
        answer(&lookup, 1_001, with: [10, 11, 12, 13, 14, 60])
        _ = pull(&lookup)
        for distance in 10...14 as ClosedRange<UInt64> { answer(&lookup, distance) }
        let delay = Instant.origin + Limits.lookupPatience
        // In the place of the three that are slow now: first whom their namer has named.
        #expect(lookup.next(now: delay) == .ask(contact(50)))
        #expect(lookup.next(now: delay) == .ask(contact(60)))
        for distance in 1...3 as ClosedRange<UInt64> { lookup.observeDelay(of: contact(distance).id) }
        lookup.checkInvariants()
        #expect(lookup.next(now: delay) == .wait && lookup.awaitsOnlySlow)
        #expect(lookup.expected == 8)
    }

    @Test func oneWhoseNamesLeadNowhereIsBelievedLast() {
        // One of two names the closest ten, whom there aren't.
        var lookup = lookup([1_000, 1_001], count: 4, parallelism: 3)
        _ = pull(&lookup)
        answer(&lookup, 1_000, with: Array(1...10))
        answer(&lookup, 1_001, with: Array(101...110))
        #expect(pull(&lookup) == ([contact(1), contact(2), contact(3)], .wait))
        for distance in 1...3 as ClosedRange<UInt64> { lookup.observeDelay(of: contact(distance).id) }
        #expect(pull(&lookup) == ([contact(101), contact(102), contact(103), contact(104)], .wait))
        for distance in 101...104 as ClosedRange<UInt64> { answer(&lookup, distance) }
        #expect(lookup.awaitsOnlySlow, "who can be counted on is known")
        // It ends no earlier: the others are asked nevertheless.
        var asked = pull(&lookup).asked
        #expect(asked == [contact(4)])
        for distance in 1...10 as ClosedRange<UInt64> {
            lookup.observeFailure(of: contact(distance).id)
            asked += pull(&lookup).asked
        }
        #expect(asked == (4...10).map { contact($0) })
        #expect(pull(&lookup) == ([], .finished))
        #expect(lookup.closest.map(\.contact) == (101...104).map { contact($0) })
    }

    @Test func whomAnHonestNodeNamesTooIsNotDoubted() {
        var lookup = lookup([1_000, 1_001], count: 3, parallelism: 3)
        _ = pull(&lookup)
        answer(&lookup, 1_000, with: [1, 2, 3, 50])
        answer(&lookup, 1_001, with: [50, 60, 70])
        #expect(pull(&lookup) == ([contact(1), contact(2), contact(3)], .wait))
        for distance in 1...3 as ClosedRange<UInt64> { lookup.observeDelay(of: contact(distance).id) }
        #expect(pull(&lookup).asked == [contact(50), contact(60), contact(70)])
    }

    @Test func afterTheEndNothingChanges() {
        var lookup = lookup([1, 2], count: 1, parallelism: 1)
        _ = pull(&lookup)
        lookup.observeFailure(of: contact(1).id)
        _ = pull(&lookup)
        answer(&lookup, 2)
        #expect(pull(&lookup) == ([], .finished))
        answer(&lookup, 1, with: [0])
        #expect(pull(&lookup) == ([], .finished))
        #expect(lookup.closest.map(\.contact) == [contact(2)])
        #expect(lookup.rounds == 1)
    }

    @Test func withoutAnybodyItFinishesAtOnce() {
        var lookup = lookup([], count: 20, parallelism: 5)
        #expect(lookup.next(now: .origin) == .finished)
        #expect(lookup.closest == [])
        #expect((lookup.rounds, lookup.requests) == (0, 0))
    }

    @Test func ignoresWhatItDidNotAskFor() {
        var lookup = lookup([1, 2], count: 2, parallelism: 1)
        answer(&lookup, 1, with: [0])
        answer(&lookup, 7, with: [0])
        lookup.observeFailure(of: contact(2).id)
        lookup.observeDelay(of: contact(1).id)
        #expect(pull(&lookup) == ([contact(1)], .wait))
        answer(&lookup, 1)
        answer(&lookup, 1, with: [0])
        #expect(pull(&lookup) == ([contact(2)], .wait))
    }

    @Test func leavesOutWhoCannotBeReached() {
        let ipv6 = Endpoint(high: 0x2001_0db8 << 32, low: 1, port: 1)
        let other = contact(2)
        let dual = Contact(id: other.id, key: other.key, ipv4: other.ipv4, ipv6: ipv6)
        let none = Contact(id: contact(3).id, key: contact(3).key)
        var lookup = Lookup(
            target: .zero, own: .zero, seeds: [contact(1), dual, none], families: .ipv6, now: .origin)
        #expect(pull(&lookup) == ([Contact(id: other.id, key: other.key, endpoint: ipv6)], .wait))
    }

    @Test func whereOneFamilyFailsTheOtherIsTried() {
        let ipv6 = Endpoint(high: 0x2001_0db8 << 32, low: 1, port: 1)
        let dual = Contact(id: contact(2).id, key: contact(2).key, ipv4: contact(2).ipv4, ipv6: ipv6)
        var lookup = Lookup(target: .zero, own: .zero, seeds: [dual], now: .origin)
        #expect(pull(&lookup).asked == [dual], "one request for both: its repetition goes to the other family")
        let there = Contact(id: dual.id, key: dual.key, endpoint: ipv6)
        lookup.observeResponse(from: dual.id, at: ipv6, contacts: [], roundTrip: .zero, now: .origin)
        #expect(pull(&lookup) == ([], .finished))
        #expect(lookup.closest.map(\.contact) == [there])
    }

    @Test func whoIsSilentOverBothFamiliesIsAskedWhereOthersNameIt() {
        let ipv6 = Endpoint(high: 0x2001_0db8 << 32, low: 1, port: 1)
        let dual = Contact(id: contact(2).id, key: contact(2).key, ipv4: contact(2).ipv4, ipv6: ipv6)
        let elsewhere = Contact(id: dual.id, key: dual.key, endpoint: Endpoint(ipv4: 0x0909_0909, port: 9))
        var lookup = Lookup(target: .zero, own: .zero, seeds: [dual, elsewhere], now: .origin)
        #expect(pull(&lookup).asked == [dual])
        lookup.observeFailure(of: dual.id)
        #expect(pull(&lookup) == ([elsewhere], .wait))
        lookup.observeFailure(of: dual.id)
        #expect(pull(&lookup) == ([], .finished))
        #expect(lookup.requests == 2)
        lookup.checkInvariants()
    }

    @Test func remembersOnlyTheClosestCandidates() {
        let distances = (1...500).map { UInt64($0) }
        var lookup = lookup(distances.reversed(), count: 20, parallelism: 5)
        #expect(lookup.candidateCount == Limits.lookupCandidates)
        var asked: [Contact] = []
        while true {
            let (new, end) = pull(&lookup)
            asked += new
            guard end == .wait else { break }
            for contact in new { lookup.observeFailure(of: contact.id) }
        }
        // All fail. As they do, no others have been heard of: it ends with nothing.
        #expect(asked == (1...120).map { contact($0) })
        #expect(lookup.closest == [])
    }

    @Test func liarsCannotKeepItGoing() {
        var generator = SeededGenerator(seed: 1)
        var lookup = lookup([1 << 20], count: 20, parallelism: 5)
        var asked = 0
        while true {
            let (new, end) = pull(&lookup)
            asked += new.count
            guard end == .wait else { break }
            for contact in new {
                let closer = (0..<16).map { _ in contact.id.distance(to: .zero).value.words.0 >> 32 }
                    .map { self.contact($0 > 1 ? generator.next() % $0 : 0) }
                lookup.observeResponse(from: contact.id, contacts: closer, roundTrip: .zero, now: .origin)
            }
            #expect(lookup.candidateCount <= Limits.lookupCandidates + Limits.lookupRequests)
        }
        #expect(asked <= Limits.lookupRequests)
    }

    /// Answers name the same nodes over and over: a key that is among the candidates needn't be hashed again. Keys with the
    /// same beginning are told apart.
    @Test func theIDOfACandidatesKeyIsKnown() {
        let lookup = lookup([1, 2, 3], count: 3, parallelism: 3)
        let contact = contact(2)
        #expect(lookup.knownID(of: contact.key) == contact.id)
        let words = contact.key.bytes.words
        let twin = PublicKey(Bytes32(words: (words.0, words.1, words.2, words.3 ^ 1)))
        #expect(lookup.knownID(of: twin) == nil)
    }
}
