import Exchange

/// Makes the IDs of commands that an operator gives a node, next to those of the agent of the person whom it serves.
///
/// Agents count their commands from one and never come to the upper half of the numbers, which is the operators'. So the
/// answers to both can be told apart, by `CommandID.isOperators`.
public struct OperatorCommands: Sendable {
    private var last: UInt64 = 0

    /// IDs that begin from the start: for the lifetime of one node.
    public init() {}

    /// An ID that no command of the agent has, and none of the operator's had before.
    public mutating func next() -> CommandID {
        last += 1
        return CommandID(number: CommandID.operatorBit | last)
    }
}

extension CommandID {
    /// The bit that IDs of operators have and those of agents don't.
    fileprivate static let operatorBit: UInt64 = 1 << 63

    /// Whether the command is an operator's, and not one of an agent.
    public var isOperators: Bool { number & CommandID.operatorBit != 0 }

    /// Its number among the commands of the agent or the operator that gave it, for people to read.
    public var serial: UInt64 { number & ~CommandID.operatorBit }
}
