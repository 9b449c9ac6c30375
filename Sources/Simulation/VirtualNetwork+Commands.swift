import Basics
import Exchange
import NodeCore
import PeerCore
import Station

/// What people and operators do.
extension VirtualNetwork {
    /// Lets the person at a host write a message.
    public mutating func send(
        _ text: String, from id: HostID, to peer: PeerID, key: String? = nil
    ) throws -> MessageID? {
        let slot = slot(id)
        let now = now(of: slot)
        let message = try hosts[slot].station.send(text, to: peer, key: key, now: now, into: &effects)
        drain(slot)
        return message
    }

    /// Lets the person at a host cancel a message.
    public mutating func cancel(_ message: MessageID, at id: HostID) -> CancelOutcome {
        let slot = slot(id)
        let outcome = hosts[slot].station.cancel(message, now: now(of: slot), into: &effects)
        drain(slot)
        return outcome
    }

    /// Lets the person at a host mark a received message as read.
    public mutating func markRead(_ message: InboxReference, at id: HostID) {
        let slot = slot(id)
        hosts[slot].station.markRead([message], now: now(of: slot), into: &effects)
        drain(slot)
    }

    /// Lets the person at a host delete a received message; false where there was none.
    public mutating func delete(_ message: InboxReference, at id: HostID) -> Bool {
        let slot = slot(id)
        let count = hosts[slot].station.delete([message], now: now(of: slot))
        drain(slot)
        return count > 0
    }

    /// The program of the person at a host is about to end: what others are to hear leaves at once.
    public mutating func hurry(_ id: HostID) {
        let slot = slot(id)
        hosts[slot].station.hurry(now: now(of: slot), into: &effects)
        drain(slot)
    }

    /// What the person at a host can read now, in order.
    public func inbox(_ id: HostID, _ filter: InboxFilter = InboxFilter()) -> [IncomingMessage] {
        let slot = slot(id)
        return hosts[slot].station.agent?.inbox(filter, now: now(of: slot)) ?? []
    }

    /// Gives a node a command as an operator; `answer` finds what it says.
    public mutating func command(_ command: NodeCommand, at id: HostID) -> CommandID {
        let name = operatorCommands.next()
        answer(command, name, at: id)
        return name
    }

    /// Gives a node the answer to an event of an operator's command.
    public mutating func answer(_ command: NodeCommand, _ id: CommandID, at host: HostID) {
        let slot = slot(host)
        let now = now(of: slot)
        hosts[slot].station.command(command, id: id, now: now, into: &effects)
        drain(slot)
    }

    /// The events that answered operators' commands at a host; at a host without a person, all events.
    public func answers(_ id: HostID) -> [NodeEvent] { hosts[slot(id)].answers }

    /// Brings a datagram to a host as if it came from `endpoint`.
    public mutating func inject(_ bytes: [UInt8], to id: HostID, from endpoint: Endpoint) {
        let slot = slot(id)
        bytes.withUnsafeBytes { receive($0, from: endpoint, to: .main, at: slot) }
        drain(slot)
    }
}

/// What people were told and nodes answered, for code that looks at all hosts together.
struct News {
    var notices: [(host: HostID, notice: PeerNotice)] = []
    /// Answers to operators' commands, and what nodes without a person say.
    var answers: [(host: HostID, event: NodeEvent)] = []

    var isEmpty: Bool { notices.isEmpty && answers.isEmpty }
}
