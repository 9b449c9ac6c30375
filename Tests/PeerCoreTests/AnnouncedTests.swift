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

    @Test func aLostAnnouncerHastensTheLook() throws {
        try settle()
        try alice.send("hello", to: bob, world)
        for mailbox in bob.watchedMailboxes { world.schedule(.announcers(mailbox: mailbox, Announcers(2)), for: bob) }
        world.run(for: soon)
        #expect(bob.texts(world) == ["hello"])
    }
}
