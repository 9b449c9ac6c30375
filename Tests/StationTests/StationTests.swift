import Basics
import Exchange
import NodeCore
import PeerCore
import Station
import Storage
import Testing

@Suite struct StationTests {
    // MARK: Operators

    @Test func anOperatorsAnswersDontReachTheAgent() {
        var machine = Machine()
        machine.start()
        let id = machine.operators.next()
        machine.station.command(.lookup(target: .zero), id: id, now: machine.now, into: &machine.effects)
        machine.exchange()
        #expect(machine.effects.answers.map(\.command) == [id], "the end of the lookup: there is nobody to ask")
        // Of a kind that an agent is told: it must not take it for the answer to a command of its own.
        let record = machine.operators.next()
        machine.station.command(.fetchRecord(at: Location(.zero)), id: record, now: machine.now, into: &machine.effects)
        machine.exchange()
        #expect(machine.effects.answers.last?.command == record)
    }

    @Test func theAgentsAnswersReachNobodyElse() throws {
        var machine = Machine()
        machine.start()
        _ = try machine.send("Hello.")
        machine.commit()
        machine.wake()
        #expect(machine.commands.contains { if case .fetchRecord = $0.command { true } else { false } })
        #expect(machine.events.contains { if case .record = $0 { true } else { false } })
        #expect(machine.events.contains { if case .joined = $0 { true } else { false } })
        #expect(machine.effects.answers.isEmpty)
        #expect(machine.commands.allSatisfy { !$0.id.isOperators })
    }

    @Test func whereNobodyIsServedAllIsForWhoeverAsks() {
        var machine = Machine(withPerson: false)
        machine.start()
        #expect(machine.effects.answers.contains { if case .joined = $0 { true } else { false } })
        let id = CommandID(number: 7)
        machine.station.command(.fetchRecord(at: Location(.zero)), id: id, now: machine.now, into: &machine.effects)
        machine.exchange()
        #expect(machine.effects.answers.last?.command == id)
        #expect(machine.station.agent == nil)
    }

    @Test func operatorsIDsAreTheirOwn() {
        var commands = OperatorCommands()
        let ids = (0..<3).map { _ in commands.next() }
        #expect(Set(ids).count == 3 && ids.allSatisfy(\.isOperators))
        #expect(ids.map(\.serial) == [1, 2, 3])
        #expect(!CommandID(number: 1).isOperators && CommandID(number: 1).serial == 1)
        #expect(!CommandID(number: UInt64.max >> 1).isOperators)
    }

    // MARK: The exchange

    /// A node that is alone answers every lookup at once, and each answer lets the agent begin with the next message.
    @Test func theExchangeIsBounded() throws {
        var machine = Machine()
        machine.start()
        let peers = (0..<9_000).map { Machine.profile(100 + $0).peerID }
        for peer in peers { _ = try machine.station.send("Hi.", to: peer, now: machine.now, into: &machine.effects) }
        machine.exchange()
        let lookups = { (machine: Machine) in
            Set(
                machine.commands.compactMap {
                    if case .fetchRecord(let location) = $0.command { location } else { nil }
                })
        }
        let present = Set(
            peers.compactMap {
                $0.blindedKey(for: .record, epoch: machine.now.utc.epoch, suite: .cheap)?.location
            })
        #expect(present.count == peers.count)
        machine.commit()
        machine.station.handleDeadline(now: machine.now, into: &machine.effects)
        machine.exchange()
        #expect(
            !lookups(machine).isEmpty && !lookups(machine).isSuperset(of: present), "it stops, though there is more")
        #expect(
            machine.effects.node.events.isEmpty && machine.effects.person.commands.isEmpty, "others can be lent them")
        #expect(try #require(machine.station.nextDeadline) <= machine.now.monotonic, "it goes on at once")
        var turns = 0
        while !lookups(machine).isSuperset(of: present), turns < 1_000 {
            // What lasts must be committed before the agent goes on, so that these turns don't wait for a disk.
            machine.wake()
            turns += 1
        }
        #expect(lookups(machine).isSuperset(of: present), "nothing is lost on the way")
        #expect(machine.effects.answers.isEmpty)
    }

    // MARK: Commits

    @Test func oneTurnIsOneGroup() throws {
        var machine = Machine()
        machine.start()
        machine.station.saveContacts()
        _ = try machine.send("Hello.")
        machine.exchange()
        var queue = CommitQueue()
        let isFirst = queue.submit(machine.station.takeWrites())
        #expect(isFirst)
        let group = queue.nextGroup()
        #expect(group.last?.owner == .person)
        #expect(machine.station.takeWrites().isEmpty)
        // While it is under way, what is written gathers, and is no batch before the report.
        let second = try machine.send("Hello again.")
        #expect(machine.station.takeWrites().isEmpty)
        var transactions = 0
        let reports = CommitQueue.commit(group) { writes in
            transactions += 1
            machine.disk.commit(writes)
            return .committed
        }
        #expect(transactions == 1 && reports.map(\.through) == group.map(\.through))
        for report in reports { machine.station.handleCommit(report, now: machine.now, into: &machine.effects) }
        let next = machine.station.takeWrites()
        let isFirstAgain = queue.submit(next)
        #expect(next.map(\.owner) == [.person] && !isFirstAgain, "who takes the groups goes on")
        #expect(machine.station.agent?.acceptance(of: try #require(second)) == .pending)
        let (third, none) = (queue.nextGroup(), queue.nextGroup())
        #expect(third.count == 1 && none.isEmpty && !queue.isBusy)
    }

    @Test func aFailedCommitTakesTheAgentBackToWhatIsDurable() throws {
        for result in [CommitResult.full, .failed] {
            var machine = Machine()
            machine.start()
            let kept = try #require(try machine.send("Kept."))
            machine.commit()
            machine.effects.person.notices = []
            let lost = try #require(try machine.send("Lost."))
            machine.commit(result)
            let agent = try #require(machine.station.agent)
            #expect(agent.acceptance(of: kept) == .accepted && agent.acceptance(of: lost) == .unknown)
            let refused = machine.effects.person.notices.contains {
                if case .notAccepted(lost, _) = $0 { true } else { false }
            }
            #expect(refused)
            let again = try #require(try machine.send("Lost."))
            machine.commit()
            #expect(machine.station.agent?.acceptance(of: again) == .accepted)
        }
    }
}
