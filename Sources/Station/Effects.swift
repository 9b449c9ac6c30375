import Exchange
import NodeCore
import PeerCore

extension Station {
    /// What a station wants done and made known, written by it and drained by its driver after every turn.
    ///
    /// The driver owns it and reuses it, so that a turn allocates nothing. A driver of many stations lends all of them the
    /// same, as it drains one before it calls the next: what the two cores have still to say to each other is kept by
    /// the station itself.
    public struct Effects: Sendable {
        /// Datagrams to send, and counts of the node. `Station.exchange` empties its events.
        public var node = Outbox()
        /// Notices for the person, and counts of the agent. `Station.exchange` empties its commands.
        public var person = PeerOutbox()
        /// Answers to commands of operators; if no person is served, all that the node reports.
        public var answers: [NodeEvent] = []

        /// What is being passed on: room that `Station.exchange` works in.
        var passing = Passing()

        /// Nothing to do.
        public init() {}
    }
}

/// What one core has said and the other hasn't heard.
struct Passing: Sendable {
    var events: [NodeEvent] = []
    var commands: [(id: CommandID, command: NodeCommand)] = []
}

/// Something that passes between the cores of a station, or from the node to an operator.
public enum Passage {
    /// The node has reported it.
    case event(NodeEvent)
    /// The agent wants it done.
    case command(CommandID, NodeCommand)
}
