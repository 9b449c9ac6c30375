import Basics
import Simulation
import Testing

/// Distances are distances, and delays lie where they should.
@Suite struct LinkModelTests {
    private static func places(_ count: Int) -> [Place] {
        var generator = SeededGenerator(seed: 3)
        return (0..<count).map { _ in Place(&generator) }
    }

    @Test func distancesAreSymmetricWithinBoundsAndNoDetourIsMuchShorter() {
        let places = LinkModelTests.places(60)
        for a in places {
            for b in places {
                let distance = a.distance(to: b)
                #expect(distance == b.distance(to: a))
                #expect((0...1 << 16).contains(distance))
                // Whole numbers: each leg may be rounded down.
                for c in places.prefix(10) { #expect(distance <= a.distance(to: c) + c.distance(to: b) + 4) }
            }
        }
    }

    @Test func delaysFillTheRangeAndJitterOvertakes() {
        let model = LinkModel(latency: .milliseconds(20)...(.milliseconds(200)), jitter: 0.1)
        let link = Link(model)
        let places = LinkModelTests.places(200)
        var generator = SeededGenerator(seed: 4)
        var least = Duration.seconds(1)
        var most = Duration.zero
        for (index, place) in places.enumerated() {
            let delays = link.delays(from: place, to: places[(index + 1) % places.count], &generator)
            guard let delay = delays.first else { continue }
            #expect(delays.second == nil)
            least = min(least, delay)
            most = max(most, delay)
        }
        #expect(least >= .milliseconds(20) && least < .milliseconds(45))
        #expect(most <= .milliseconds(220) && most > .milliseconds(120))
    }

    @Test func lossAndDuplicationHaveTheirShares() {
        let link = Link(LinkModel(loss: 0.2, duplication: 0.1))
        let places = LinkModelTests.places(2)
        var generator = SeededGenerator(seed: 5)
        var lost = 0
        var doubled = 0
        for _ in 0..<20_000 {
            let delays = link.delays(from: places[0], to: places[1], &generator)
            if delays.first == nil { lost += 1 }
            if delays.second != nil { doubled += 1 }
        }
        #expect((3_800...4_200).contains(lost))
        #expect((1_450...1_750).contains(doubled))
    }
}
