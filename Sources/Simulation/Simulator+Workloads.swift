import Basics
import PeerCore

/// What people and operators do.
extension Simulator {
    mutating func beginWorkloads() {
        if scenario.messages > 0 { planWriting() }
        if scenario.lookups > 0 { planLookup() }
        if scenario.strangers != nil { planOffer() }
        if scenario.flood > 0 { agenda.plan(.flood, at: formedAt + scenario.duration / 2) }
    }

    // MARK: Mail

    /// The next message of all, in even steps over the time.
    private mutating func planWriting() {
        guard written < scenario.messages else { return }
        agenda.plan(.write, at: formedAt + scenario.duration * written / scenario.messages)
    }

    /// An online person writes to another person, who may be online or not.
    mutating func write() {
        guard phase == .running else { return }
        let online = people.filter { network.isRunning($0) }
        guard let sender = online.isEmpty ? nil : online[mail.below(online.count)] else {
            // No one is online to write: the message is written later.
            return agenda.plan(.write, at: network.time + .seconds(60))
        }
        var recipient = people[mail.below(people.count)]
        while recipient == sender || leavers.contains(recipient) { recipient = people[mail.below(people.count)] }
        send(from: sender, to: recipient)
        written += 1
        planWriting()
    }

    /// Everybody who is online writes to one person, who is away at that time.
    mutating func floodMailbox() {
        guard phase == .running, let victim = people.first else { return }
        goAway(victim)
        let senders = people.dropFirst().filter { network.isRunning($0) }
        guard !senders.isEmpty else { return agenda.plan(.flood, at: network.time + .seconds(60)) }
        for number in 0..<scenario.flood { send(from: senders[number % senders.count], to: victim) }
        incidents.append(
            Incident(at: network.time - formedAt, lasting: .zero, what: "\(scenario.flood) messages to one"))
    }

    private mutating func send(from sender: HostID, to recipient: HostID) {
        guard let peer = network.peerID(recipient) else { return }
        let text = makeText()
        // A sender that writes too much at once is told so, and nothing was accepted.
        guard let id = try? network.send(text, from: sender, to: peer) else { return }
        messages.submit(id, from: sender, to: recipient)
        if let writer = network.peerID(sender) {
            checks.wrote(id, text, by: sender, for: recipient, from: writer, to: peer)
        }
    }

    /// Texts as people write them: mostly a line, sometimes a page.
    private mutating func makeText() -> String {
        let length =
            switch mail.below(100) {
            case 0: mail.below(30_000)
            case 1..<6: mail.below(4_000)
            default: mail.below(400)
            }
        return String(repeating: "x", count: 1 + length)
    }

    // MARK: Lookups

    private mutating func planLookup() {
        guard lookedUp < scenario.lookups else { return }
        agenda.plan(.lookUp, at: formedAt + scenario.duration * lookedUp / scenario.lookups)
    }

    mutating func lookUp() {
        guard phase == .running else { return }
        let target = points.bytes32()
        if let host = roster.random(&points), network.isRunning(host) {
            let command = network.command(.lookup(target: target), at: host)
            lookups.begin(command, target, at: host, network.time)
        }
        lookedUp += 1
        planLookup()
    }
}
