import Basics
import NodeCore
import Testing

/// How the pause between two renewals follows from what comes through a NAT.
@Suite struct MappingLifetimeTests {
    private var lifetime = MappingLifetime()
    private var now = Instant.origin + .seconds(1_000)
    private let home = Account.block(of: Endpoint(ipv4: 0xcb00_7101, port: 1))
    private let work = Account.block(of: Endpoint(ipv4: 0xc633_6401, port: 1))

    /// Tries what there is to try, behind a NAT that forgets after so long, until there is nothing. Returns what was tried.
    private mutating func measure(behind seconds: UInt32) -> [UInt32] {
        var tried: [UInt32] = []
        while let silence = lifetime.nextTry(now: now), tried.count < 20 {
            tried.append(silence)
            lifetime.observe(hasArrived: silence <= seconds, now: now)
        }
        return tried
    }

    @Test mutating func whatComesThroughTwiceCountsLessAFifth() {
        #expect(lifetime.interval == .seconds(25))
        let tried = measure(behind: 120)
        #expect(tried == [40, 40, 60, 60, 72, 72])
        #expect(lifetime.interval == .milliseconds(57_600))
    }

    @Test mutating func whatForgetsSoonIsRemindedAsBefore() {
        let tried = measure(behind: 30)
        #expect(tried == [40, 40] && lifetime.interval == .seconds(25))
    }

    /// Of two tries one may be lost.
    @Test mutating func oneLossProvesNothing() {
        _ = lifetime.nextTry(now: now)
        lifetime.observe(hasArrived: false, now: now)
        let tried = measure(behind: 60)
        #expect(tried.prefix(2) == [40, 40] && lifetime.interval == .seconds(48))
    }

    @Test mutating func aNATThatForgetsSoonerThanBeforeIsNoticed() {
        _ = measure(behind: 120)
        #expect(lifetime.interval == .milliseconds(57_600))
        now = now + .seconds(3_600)
        let tried = measure(behind: 30)
        #expect(tried == [72, 72] && lifetime.interval == .seconds(25), "half of it, or less")
        now = now + .seconds(3_600)
        let triedAgain = measure(behind: 120)
        #expect(triedAgain == [40, 40, 60, 60, 72, 72] && lifetime.interval == .milliseconds(57_600))
    }

    @Test mutating func whatIsKnownIsTriedAgainOnceAnHour() {
        _ = measure(behind: 120)
        now = now + .seconds(3_599)
        #expect(lifetime.nextTry(now: now) == nil)
        now = now + .seconds(1)
        let tried = measure(behind: 120)
        #expect(tried == [72] && lifetime.interval == .milliseconds(57_600))
    }

    @Test mutating func eachNetworkHasItsOwn() {
        lifetime.enter(home)
        _ = measure(behind: 120)
        lifetime.leave()
        #expect(lifetime.interval == .seconds(25))
        lifetime.enter(work)
        _ = measure(behind: 60)
        #expect(lifetime.interval == .seconds(48))
        lifetime.leave()
        lifetime.enter(home)
        #expect(lifetime.interval == .milliseconds(57_600))
        for number in 0..<20 { lifetime.enter(.block(of: Endpoint(ipv4: UInt32(45 + number) << 24 | 1, port: 1))) }
        lifetime.enter(home)
        #expect(lifetime.interval == .seconds(25), "the last few are remembered")
    }
}
