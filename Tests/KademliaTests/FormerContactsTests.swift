import Basics
import Kademlia
import Testing

/// Contacts that fell silent and left the table.
@Suite struct FormerContactsTests {
    /// A table that lost contacts, each of which was known for so many seconds. One more contact stays.
    private struct Loss {
        var table = RoutingTable(own: .zero, bucketSize: 20)
        var lost: [Contact] = []
        private(set) var now = 10_000.0

        init(knownFor times: [Double]) {
            var generator = SeededGenerator(seed: 9)
            let stays = Contact(NodeID.zero.neighbour(sharing: 0, &generator))
            for time in times {
                let contact = Contact(NodeID.zero.neighbour(sharing: 0, &generator))
                lost.append(contact)
                table.observe(contact, roundTrip: nil, now: .seconds(0))
                table.observe(contact, roundTrip: nil, now: .seconds(time))
            }
            for _ in 0..<Limits.failuresBeforeRemoval {
                now += 100
                table.observe(stays, roundTrip: nil, now: .seconds(now - 1))
                for contact in lost { table.observeFailure(of: contact.id, now: .seconds(now)) }
            }
            #expect(table.count == 1)
        }

        /// Who is asked in so many seconds, and when.
        mutating func questions(for seconds: Double) -> [(contact: Contact, at: Double)] {
            var asked: [(Contact, Double)] = []
            let end = now + seconds
            while now < end {
                now += 10
                if let contact = table.nextFormerContact(now: .seconds(now)) { asked.append((contact, now)) }
                if let due = table.formerContactDue { #expect(due > .seconds(now), "it spins") }
            }
            table.checkInvariants()
            return asked
        }
    }

    @Test func eachIsAskedEverMoreSeldomAndForgottenAtLast() {
        var loss = Loss(knownFor: [700, 900, 800])
        let first = loss.questions(for: 3_600)
        #expect(Set(first.map(\.contact)) == Set(loss.lost))
        // After 5, 15 and 35 minutes.
        #expect(first.count == 9)
        for (one, next) in zip(first, first.dropFirst()) { #expect(next.at - one.at >= 60) }
        let day = loss.questions(for: 86_400)
        #expect((60...75).contains(day.count), "\(day.count)")
        _ = loss.questions(for: 14 * 86_400)
        #expect(loss.table.formerContactDue == nil)
    }

    @Test func whoWasKnownForAMomentIsForgotten() {
        var loss = Loss(knownFor: [599, 601])
        #expect(Set(loss.questions(for: 7_200).map(\.contact)) == [loss.lost[1]])
    }

    @Test func whoIsBackIsAskedNoMore() {
        var loss = Loss(knownFor: [700, 900, 800])
        loss.table.observe(loss.lost[0], roundTrip: nil, now: .seconds(loss.now + 1))
        loss.table.formerContactReturned(loss.lost[2].id)
        #expect(Set(loss.questions(for: 7_200).map(\.contact)) == [loss.lost[1]])
    }

    @Test func ofManyThoseKnownForLongestAreRemembered() {
        let times = (0..<19).map { 700 + 10 * Double($0 * 7 % 19) }
        var loss = Loss(knownFor: times)
        let longest = zip(loss.lost, times).sorted { $0.1 > $1.1 }.prefix(Limits.formerContacts).map(\.0)
        #expect(Set(loss.questions(for: 7_200).map(\.contact)) == Set(longest))
    }

    @Test func anotherNetworkHasAllAskedSoon() {
        var loss = Loss(knownFor: [700, 900, 800])
        _ = loss.questions(for: 40_000)
        loss.table.hastenFormerContacts(now: .seconds(loss.now))
        #expect(Set(loss.questions(for: 240).map(\.contact)) == Set(loss.lost))
    }
}
