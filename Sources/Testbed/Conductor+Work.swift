import Basics
import ControlAPI
import Simulation

/// What people do.
extension Conductor {
    /// The pause between two looks whether a person is online.
    private static let patience = Duration.milliseconds(500)

    /// An online person writes to another person, who may be online or not.
    func write() async {
        guard let sender = await somebody() else { return }
        var recipient = mail.below(people.count)
        while recipient == sender { recipient = mail.below(people.count) }
        let letter = chronicle.submit(from: sender, to: recipient, length: Letter.length(&mail))
        await people[sender].write(letter)
    }

    /// Everybody who is online writes to one person, who is away at that time.
    func flood() async {
        guard let victim = people.first else { return }
        await victim.goAway(abruptly: true)
        guard await somebody() != nil else { return }
        let senders = chronicle.online.filter { $0 != 0 }
        guard !senders.isEmpty else { return }
        chronicle.incident("\(scenario.flood) messages to one")
        for number in 0..<scenario.flood {
            let sender = senders[number % senders.count]
            let letter = chronicle.submit(from: sender, to: 0, length: Letter.length(&mail))
            await people[sender].write(letter)
        }
        if scenario.offline == 0 { await comeBack(victim) }
    }

    /// A person who is online, once there is one; nil if none comes while the scenario runs.
    private func somebody() async -> Int? {
        while true {
            let online = chronicle.online
            if !online.isEmpty { return online[mail.below(online.count)] }
            guard chronicle.now < pace.moment(scenario.duration), !Task.isCancelled else { return nil }
            try? await Task.sleep(for: Conductor.patience)
        }
    }

    /// How many people try a lookup, if one after the other goes away meanwhile.
    private static let lookupTries = 5

    /// An online person looks up a random point. If that person goes away meanwhile, another tries.
    func lookUp() async {
        let target = points.bytes32()
        for _ in 0..<Conductor.lookupTries {
            guard let number = await somebody() else { break }
            let expected = await closest(to: target)
            if await lookUp(target, by: people[number], expecting: expected) { return }
        }
        chronicle.abandonLookup()
    }

    /// The closest of all relaying nodes that are up; nil where not all are known.
    private func closest(to target: Bytes32) async -> [Bytes32]? {
        var living: [LookupBook.Living] = []
        for (place, node) in await fleet.nodes().enumerated() where place < upSince.count && node.isUp {
            guard let id = node.id else { return nil }
            if let since = upSince[place] { living.append(LookupBook.Living(id: id, since: since)) }
        }
        return LookupBook.closest(to: target, among: living, at: chronicle.now)
    }

    /// Whether it came to an end.
    private func lookUp(_ target: Bytes32, by person: Person, expecting expected: [Bytes32]?) async -> Bool {
        do {
            var rounds: [LookupResult] = []
            var last: LookupResult?
            try await person.daemon.client.lookup(target.hex) { step in
                switch step {
                case .round(let result): rounds.append(result)
                case .finished(let result): last = result
                case .failed: break
                }
            }
            guard let last else { return false }
            chronicle.finishLookup(last, after: rounds, target: target, expected: expected)
            return true
        } catch {
            return false
        }
    }
}
