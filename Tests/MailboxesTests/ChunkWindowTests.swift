import Basics
import Mailboxes
import Testing
import Wire

/// How many chunks go at once, and what counts as lost.
@Suite struct ChunkWindowTests {
    /// A transfer of 128 chunks, and what its node has of it.
    private struct Sender {
        var transfer = Transfer(size: Chunks.largestSize)
        var chunks: [Int] = []
        private var arrived: UInt128 = 0

        /// Sends all that may be sent; returns the numbers.
        mutating func send() -> [Int] {
            var numbers: [Int] = []
            while case .send(let chunk, let number) = transfer.next(now: .origin) {
                chunks.append(chunk)
                numbers.append(number)
            }
            return numbers
        }

        mutating func arrive(_ number: Int, roundTrip: Duration? = nil) {
            arriveUnanswered(number)
            transfer.observe(received: arrived, number: number, roundTrip: roundTrip)
        }

        mutating func arriveUnanswered(_ number: Int) { arrived |= 1 << UInt128(chunks[number]) }
    }

    @Test func itDoublesEachRoundTripUpToItsBound() {
        var sender = Sender()
        var sizes: [Int] = []
        for _ in 0..<4 {
            let round = sender.send()
            sizes.append(round.count)
            for number in round { sender.arrive(number) }
        }
        #expect(sizes == [10, 20, 32, 32])
    }

    @Test func aFifthLostAtRandomDoesNotShrinkIt() {
        var sender = Sender()
        var sizes: [Int] = []
        for _ in 0..<3 {
            let round = sender.send()
            sizes.append(round.count)
            for number in round where number % 5 != 2 { sender.arrive(number) }
            for number in round where number % 5 == 2 { sender.transfer.observeLoss(of: number) }
        }
        #expect(sizes == [10, 18, 32])
    }

    @Test func itHalvesOnceWhereMostIsLostAndGrowsSlowlyThen() {
        var sender = Sender()
        let first = sender.send()
        for number in first { sender.arrive(number) }
        let second = sender.send()
        #expect(second.count == 20)
        for number in second.dropFirst(1) { sender.transfer.observeLoss(of: number) }
        sender.arrive(second[0])
        let third = sender.send()
        #expect(third.count == 10)
        #expect(sender.chunks[third[0]] == sender.chunks[second[1]], "the lost ones first")
        for number in third { sender.arrive(number) }
        #expect(sender.send().count == 11)
    }

    @Test func threeLaterAnswersShowALoss() {
        var sender = Sender()
        let first = sender.send()
        for number in 1...2 { sender.arrive(number) }
        #expect(!sender.send().contains { sender.chunks[$0] == 0 })
        sender.arrive(3)
        let again = sender.send()
        #expect(sender.chunks[again[0]] == 0 && again[0] >= first.count)
    }

    @Test func whoIsOftenOvertakenIsWaitedForLonger() {
        var sender = Sender()
        _ = sender.send()
        for number in 1...6 { sender.arrive(number) }
        let again = sender.send()
        #expect(sender.chunks[again[0]] == 0)
        // It was only slow: six were before it.
        sender.arrive(0)
        for number in 8..<14 { sender.arrive(number) }
        #expect(!sender.send().contains { sender.chunks[$0] == 7 }, "six are not enough now")
        sender.arrive(14)
        sender.arrive(15)
        #expect(sender.send().contains { sender.chunks[$0] == 7 })
    }

    @Test func whatOtherAnswersShowAsArrivedIsNotSentAgain() {
        var sender = Sender()
        let first = sender.send()
        for number in first.dropLast() { sender.arriveUnanswered(number) }
        sender.arrive(first[first.count - 1])
        for number in first { sender.transfer.observeLoss(of: number) }
        let next = sender.send()
        #expect(next.count == 20)
        #expect(next.allSatisfy { sender.chunks[$0] >= first.count })
    }

    @Test func theTimeoutFollowsTheRoundTripsToThisNode() {
        var sender = Sender()
        #expect(sender.transfer.timeout == nil)
        let numbers = sender.send()
        for number in numbers { sender.arrive(number, roundTrip: .milliseconds(200)) }
        let timeout = sender.transfer.timeout ?? .zero
        #expect(timeout >= .milliseconds(300) && timeout < .milliseconds(350), "\(timeout)")
        for _ in 0..<3 {
            for number in sender.send() { sender.transfer.observeLoss(of: number) }
        }
        #expect(sender.transfer.timeout ?? .zero > .milliseconds(400), "it backs off")
    }
}
