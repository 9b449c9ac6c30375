import Basics
import Exchange
import PeerCore
import Testing

/// Whatever crashes when: what was accepted arrives exactly once, and in order, and no notice is ever taken back, which each
/// person's `Witness` sees to.
@Suite struct CrashTests {
    /// Runs one message's story, crashing one of the two at its n-th commit; returns whether that commit came.
    private func story(_ crashed: Int, at commit: Int, _ point: Person.CrashPoint, isDirect: Bool) throws -> Bool {
        let world = World()
        let people = [world.addPerson(1), world.addPerson(2)]
        world.isDirectOpen = isDirect
        people[crashed].crashAt = (commit, point)
        world.run(for: .seconds(3))
        let label = "person \(crashed), commit \(commit), \(point), direct \(isDirect)"
        let id = try people[0].send("hello", to: people[1], key: "k", world)
        // Whoever isn't told that it was accepted says it again.
        if !people[0].notices.contains(.accepted(id)) {
            let again = try people[0].send("hello", to: people[1], key: "k", world)
            #expect(point == .beforeCommit || again == id, "\(label)")
        }
        world.run(for: .seconds(180))
        let read = people[1].agent.inbox(InboxFilter(), now: world.now)
        #expect(read.map(\.text) == ["hello"], "\(label)")
        people[1].markRead(read.map(\.id), world)
        world.run(for: .seconds(5))
        people[1].markRead(read.map(\.id), world)
        world.run(for: .seconds(180))
        #expect(people[0].agent.outgoingMessages().map(\.state) == [.read], "\(label)")
        #expect(world.holdsNoMail, "\(label)")
        return people[crashed].commits >= commit
    }

    @Test(arguments: [true, false])
    func aCrashAtAnyCommitLosesNothing(isDirect: Bool) throws {
        for crashed in 0..<2 {
            for point in [Person.CrashPoint.beforeCommit, .afterCommit] {
                var commit = 1
                while try story(crashed, at: commit, point, isDirect: isDirect) { commit += 1 }
                #expect(commit > 5, "there were some commits to crash at")
            }
        }
    }

    /// Alice's clock of the network's faults: crashes, absence, refused deposits, lost answers, a failing disk.
    @Test(arguments: 1...12)
    func exactlyOnceUnderFaults(seed: UInt64) throws {
        let world = World()
        world.chance = SeededGenerator(seed: seed)
        var chance = SeededGenerator(seed: seed &+ 1_000)
        let people = (1...3).map { world.addPerson(UInt8($0)) }
        // Disks that are quick, slow, and slower than the network.
        for person in people { person.commitDelay = [.zero, .milliseconds(30), .seconds(2)][Int(seed % 3)] }
        world.run(for: .seconds(3))
        var sent: [(id: MessageID, from: Int, to: Int, text: String)] = []
        world.lostAnswers = 30
        for step in 0..<120 {
            let person = people[Int(chance.next() % 3)]
            switch chance.next() % 10 {
            case 0: person.crashAt = (person.commits + 1 + Int(chance.next() % 3), .beforeCommit)
            case 1: person.crashAt = (person.commits + 1 + Int(chance.next() % 3), .afterCommit)
            case 2: person.isOnline.toggle()
            case 3: world.depositTally = Tally(done: chance.next() % 2 == 0 ? 5 : 1, found: 5)
            case 4: world.isDirectOpen.toggle()
            case 5: person.nextResult = chance.next() % 2 == 0 ? .full : .failed
            case 6: person.markRead(person.agent.inbox(InboxFilter(), now: world.now).map(\.id), world)
            default:
                let peer = people[(person.index + 1 + Int(chance.next() % 2)) % 3]
                let text = "\(step)"
                let id = try person.send(text, to: peer, world)
                sent.append((id, person.index, peer.index, text))
            }
            world.run(for: .milliseconds(Int64(chance.next() % 20_000)))
        }
        // All heals, and all must arrive.
        world.lostAnswers = 0
        world.depositTally = Tally(done: 5, found: 5)
        world.isDirectOpen = true
        for person in people {
            person.isOnline = true
            person.crashAt = nil
            person.nextResult = .committed
            person.restart(world)
        }
        let accepted = sent.filter { people[$0.from].notices.contains(.accepted($0.id)) }
        world.run(for: .seconds(5 * 3_600))
        for to in 0..<3 {
            for from in 0..<3 where from != to {
                let sent = accepted.filter { $0.from == from && $0.to == to }.map(\.text)
                let got = people[to].texts(world, from: people[from])
                #expect(got.filter(sent.contains) == sent, "each exactly once and in order; seed \(seed)")
                #expect(Set(got).count == got.count, "nothing twice; seed \(seed)")
            }
        }
        for message in accepted {
            let state = people[message.from].state(message.id)
            #expect(state == .delivered || state == .read, "seed \(seed), message \(message.text): \(state as Any)")
        }
    }
}
