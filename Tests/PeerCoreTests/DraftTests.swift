import Basics
import PeerCore
import Storage
import Testing

/// What was begun and not sent.
@Suite struct DraftTests {
    let world: World
    let alice: Person
    let bob: Person

    init() { (world, alice, bob) = World.ofTwo() }

    @Test func aDraftIsThereNextTime() {
        #expect(alice.agent.draft(to: bob.id) == nil && alice.agent.drafts().isEmpty)
        #expect(alice.setDraft("Half a sent", to: bob.id, world) == .kept)
        let changed = world.now.utc
        #expect(alice.notices.filter { $0 == .draftChanged(bob.id) }.count == 1)
        world.run(for: .seconds(60))
        #expect(alice.setDraft("Half a sent", to: bob.id, world) == .kept)
        #expect(alice.notices.filter { $0 == .draftChanged(bob.id) }.count == 1, "nothing has changed")
        alice.restart(world)
        #expect(alice.agent.draft(to: bob.id) == Draft(peer: bob.id, text: "Half a sent", changedAt: changed))
        #expect(alice.setDraft("Half a sentence", to: bob.id, world) == .kept)
        #expect(alice.agent.drafts().map(\.text) == ["Half a sentence"])
        #expect(alice.setDraft("", to: bob.id, world) == .kept)
        #expect(alice.agent.draft(to: bob.id) == nil)
        #expect(alice.notices.filter { $0 == .draftChanged(bob.id) }.count == 3)
    }

    /// In the batch that sends it: a crash leaves it either begun or sent.
    @Test(arguments: [Person.CrashPoint.beforeCommit, .afterCommit]) func whatIsSentIsNoDraftAnyMore(
        point: Person.CrashPoint
    ) throws {
        #expect(alice.setDraft("Hello", to: bob.id, world) == .kept)
        #expect(alice.setDraft("To myself", to: alice.id, world) == .kept)
        try alice.send("Something else", to: bob, world)
        #expect(alice.agent.draft(to: bob.id)?.text == "Hello")
        alice.crashAt = (alice.commits + 1, point)
        try alice.send("Hello", to: bob, world)
        world.run(for: .seconds(5))
        let isSent = alice.agent.outgoingMessages().map(\.text).contains("Hello")
        #expect(isSent == (point == .afterCommit) && (alice.agent.draft(to: bob.id) == nil) == isSent)
        try alice.send("To myself", to: alice, world)
        world.run(for: .seconds(5))
        #expect(alice.agent.draft(to: alice.id) == nil)
    }

    @Test func draftsAreBounded() {
        func peer(_ number: Int) -> PeerID { PeerID(Bytes32(words: (1, 2, 3, UInt64(number)))) }
        let large = String(repeating: "x", count: Limits.textSize)
        #expect(alice.setDraft(large + "x", to: bob.id, world) == .tooLong)
        for number in 0..<Limits.draftBytes / Limits.textSize {
            #expect(alice.setDraft(large, to: peer(number), world) == .kept)
        }
        #expect(alice.setDraft("x", to: bob.id, world) == .full, "of bytes")
        #expect(alice.setDraft(large.replacing("x", with: "y"), to: peer(0), world) == .kept, "in its own place")
        for number in 0..<Limits.drafts { #expect(alice.setDraft("x", to: peer(number), world) == .kept) }
        #expect(alice.setDraft("x", to: bob.id, world) == .full, "of their number")
        #expect(alice.agent.drafts().count == Limits.drafts && alice.agent.draft(to: bob.id) == nil)
        #expect(alice.setDraft("", to: peer(0), world) == .kept)
        #expect(alice.setDraft("x", to: bob.id, world) == .kept)
    }

    @Test func aDraftGoesWithItsConversationAndMovesWithItsWriter() throws {
        try bob.send("Are you there?", to: alice, world)
        world.run(for: .seconds(2))
        #expect(alice.setDraft("Yes", to: bob.id, world) == .kept)
        #expect(alice.setDraft("A note", to: alice.id, world) == .kept)
        #expect(alice.deleteConversation(with: bob, world) == 1)
        #expect(alice.agent.drafts().map(\.text) == ["A note"])
        let before = alice.agent.drafts()
        let again = try world.move(alice)
        #expect(again.agent.drafts() == before)
    }

    /// What the disk didn't take is not told, and not there.
    @Test func aDraftThatIsLostIsNotTold() {
        alice.nextResult = .full
        #expect(alice.setDraft("Half", to: bob.id, world) == .kept)
        #expect(alice.agent.draft(to: bob.id) == nil && !alice.notices.contains(.draftChanged(bob.id)))
    }
}
