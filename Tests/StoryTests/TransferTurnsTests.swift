import Basics
import NodeCore
import Sessions
import Testing

/// Who may bring something to a node when.
@Suite struct TransferTurnsTests {
    private let node = NodeID(Bytes32(words: (1, 2, 3, 4)))
    private let large = Limits.sizeClasses[3]

    private func enter(_ process: UInt64, size: Int, to turns: inout TransferTurns) -> Bool {
        turns.operation = process
        return turns.enter(node, as: .node, size: size)
    }

    @Test func asManyGoAsTheNodeTakesAndTheOthersInOrder() {
        var turns = TransferTurns()
        #expect(enter(1, size: large, to: &turns))
        #expect(enter(2, size: large, to: &turns))
        #expect(!enter(3, size: large, to: &turns))
        #expect(!enter(4, size: 2_048, to: &turns), "nobody overtakes, or a large one would never have its turn")
        turns.operation = 2
        turns.leave(node, as: .node)
        let first = [turns.takeWoken(), turns.takeWoken()]
        #expect(first == [3, nil])
        turns.leaveAll(1)
        let next = turns.takeWoken()
        #expect(next == 4)
        #expect(enter(4, size: 2_048, to: &turns), "it is asked again")
    }

    @Test func smallOnesGoTogether() {
        var turns = TransferTurns()
        for process in 0..<UInt64(Limits.assembliesPerSession) { #expect(enter(process, size: 2_048, to: &turns)) }
        #expect(!enter(99, size: 2_048, to: &turns))
    }

    @Test func whatIsTooLargeForAnyNodeIsForTheNodeToRefuse() {
        var turns = TransferTurns()
        #expect(enter(1, size: Limits.assemblyBytesPerSession + 1, to: &turns))
    }
}
