import Basics
import Testing

@Suite struct RateLimitsTests {
    private func account(_ number: UInt64) -> Account { Account(rawValue: number) }
    private func at(_ second: Double) -> Instant { Instant(sinceOrigin: .seconds(100 + second)) }

    @Test func whatIsTakenComesBackInTime() {
        var limits = RateLimits(4, per: .seconds(8), capacity: 10)
        for _ in 0..<4 {
            #expect(limits.allows(account(1), at: at(0)))
            limits.take(account(1), at: at(0))
        }
        #expect(!limits.allows(account(1), at: at(1.9)) && limits.allows(account(1), at: at(2)))
        #expect(limits.allows(account(2), at: at(0)))
        limits.refund(account(1), 1)
        #expect(limits.allows(account(1), at: at(0)))
    }

    /// Accounts that need not be remembered make room before one that has used up its tokens.
    @Test func whoIsThrottledIsRememberedWhileOthersNeedNotBe() {
        var limits = RateLimits(1, per: .seconds(10), capacity: 8)
        for number in 0..<5 as Range<UInt64> { limits.take(account(number), at: at(0)) }
        // All of them are still needed: it is looked again when there are ten, which is more than are remembered.
        for number in 5..<8 as Range<UInt64> { limits.take(account(number), at: at(1)) }
        limits.take(account(0), at: at(10))
        #expect(!limits.allows(account(0), at: at(15)))
        for number in 20..<25 as Range<UInt64> { limits.take(account(number), at: at(15)) }
        #expect(!limits.allows(account(0), at: at(15)), "four were full again")
    }
}
