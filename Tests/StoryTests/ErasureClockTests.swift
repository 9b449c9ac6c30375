import Basics
import NodeCore
import Testing

/// By what time may be erased: what the clock gains at once counts after two days of running on.
@Suite struct ErasureClockTests {
    private static let day: Int64 = 86_400

    /// A clock with a monotonic one beside it, and restarts.
    private struct Machine {
        var utc: Int64 = 1_790_000_000
        var uptime: Int64 = 0
        var clock: ErasureClock
        var isConfirmed = true

        init() { clock = ErasureClock(now: Machine.now(1_790_000_000, 0)) }

        static func now(_ utc: Int64, _ uptime: Int64) -> Now {
            Now(monotonic: Instant(sinceOrigin: .seconds(uptime)), utc: UnixTime(seconds: utc))
        }

        mutating func look() { _ = clock.look(now: Machine.now(utc, uptime), isConfirmed: isConfirmed) }

        /// Time goes by, with a look every ten minutes.
        mutating func run(hours: Int64) {
            for _ in 0..<(hours * 6) {
                utc += 600
                uptime += 600
                look()
            }
        }

        mutating func jump(days: Int64) {
            utc += days * ErasureClockTests.day
            look()
        }

        mutating func restart(offDays: Int64) throws {
            let bytes = clock.encoded
            utc += offDays * ErasureClockTests.day
            uptime = 7
            let restored = ErasureClock(bytes.span.bytes, now: Machine.now(utc, uptime))
            clock = try #require(restored)
        }

        var delayDays: Int64 { clock.delaySeconds / ErasureClockTests.day }
    }

    @Test func aClockThatRunsOnDelaysNothing() {
        var machine = Machine()
        machine.run(hours: 100)
        #expect(machine.clock.delaySeconds == 0)
    }

    @Test func aJumpCountsAfterTwoDaysOfRunningOn() {
        var machine = Machine()
        machine.jump(days: 20)
        #expect(machine.delayDays == 20)
        machine.run(hours: 47)
        #expect(machine.delayDays == 20)
        machine.isConfirmed = false
        machine.run(hours: 100)
        #expect(machine.delayDays == 20, "while others disagree no time passes")
        machine.isConfirmed = true
        machine.run(hours: 2)
        #expect(machine.delayDays == 0)
    }

    @Test func whatIsSetBackWasNeverGained() {
        var machine = Machine()
        machine.jump(days: 5)
        machine.run(hours: 40)
        machine.jump(days: 20)
        machine.jump(days: -20)
        #expect(machine.delayDays == 5)
        machine.run(hours: 9)
        #expect(machine.delayDays == 0, "the first has had its time")
        machine.jump(days: -20_000)
        #expect(machine.delayDays == 0)
        machine.jump(days: 20_000)
        #expect(machine.delayDays == 20_000)
    }

    @Test func aNightsRestIsBelievedAndAMonthIsNot() throws {
        var machine = Machine()
        try machine.restart(offDays: 1)
        #expect(machine.delayDays == 0)
        try machine.restart(offDays: 30)
        #expect(machine.delayDays == 30)
        machine.run(hours: 30)
        try machine.restart(offDays: 0)
        #expect(machine.delayDays == 30)
        machine.run(hours: 17)
        #expect(machine.delayDays == 30)
        machine.run(hours: 2)
        #expect(machine.delayDays == 0, "uptime counts over restarts")
        try machine.restart(offDays: -20)
        #expect(machine.delayDays == 0)
    }

    /// Whoever is there for some hours a week gets through it as well, one absence after the other.
    @Test func whoIsSeldomThereErasesTooInTheEnd() throws {
        var machine = Machine()
        for _ in 0..<40 {
            try machine.restart(offDays: 7)
            machine.run(hours: 5)
        }
        #expect(machine.delayDays <= 10 * 7 && machine.delayDays > 0)
    }

    @Test func nonsenseOnDiskAndAtTheEndsOfTimeIsBorne() throws {
        let short: [UInt8] = [1, 2, 3]
        let unread = ErasureClock(short.span.bytes, now: Machine.now(0, 0))
        #expect(unread == nil)
        let full = [UInt8](repeating: 0xff, count: 8 + 12 * 40)
        let restored = ErasureClock(full.span.bytes, now: Machine.now(0, 0))
        let clock = try #require(restored)
        #expect(clock.delaySeconds >= 0)
        var machine = Machine()
        for step in 0..<100 {
            machine.utc = step % 2 == 0 ? 0 : Limits.latestTime - Int64(step) * 7 * ErasureClockTests.day
            machine.look()
            if step % 3 == 0 { machine.jump(days: 2) }
            #expect(machine.clock.delaySeconds >= 0)
        }
        for _ in 0..<40 { machine.jump(days: 2) }
        #expect(machine.clock.encoded.count <= 8 + 16 * 12)
    }
}
