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
        try turn(of: id) { host, now, effects in
            try host.station.send(text, to: peer, key: key, now: now, into: &effects)
        }
    }

    /// Lets the person at a host cancel a message.
    public mutating func cancel(_ message: MessageID, at id: HostID) -> CancelOutcome {
        turn(of: id) { host, now, effects in host.station.cancel(message, now: now, into: &effects) }
    }

    /// Lets the person at a host mark a received message as read.
    public mutating func markRead(_ message: InboxReference, at id: HostID) {
        turn(of: id) { host, now, effects in host.station.markRead([message], now: now, into: &effects) }
    }

    /// Lets the person at a host delete a received message; false where there was none.
    public mutating func delete(_ message: InboxReference, at id: HostID) -> Bool {
        turn(of: id) { host, now, effects in
            host.station.delete([message], now: now, into: &effects) > 0
        }
    }

    /// The program of the person at a host is about to end: what others are to hear leaves at once.
    public mutating func hurry(_ id: HostID) {
        turn(of: id) { host, now, effects in host.station.hurry(now: now, into: &effects) }
    }

    /// Has a node bring to others what only it may have, as before its end.
    public mutating func leave(_ id: HostID) {
        turn(of: id) { host, now, effects in host.station.leave(now: now, into: &effects) }
    }

    /// What the person at a host can read now, in order.
    public func inbox(_ id: HostID, _ filter: InboxFilter = InboxFilter()) -> [IncomingMessage] {
        self[id].station.agent?.inbox(filter, now: now(of: id)) ?? []
    }

    /// Gives a node a command as an operator; `answer` finds what it says.
    public mutating func command(_ command: NodeCommand, at id: HostID) -> CommandID {
        let name = operatorCommands.next()
        answer(command, name, at: id)
        return name
    }

    /// Gives a node the answer to an event of an operator's command.
    public mutating func answer(_ command: NodeCommand, _ id: CommandID, at host: HostID) {
        turn(of: host) { host, now, effects in host.station.command(command, id: id, now: now, into: &effects) }
    }

    /// The events that answered operators' commands at a host; at a host without a person, all events.
    public func answers(_ id: HostID) -> [NodeEvent] { self[id].answers }

    /// Brings a datagram to a host as if it came from `endpoint`.
    public mutating func inject(_ bytes: [UInt8], to id: HostID, from endpoint: Endpoint) {
        turn(of: id) { host, now, effects in
            bytes.withUnsafeBytes {
                host.station.receive($0.bytes, from: endpoint, now: now, into: &effects)
            }
        }
    }
}
