import Basics
import Conversations
import Cryptography
import PeerCore
import Testing

/// People who are introduced to others.
@Suite struct IntroductionTests {
    let world: World
    let alice: Person
    let bob: Person
    let carol: Person

    init() {
        (world, alice, bob) = World.ofTwo()
        carol = world.addPerson(3)
        world.run(for: .seconds(5))
    }

    private func acquaint(_ one: Person, _ other: Person) throws {
        try one.send("hello", to: other, world)
        try other.send("hello", to: one, world)
        world.run(for: .seconds(5))
    }

    @Test func aCardIsShownWithItsMessageAndLabelsWhomItIsAbout() throws {
        #expect(carol.setName("Carol M", world))
        try acquaint(alice, bob)
        try acquaint(alice, carol)
        let id = try alice.introduce(carol, as: "carol", to: bob, world)
        world.run(for: .seconds(5))
        let message = try #require(bob.agent.inbox(InboxFilter(from: alice.id), now: world.now).last)
        #expect(message.id == id && message.text == "this is carol")
        #expect(message.introduction?.peer == carol.id && message.introduction?.name == "carol")
        #expect(message.introduction?.claimedName == "Carol M")
        let card = try #require(bob.agent.introductions(of: carol.id).first)
        #expect(card.introducer == alice.id && card.name == "carol" && card.sentAt == message.sentAt)
        #expect(bob.agent.introductions() == [card])

        // It lets nobody in, and nobody is written to for it.
        #expect(bob.agent.standing(of: carol.id) == .request && carol.agent.introductions().isEmpty)
        try carol.send("May I?", to: bob, world)
        world.run(for: .seconds(5))
        #expect(bob.agent.standing(of: carol.id) == .request)
        #expect(bob.agent.introductions(of: carol.id) == [card])

        bob.restart(world)
        #expect(bob.agent.introductions(of: carol.id) == [card])
        // The card lies with its message, and goes with it.
        #expect(bob.delete([.message(id)], world) == 1)
        #expect(bob.agent.introductions().isEmpty && bob.agent.introductions(of: carol.id).isEmpty)
    }

    @Test func theNewestCardCountsAndAnOlderOneTakesItNotAway() throws {
        try acquaint(alice, bob)
        let first = try alice.introduce(carol, as: "carol", to: bob, world)
        world.run(for: .seconds(5))
        try alice.introduce(carol, as: "caroline", to: bob, world)
        world.run(for: .seconds(5))
        #expect(bob.agent.introductions(of: carol.id).map(\.name) == ["caroline"])
        #expect(bob.delete([.message(first)], world) == 1)
        #expect(bob.agent.introductions(of: carol.id).map(\.name) == ["caroline"])
    }

    @Test func introductionsAreExported() throws {
        try acquaint(alice, bob)
        try alice.introduce(carol, as: "carol", to: bob, world)
        world.run(for: .seconds(5))
        let cards = bob.agent.introductions()
        let copy = try world.move(bob)
        #expect(cards.count == 1 && copy.agent.introductions() == cards)
        #expect(copy.agent.introductions(of: carol.id) == cards)
    }

    @Test func whatABlockedPersonSaysIsDropped() throws {
        try acquaint(alice, bob)
        #expect(bob.decide(.blocked, about: alice, world))
        try alice.introduce(carol, as: "carol", to: bob, world)
        world.run(for: .seconds(600))
        #expect(bob.agent.introductions().isEmpty)
    }

    /// A card about somebody who is blocked is shown, and changes nothing.
    @Test func aCardDoesNotUnblock() throws {
        try acquaint(alice, bob)
        #expect(bob.decide(.blocked, about: carol, world))
        try alice.introduce(carol, as: "carol", to: bob, world)
        try carol.send("dropped", to: bob, world)
        world.run(for: .seconds(600))
        #expect(bob.agent.standing(of: carol.id) == .blocked && bob.texts(world, from: carol).isEmpty)
    }

