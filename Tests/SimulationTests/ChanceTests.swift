import Basics
import Simulation
import Testing

/// Draws follow their laws, and those of one concern or host are not those of another.
@Suite struct ChanceTests {
    @Test func concernsAndHostsDrawApart() {
        var seen: Set<UInt64> = []
        for seed in 0..<20 as Range<UInt64> {
            for host in 0..<20 {
                for concern in [Chance.Concern.identity, .link, .churn] {
                    var chance = Chance(seed: seed, concern, host: host)
                    #expect(seen.insert(chance.next()).inserted)
                }
            }
        }
    }

    @Test func halfIsOverAfterAHalfLife() {
        var chance = Chance(seed: 7, .churn)
        let count = 20_000
        let exponential = (0..<count).map { _ in chance.lifetime(halfLife: .seconds(3_600)) }.sorted()
        let weibull = (0..<count).map { _ in chance.weibullLifetime(halfLife: .seconds(3_600)) }.sorted()
        for lives in [exponential, weibull] {
            #expect((3_450...3_750).contains(lives[count / 2].components.seconds))
        }
        // After another half-life a quarter is left; of the others, that is so after three: u = 1/4 squares to 4 half-lives.
        #expect((6_900...7_500).contains(exponential[count * 3 / 4].components.seconds))
        #expect((13_500...15_300).contains(weibull[count * 3 / 4].components.seconds))
    }

    @Test func spansHaveTheirMean() {
        var chance = Chance(seed: 8, .presence)
        let sum = (0..<20_000).reduce(0) { sum, _ in sum + chance.span(mean: .seconds(1_800)).components.seconds }
        #expect((1_760...1_840).contains(sum / 20_000))
    }

    @Test func picksAreDifferentElementsAndEachAsOften() {
        var chance = Chance(seed: 9, .faults)
        var counts = [Int](repeating: 0, count: 10)
        for _ in 0..<10_000 {
            let picked = chance.pick(3, of: Array(0..<10))
            #expect(Set(picked).count == 3)
            for element in picked { counts[element] += 1 }
        }
        #expect(counts.allSatisfy { (2_800...3_200).contains($0) })
    }
}
