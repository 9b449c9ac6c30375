import Basics
import ControlAPI
import Testbed
import Testing

@Suite struct LookupBookTests {
    private func id(_ number: UInt64) -> Bytes32 { Bytes32(words: (number, 0, 0, 0)) }

    private func result(_ numbers: [UInt64], milliseconds: Double = 8) -> LookupResult {
        LookupResult(
            target: id(0).hex,
            closest: numbers.map { .init(node: id($0).hex, endpoint: "127.0.0.1:1", rttMilliseconds: Double($0)) },
            rounds: 2, rpcs: 5, milliseconds: milliseconds)
    }

    @Test func theClosestAreThoseThatHaveBeenThereForAWhile() {
        let living = (1...30).map { LookupBook.Living(id: id(31 - $0), since: $0 == 30 ? .seconds(90) : .zero) }
        let closest = LookupBook.closest(to: id(0), among: living, at: .seconds(100))
        #expect(closest == (2...21).map(id))
    }

    @Test func whatWasFoundIsComparedWithTheTruth() {
        var book = LookupBook()
        book.finish(result([1, 2, 3, 4]), after: [], target: id(0), expected: [id(1), id(2), id(3), id(4)])
        book.finish(result([1, 2, 9]), after: [], target: id(0), expected: [id(1), id(2), id(3), id(4)])
        book.finish(result([9]), after: [], target: id(0), expected: [id(1), id(2), id(3), id(4)])
        #expect(book.figures.count == 3 && book.figures.exact == 1 && book.figures.succeeded == 2)
    }

    /// Others than relaying nodes may be closer: who found k that are all closer missed nothing.
    @Test func closerOnesMayTakeTheirPlace() {
        var book = LookupBook()
        book.finish(
            result(Array(1...UInt64(Limits.bucketSize))), after: [], target: id(0), expected: [id(2), id(40)])
        #expect(book.figures.exact == 1)
        book.finish(result([1, 2]), after: [], target: id(0), expected: [id(2), id(40)])
        #expect(book.figures.exact == 1)
    }

    @Test func timesAreThoseOfTheRoundsInWhichNodesAnswered() {
        var book = LookupBook()
        let rounds = [result([3], milliseconds: 2), result([2, 3], milliseconds: 5)]
        book.finish(result([1, 2, 3]), after: rounds, target: id(0), expected: nil)
        let figures = book.sortedFigures
        #expect(figures.first == [.milliseconds(2)] && figures.all == [.milliseconds(8)])
        #expect(figures.medianRoundTrip == .milliseconds(2) && figures.rounds == [2] && figures.requests == [5])
    }
}
