import Basics
import NodeCore
import Testing

/// Chunks that leave at the rate that the way out carries.
@Suite struct PacerTests {
    /// A way out with a rate, a bounded queue and a round trip, and somebody who always has a chunk to send.
    private struct Way {
        var pacer = Pacer()
        /// Chunks a second that it carries.
        var capacity: Int
        private let roundTrip = Duration.milliseconds(100)
        /// Added to each answer, at random up to this.
        private let jitter: Duration
        private let loss: Int
        /// The longest wait before a chunk begins to leave.
        private let queue: Duration
        /// Where every third chunk is a message's last: how long its answer waits for a disk.
        private let disk: Duration?
        /// Whether one node is gone: at first all goes there, and later every fourth chunk.
        private let oneIsGone: Bool
        private(set) var now = Instant.origin
        private(set) var sent = 0
        private(set) var dropped = 0
        private var isBusyUntil = Instant.origin
        private var generator = SeededGenerator(seed: 5)
        private var answers: [(at: Instant, sentAt: Instant, isLost: Bool, isLast: Bool, node: NodeID)] = []

        init(
            capacity: Int = .max, jitter: Duration = .zero, loss: Int = 0, queue: Duration = .milliseconds(100),
            disk: Duration? = nil, oneIsGone: Bool = false
        ) {
            self.capacity = capacity
            self.jitter = jitter
            self.loss = loss
            self.queue = queue
            self.disk = disk
            self.oneIsGone = oneIsGone
        }

        mutating func run(for duration: Duration) {
            let end = now + duration
            while now < end {
                while pacer.hasRoom(now: now) { send() }
                pacer.recordHeld()
                for answer in answers where answer.at <= now {
                    if answer.isLost {
                        pacer.observeLoss(at: answer.node, sentAt: answer.sentAt, now: now)
                    } else {
                        pacer.observeAnswer(from: answer.node, sentAt: answer.sentAt, now: now)
                        guard !answer.isLast else { continue }
                        pacer.observeRoundTrip(to: answer.node, sentAt: answer.sentAt, now: now)
                    }
                }
                answers.removeAll { [now] in $0.at <= now }
                now = now + .milliseconds(1)
            }
        }

        /// Nothing is sent, and answers wait to be looked at.
        mutating func pause(for duration: Duration) { now = now + duration }

        private mutating func send() {
            pacer.recordSent(now: now)
            sent += 1
            let begins = max(isBusyUntil, now)
            let isLost = begins - now > queue || Int(generator.next() % 100) < loss
            if begins - now > queue {
                dropped += 1
            } else {
                isBusyUntil = begins + .nanoseconds(1_000_000_000 / capacity)
            }
            let arrival = isBusyUntil + roundTrip + jitter * Int(generator.next() % 1_000) / 1_000
            let node = NodeID(Bytes32(words: (generator.next() % 20, 0, 0, 0)))
            if oneIsGone, now - .origin < .milliseconds(300) || sent % 4 == 0 {
                let gone = NodeID(Bytes32(words: (99, 0, 0, 0)))
                return answers.append((now + .milliseconds(400), now, true, false, gone))
            }
            let isLast = disk != nil && sent % 3 == 0
            let answered = isLast ? arrival + (disk ?? .zero) : arrival
            answers.append((isLost ? now + .milliseconds(400) : answered, now, isLost, isLast, node))
        }
    }

    @Test func noMoreLeavesAtOnceThanTCPsFirstWindow() {
        var pacer = Pacer()
        var burst = 0
        while pacer.hasRoom(now: .origin) {
            pacer.recordSent(now: .origin)
            burst += 1
        }
        #expect(burst == Limits.pacingBurst)
        #expect(pacer.nextRoom > .origin)
        #expect(pacer.hasRoom(now: pacer.nextRoom))
    }

    @Test(arguments: [0, 20])
    func aFreeWaySoonHoldsNothingBack(loss: Int) {
        var way = Way(loss: loss)
        way.run(for: .seconds(1))
        #expect(way.pacer.rate >= 8 * Limits.pacingRateInitial, "\(way.pacer.rate)")
    }

    @Test(arguments: [150, 500, 2_000])
    func aNarrowWayIsKeptBusyWithoutOverflow(capacity: Int) {
        var way = Way(capacity: capacity)
        way.run(for: .seconds(2))
        let (sent, dropped) = (way.sent, way.dropped)
        way.run(for: .seconds(10))
        let rate = Double(way.sent - sent - way.dropped + dropped) / 10
        #expect(rate > 0.85 * Double(capacity), "\(rate) of \(capacity)")
        #expect(way.dropped - dropped < (way.sent - sent) / 30, "\(way.dropped - dropped) of \(way.sent - sent)")
    }

    @Test func aWayWithoutQueueIsFoundByLoss() {
        var way = Way(capacity: 200, queue: .milliseconds(5))
        way.run(for: .seconds(5))
        #expect(way.pacer.rate < 600, "\(way.pacer.rate)")
    }

    @Test func delayThatVariesIsNoQueue() {
        var way = Way(jitter: .milliseconds(200))
        way.run(for: .seconds(3))
        #expect(way.pacer.rate >= 4 * Limits.pacingRateInitial, "\(way.pacer.rate)")
    }

    @Test func aWayThatWidensIsFoundAgain() {
        var way = Way(capacity: 200)
        way.run(for: .seconds(3))
        way.capacity = 4_000
        way.run(for: .seconds(5))
        #expect(way.pacer.rate > 2_000, "\(way.pacer.rate)")
    }

    /// What is sent to somebody who has gone is lost, and says nothing of the way.
    @Test func aNodeThatIsGoneSlowsNobodyElse() {
        var way = Way(oneIsGone: true)
        way.run(for: .seconds(2))
        #expect(way.pacer.rate >= 8 * Limits.pacingRateInitial, "\(way.pacer.rate)")
    }

    /// Every third chunk is the last of a message: its answer waits for a disk, and tells no round trip.
    @Test(arguments: [1, 10])
    func answersThatWaitForADiskCountAsAnswers(disk: Int) {
        var way = Way(disk: .milliseconds(disk))
        way.run(for: .seconds(1))
        #expect(way.pacer.rate >= 8 * Limits.pacingRateInitial, "\(way.pacer.rate)")
    }

    @Test func afterASilenceTheRateIsTriedOutAnew() {
        var way = Way(capacity: 100)
        way.run(for: .seconds(10))
        #expect(way.pacer.rate < Limits.pacingRateInitial)
        way.pause(for: .seconds(6))
        way.capacity = .max
        way.run(for: .seconds(1))
        #expect(way.pacer.rate >= 8 * Limits.pacingRateInitial, "\(way.pacer.rate)")
    }

    @Test func itNeverFallsBelowItsMinimum() {
        var way = Way(capacity: 10)
        way.run(for: .seconds(20))
        #expect(way.pacer.rate == Limits.pacingRateMinimum)
    }
}
