import Basics
import Exchange
import Testing

/// The nodes' part in opening ways: a buddy that passes offers on, and hellos that arrive where both say them with one number.
struct Rendezvous {
    /// An offer that was passed on.
    struct Passed {
        let id: OfferID
        let command: CommandID
        let asker: Int
        let mailbox: MailboxID
        let offer: [UInt8]
        let reader: Int
        /// Nil before the reader has said anything; empty where they answer nothing.
        var answer: [UInt8]?
    }

    /// Where somebody says hello.
    struct Way {
        let person: Int
        let command: CommandID
        let key: PublicKey
        let endpoints: [Endpoint]
        let nonce: UInt64
    }

    /// Whether somebody is told of offers at all.
    var passesOffers = true
    /// Whether hellos arrive.
    var opensWays = true
    /// Changes an answer on its way.
    var changesAnswer: ([UInt8]) -> [UInt8] = { $0 }
    /// What another buddy, which is faster, makes up.
    var madeUp: [UInt8]?
    /// Where a buddy sees people who are not seen at their contacts.
    var seen: [Int: Endpoint] = [:]
    private(set) var passed: [Passed] = []
    private(set) var ways: [Way] = []

    /// Those that were answered.
    var answered: [Passed] { passed.filter { $0.answer?.isEmpty == false } }

    mutating func offer(_ id: CommandID, _ mailbox: MailboxID, _ offer: [UInt8], of person: Person, in world: World) {
        let reader = world.people.first { $0.isOnline && $0.isRunning && $0.acceptedMailboxes.contains(mailbox) }
        guard passesOffers, let reader else {
            return world.schedule(.offerAnswered(id, answer: nil, answerer: nil), for: person)
        }
        if let madeUp, let place = place(of: person) {
            world.schedule(.offerAnswered(id, answer: madeUp, answerer: place), for: person, after: .milliseconds(1))
        }
        pass(offer, id, from: person, to: reader, mailbox, in: world)
    }

    /// Passes on what somebody has offered, or offered once.
    mutating func pass(
        _ offer: [UInt8], _ id: CommandID, from person: Person, to reader: Person, _ mailbox: MailboxID,
        in world: World
    ) {
        let offerID = OfferID(number: UInt64(passed.count + 1))
        passed.append(
            Passed(
                id: offerID, command: id, asker: person.index, mailbox: mailbox, offer: offer, reader: reader.index))
        guard let asker = place(of: person) else { return }
        world.schedule(.offerCame(offerID, mailbox: mailbox, offer: offer, asker: asker), for: reader)
    }

    mutating func answer(_ id: OfferID, _ answer: [UInt8]?, of person: Person, in world: World) {
        guard let index = passed.firstIndex(where: { $0.id == id }) else { return }
        #expect(passed[index].answer == nil && passed[index].reader == person.index)
        passed[index].answer = answer ?? []
        world.schedule(
            .offerAnswered(
                passed[index].command, answer: answer.map(changesAnswer),
                answerer: answer == nil ? nil : place(of: person)),
            for: world.people[passed[index].asker])
        guard answer != nil else { return }
        world.schedule(
            .offerAnswered(passed[index].command, answer: nil, answerer: nil), for: world.people[passed[index].asker],
            after: .seconds(1))
    }

    private func place(of person: Person) -> Endpoint? { seen[person.index] ?? person.contact.ipv4 }

    mutating func open(
        _ command: CommandID, _ key: PublicKey, _ endpoints: [Endpoint], _ nonce: UInt64, of person: Person,
        in world: World
    ) {
        ways.append(Way(person: person.index, command: command, key: key, endpoints: endpoints, nonce: nonce))
        guard opensWays else { return world.schedule(.wayClosed(command), for: person, after: .seconds(4)) }
        let other = ways.first { $0.nonce == nonce && $0.person != person.index }
        guard let other else { return }
        for (way, peer) in [(ways[ways.count - 1], other), (other, ways[ways.count - 1])] {
            let there = world.people[peer.person].contact
            #expect(way.key == there.key)
            guard let endpoint = place(of: world.people[peer.person]), way.endpoints.contains(endpoint) else {
                continue
            }
            world.schedule(.wayOpened(way.command, there), for: world.people[way.person])
        }
    }
}
