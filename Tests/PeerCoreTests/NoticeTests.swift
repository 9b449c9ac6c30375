import Basics
import PeerCore
import Storage
import Testing

/// What a person is told and what answers say is on the disk: no commit that fails takes any of it back. Everybody in these
/// tests has a `Witness`.
@Suite struct NoticeTests {
    /// What somebody was told of a message's states, in order.
    private func told(_ person: Person, _ id: MessageID) -> [MessageState] {
        person.notices.compactMap { notice in
            guard case .changed(let message) = notice, message.id == id else { return nil }
            return message.state
        }
    }

    @Test func deliveredIsToldOnceItIsDurable() throws {
        let (world, alice, bob) = World.ofTwo()
        alice.commitDelay = .seconds(1)
        let id = try alice.send("hello", to: bob, world)
        var steps = 0
        while !world.settled.values.contains(true), steps < 500 {
            world.run(for: .milliseconds(10))
            steps += 1
        }
        // Bob has it, and his word for that is on its way.
        world.run(for: world.latency * 2)
        #expect(alice.isCommitting, "that it was delivered is being written")
        #expect(told(alice, id).isEmpty)
        #expect(alice.state(id) == .queued)
        #expect(alice.agent.pendingCount(in: .queued) == 1)
        alice.nextResult = .failed
        world.run(for: .seconds(2))
        #expect(told(alice, id).isEmpty, "the disk has failed, and nothing was said")
        #expect(alice.state(id) == .queued)
        #expect(alice.counted[.delivered] == nil)
        world.run(for: .seconds(120))
        #expect(told(alice, id) == [.delivered])
        #expect(alice.state(id) == .delivered)
        #expect(alice.agent.pendingCount == 0)
        #expect(alice.counted[.delivered] == 1)
    }

    @Test func aCancelledMessageIsUnderWayUntilThatIsDurable() throws {
        let (world, alice, bob) = World.ofTwo()
        alice.isOnline = false
        let id = try alice.send("hello", to: bob, world)
        alice.commitDelay = .seconds(1)
        #expect(alice.cancel(id, world) == .cancelled)
        #expect(alice.state(id) == .queued)
        alice.nextResult = .full
        world.run(for: .seconds(2))
        #expect(told(alice, id).isEmpty)
        #expect(alice.state(id) == .queued)
        #expect(alice.counted[.failed] == nil)
        #expect(alice.cancel(id, world) == .cancelled)
        world.run(for: .seconds(2))
        #expect(told(alice, id) == [.failed])
        #expect(alice.counted[.failed] == 1)
    }

    /// The state of a conversation commits with the message: one that was lost leaves no trace in the next.
    @Test func aConversationGoesOnFromWhatIsDurable() throws {
        let (world, alice, bob) = World.ofTwo()
        try alice.send("one", to: bob, world)
        world.run(for: .seconds(5))
        alice.commitDelay = .milliseconds(100)
        alice.nextResult = .failed
        try alice.send("lost", to: bob, world)
        world.run(for: .seconds(1))
        let isRefused = alice.notices.contains { if case .notAccepted = $0 { true } else { false } }
        #expect(isRefused)
        try alice.send("two", to: bob, world)
        world.run(for: .seconds(60))
        let messages = bob.agent.inbox(InboxFilter(), now: world.now)
        // Had the lost one been the parent, "two" would wait for it.
        #expect(messages.map(\.text) == ["one", "two"])
        #expect(messages.map(\.lamport) == [1, 2])
    }

    @Test func whatIsMarkedReadIsSeenReadOnceThatIsDurable() throws {
        let (world, alice, bob) = World.ofTwo()
        try alice.send("hello", to: bob, world)
        world.run(for: .seconds(5))
        bob.commitDelay = .seconds(1)
        bob.nextResult = .failed
        bob.markRead(bob.agent.inbox(InboxFilter(), now: world.now).map(\.id), world)
        #expect(bob.agent.inbox(InboxFilter(unreadOnly: true), now: world.now).count == 1)
        world.run(for: .seconds(2))
        #expect(bob.agent.inbox(InboxFilter(unreadOnly: true), now: world.now).count == 1)
        #expect(bob.delete(bob.agent.inbox(InboxFilter(), now: world.now).map { .position($0.position) }, world) == 1)
        #expect(bob.agent.inbox(InboxFilter(), now: world.now).count == 1)
        world.run(for: .seconds(2))
        #expect(bob.agent.inbox(InboxFilter(), now: world.now).isEmpty)
    }

    /// Runs one message's story while somebody's n-th commit fails; returns whether that commit came.
    private func story(_ unlucky: Int, at commit: Int, _ result: CommitResult, isDirect: Bool) throws -> Bool {
        let world = World()
        let people = [world.addPerson(1), world.addPerson(2)]
        world.isDirectOpen = isDirect
        people[unlucky].failAt = (commit, result)
        people[unlucky].commitDelay = .milliseconds(30)
        world.run(for: .seconds(40))
        let label = "person \(unlucky), commit \(commit), \(result), direct \(isDirect)"
        var id = try people[0].send("hello", to: people[1], key: "k", world)
        world.run(for: .seconds(1))
        // Whoever is told that it was not accepted says it again.
        if people[0].notices.contains(where: { if case .notAccepted = $0 { true } else { false } }) {
            id = try people[0].send("hello", to: people[1], key: "k", world)
        }
        world.run(for: .seconds(300))
        let read = people[1].agent.inbox(InboxFilter(), now: world.now)
        #expect(read.map(\.text) == ["hello"], "\(label)")
        for _ in 0..<2 {
            people[1].markRead(read.map(\.id), world)
            world.run(for: .seconds(40))
        }
        world.run(for: .seconds(180))
        #expect(people[0].state(id) == .read, "\(label)")
        let states = told(people[0], id)
        #expect(states == states.sorted(), "\(label): \(states)")
        #expect(people[0].counted[.delivered] == 1, "\(label)")
        return people[unlucky].commits >= commit
    }

    @Test(arguments: [true, false], [CommitResult.full, .failed])
    func aFailureOfAnyCommitTakesNothingBack(isDirect: Bool, result: CommitResult) throws {
        for unlucky in 0..<2 {
            var commit = 1
            while try story(unlucky, at: commit, result, isDirect: isDirect) { commit += 1 }
            #expect(commit > 5, "there were some commits to fail at")
        }
    }
}
