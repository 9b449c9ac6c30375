import Basics
import Exchange
import PeerCore
import Testing

/// Buddies announce mail, and looks into the mailbox are rare.
@Suite struct AnnouncedTests {
    private let world: World
    private let alice: Person
    private let bob: Person

    init() { (world, alice, bob) = World.ofTwo() }

    private func announce() {
        for mailbox in bob.watchedMailboxes { world.schedule(.announced(mailbox: mailbox), for: bob) }
    }

    /// Nothing but announcements bring Bob mail for minutes.
    private func settle() throws {
        world.isDirectOpen = false
        world.run(for: .seconds(10))
        try #require(!bob.watchedMailboxes.isEmpty)
        for mailbox in bob.watchedMailboxes { world.schedule(.announcers(mailbox: mailbox, Announcers(3)), for: bob) }
        world.run(for: .seconds(2_000))
        let looks = bob.looks
        world.run(for: .seconds(240))
        #expect(bob.looks - looks <= 4, "there are four mailboxes")
    }

    /// Enough for what is announced, and too little for a look that isn't hurried.
    private let soon = Duration.seconds(4)

    @Test func whatIsAnnouncedIsFetched() throws {
        try settle()
        try alice.send("hello", to: bob, world)
        world.run(for: .seconds(1))
        announce()
        world.run(for: soon)
        #expect(bob.texts(world) == ["hello"])
    }

    /// One buddy gives what it announced slowly, or nothing: what another announces isn't held up.
    @Test func aStalledFetchHoldsNothingUp() throws {
        try settle()
        world.stallsAnnounced = true
        announce()
        world.run(for: .milliseconds(200))
        try alice.send("hello", to: bob, world)
        world.run(for: .seconds(1))
        announce()
        world.run(for: soon)
        #expect(bob.texts(world) == ["hello"])
    }

    @Test func aBusyNodeLooksSoon() throws {
        try settle()
        world.refusesAnnounced = true
        try alice.send("hello", to: bob, world)
        world.run(for: .seconds(1))
        announce()
        world.run(for: soon)
        #expect(bob.texts(world) == ["hello"])
    }

    /// Of four mailboxes, one of which is announced, each look so far has asked all buddies often enough.
    private func settleForLong() throws {
        try settle()
        world.run(for: .seconds(3_600))
    }

    /// Looks from now on, at all buddies and at a few.
    private func looks(within duration: Duration) -> (all: Int, few: Int) {
        let (looks, glances) = (bob.looks, bob.glances)
        world.run(for: duration)
        return (bob.looks - looks - (bob.glances - glances), bob.glances - glances)
    }

    @Test func whereAllIsAnnouncedAFewAreAsked() throws {
        try settleForLong()
        let looks = looks(within: .seconds(8 * 3_600))
        #expect((3...5).contains(looks.all), "the announced mailbox every two hours, the others once a day")
        #expect((50...120).contains(looks.few), "the announced mailbox every 5 to 9.5 min, the others every few hours")
    }

    @Test func aNewProofCostsALookAtAFew() throws {
        try settleForLong()
        for mailbox in bob.watchedMailboxes {
            world.schedule(.announcers(mailbox: mailbox, Announcers(2, isDoubted: true)), for: bob)
        }
        let soon = looks(within: .seconds(30))
        #expect(soon.few == 1)
        for mailbox in bob.watchedMailboxes { world.schedule(.announcers(mailbox: mailbox, Announcers(3)), for: bob) }
        let later = looks(within: .seconds(3_600))
        #expect(soon.all + later.all <= 1 && later.few <= 15)
    }

    /// Two announce what comes, and the third hasn't been given the proof that it wanted: another is to take its place.
    @Test func whoIsGivenNoProofIsReplaced() throws {
        try settleForLong()
        for mailbox in bob.watchedMailboxes {
            world.schedule(.announcers(mailbox: mailbox, Announcers(2, isDoubted: true)), for: bob)
        }
        #expect(looks(within: .seconds(600)).all >= 1)
    }

    /// What nobody has announced shows that those who were to didn't: all are asked.
    @Test(arguments: [false, true]) func aFewThatHaveSomethingOrHaveGoneHaveAllAsked(haveGone: Bool) throws {
        try settleForLong()
        if haveGone { world.buddiesThatList = 2 } else { try alice.send("hello", to: bob, world) }
        let glances = bob.glances
        var minutes = 0
        while bob.glances == glances, minutes < 10 {
            world.run(for: .seconds(60))
            minutes += 1
        }
        #expect(bob.glances > glances && minutes < 10)
        #expect(looks(within: .seconds(60)).all >= 1)
        #expect(haveGone || bob.texts(world) == ["hello"])
    }

    @Test func aLostAnnouncerHastensTheLook() throws {
        try settle()
        try alice.send("hello", to: bob, world)
        for mailbox in bob.watchedMailboxes { world.schedule(.announcers(mailbox: mailbox, Announcers(2)), for: bob) }
        world.run(for: soon)
        #expect(bob.texts(world) == ["hello"])
    }
}