    @Test func aNameThatCannotBeShownIsNotSent() {
        #expect(Introduced(peer: carol.id, name: "") == nil)
        #expect(Introduced(peer: carol.id, name: "a\u{202e}b") == nil)
        #expect(Introduced(peer: carol.id, name: "alice" + String(repeating: " ", count: 20) + ".") == nil)
        #expect(Introduced(peer: carol.id, name: "two words") == nil)
        #expect(Introduced(peer: carol.id, name: String(repeating: "a", count: 33)) == nil)
        #expect(Introduced(peer: carol.id, name: String(repeating: "é", count: 32)) != nil)
        #expect(Introduced(peer: carol.id, name: String(repeating: "e\u{301}\u{302}", count: 32)) == nil, "bytes")
    }

    /// Whoever doesn't count takes no place of one who does, whatever their IDs.
    @Test func strangersHideNoAcceptedIntroducer() throws {
        try acquaint(alice, bob)
        try alice.introduce(carol, as: "carol", to: bob, world)
        let strangers = (4..<20).map { world.addPerson($0) }
        world.run(for: .seconds(30))
        for stranger in strangers { try stranger.introduce(carol, as: "mallory", to: bob, world) }
        world.run(for: .seconds(60))
        #expect(bob.agent.introductions().count == 17)
        let first = bob.agent.introductions(of: carol.id)
        #expect(first.count == Limits.introductionsShown && !first.contains { $0.introducer == alice.id })
        #expect(bob.agent.introductions(of: carol.id) { $1 == .accepted }.map(\.name) == ["carol"])
    }

    /// The order is that of writing, not that of arrival.
    @Test func anOlderCardThatComesLateReplacesNoNewerOne() throws {
        try acquaint(alice, bob)
        world.isDirectOpen = false
        world.hidesRecords = true
        let old = try alice.introduce(carol, as: "old", to: bob, world)
        world.run(for: .seconds(2))
        world.hidesRecords = false
        let new = try alice.introduce(carol, as: "new", to: bob, world)
        world.run(for: .seconds(900))
        #expect(alice.state(old) == .delivered && alice.state(new) == .delivered)
        #expect(bob.agent.introductions(of: carol.id).map(\.name) == ["new"])
    }

    /// Strangers' cards in an export don't take the places of accepted people's, which come later in it.
    @Test func anExportKeepsTheCardsOfAcceptedPeopleFirst() throws {
        try acquaint(alice, bob)
        for (sender, count) in [(carol, 12), (alice, 12)] {
            for number in 0..<count { try introduce(number, by: sender) }
            world.run(for: .seconds(60))
        }
        let copy = try world.move(bob)
        for (sender, most) in [(carol, 8), (alice, 12)] {
            #expect(copy.agent.introductions().count { $0.introducer == sender.id } == most)
        }
        // Of a stranger's, the last to arrive.
        let kept = copy.agent.introductions().filter { $0.introducer == carol.id }.map(\.name)
        #expect(Set(kept) == Set((4..<12).map { "n\($0)" }))
    }

    private func introduce(_ number: Int, by sender: Person) throws {
        let seed = Bytes32(words: (UInt64(1_000 + number), 1, 0, 0))
        let peer = ProfileKey(seed: SecretKey(seed), suite: Person.suite).peerID
        let introduced = try #require(Introduced(peer: peer, name: "n\(number)"))
        try sender.send("this is n\(number)", introducing: introduced, to: bob, world)
    }

    /// One person fills no more than their share, strangers no more than half, and what is beyond is still shown with its message.
    @Test func aThousandCardsAreBounded() throws {
        var made = 0
        for sender in [alice, carol] {
            if sender === carol { try acquaint(carol, bob) }
            for number in 0..<(Limits.introductionsPerPeer + 10) {
                try introduce(number, by: sender)
                made += 1
                if made.isMultiple(of: 20) { world.run(for: .seconds(5)) }
            }
            world.run(for: .seconds(60))
        }
        let cards = bob.agent.introductions()
        #expect(cards.count { $0.introducer == alice.id } == 8, "a stranger's share is small")
        #expect(cards.count { $0.introducer == carol.id } == Limits.introductionsPerPeer)
        let shown = bob.agent.inbox(InboxFilter(), now: world.now).count { $0.introduction != nil }
        #expect(shown == made)
    }
}
