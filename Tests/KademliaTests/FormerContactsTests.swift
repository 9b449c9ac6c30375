import Basics
import Kademlia
import Testing

/// Contacts that fell silent and left the table.
@Suite struct FormerContactsTests {
    /// A table that lost contacts: each was known for so many seconds. One more contact stays.
    private func table(knownFor times: [Double]) -> (table: RoutingTable, lost: [Contact], now: Double) {
        var generator = SeededGenerator(seed: 9)
        var table = RoutingTable(own: .zero, bucketSize: 20)
        let stays = Contact(NodeID.zero.neighbour(sharing: 0, &generator))
        let lost = times.map { _ in Contact(NodeID.zero.neighbour(sharing: 0, &generator)) }
        for (contact, time) in zip(lost, times) {
            table.observe(contact, roundTrip: nil, now: .seconds(0))
            table.observe(contact, roundTrip: nil, now: .seconds(time))
        }
        var now = 10_000.0
        for _ in 0..<Limits.failuresBeforeRemoval {
            now += 100
            table.observe(stays, roundTrip: nil, now: .seconds(now - 1))
            for contact in lost { table.observeFailure(of: contact.id, now: .seconds(now)) }
        }
        #expect(table.count == 1)
        return (table, lost, now)
    }

    private func asked(_ table: inout RoutingTable, from now: Double, times: Int) -> [Contact] {
        (1...times).compactMap { table.nextFormerContact(now: .seconds(now + Double($0) * 300)) }
    }

    @Test func theyAreAskedInTurnAndGivenUpAtLast() {
        var (table, lost, now) = table(knownFor: [700, 900, 800])
        #expect(table.nextFormerContact(now: .seconds(now + 299)) == nil)
        let all = asked(&table, from: now, times: 40)
        #expect(all.count == 3 * Limits.formerContactQuestions)
        for contact in lost { #expect(all.count { $0 == contact } == Limits.formerContactQuestions) }
        #expect(Set(all.prefix(3)) == Set(lost))
        #expect(table.formerContactDue == nil)
        table.checkInvariants()
    }

    @Test func whoWasKnownForAMomentIsForgotten() {
        var (table, lost, now) = table(knownFor: [599, 601])
        #expect(Set(asked(&table, from: now, times: 4)) == [lost[1]])
    }

    @Test func whoIsBackIsAskedNoMore() {
        var (table, lost, now) = table(knownFor: [700, 900])
        table.observe(lost[0], roundTrip: nil, now: .seconds(now + 1))
        #expect(Set(asked(&table, from: now, times: 4)) == [lost[1]])
    }

    @Test func ofManyThoseKnownForLongestAreRemembered() {
        let times = (0..<19).map { 700 + 10 * Double($0 * 7 % 19) }
        var (table, lost, now) = table(knownFor: times)
        let longest = zip(lost, times).sorted { $0.1 > $1.1 }.prefix(Limits.formerContacts).map(\.0)
        #expect(Set(asked(&table, from: now, times: Limits.formerContacts)) == Set(longest))
    }
}
