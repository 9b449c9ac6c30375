import Basics
import Mailboxes
import Testing
import Wire

/// While a disk is slow, less waits for it, so that nobody waits long.
@Suite struct CommitPaceTests {
    let bob = Owner(1)

    /// How many envelopes are accepted for the next commit, of one account.
    private func brought(_ count: inout UInt64, _ bench: inout Bench) -> Int {
        var kept = 0
        for _ in 0..<5_000 {
            count += 1
            guard bench.deposit(envelope(count), to: Owner(count).mailbox.location).isKeep else { break }
            kept += 1
        }
        return kept
    }

    @Test func aSlowDiskTakesLessAndAFastOneMore() throws {
        var bench = try Bench()
        var count: UInt64 = 0
        func round(lasting duration: Duration) -> Int {
            let kept = brought(&count, &bench)
            bench.now.monotonic = bench.now.monotonic + duration
            bench.commit()
            bench.buddy.commitEnded(isFollowed: true, now: bench.now)
            return kept
        }
        let first = round(lasting: .milliseconds(50))
        #expect(round(lasting: .milliseconds(50)) == first, "as much as ever")
        _ = round(lasting: .milliseconds(400))
        let slower = round(lasting: .milliseconds(400))
        #expect(slower < first * 6 / 10 && slower > first / 3)
        for _ in 0..<20 { _ = round(lasting: .seconds(2)) }
        let slowest = round(lasting: .seconds(2))
        #expect(slowest < slower && slowest > 20, "never nothing")
        for _ in 0..<20 { _ = round(lasting: .milliseconds(20)) }
        #expect(round(lasting: .milliseconds(20)) == first)
    }

    /// A disk that takes long for whatever little there is: less at once would make nobody wait less.
    @Test func littleThatTakesLongSaysNothing() throws {
        var bench = try Bench()
        var count: UInt64 = 0
        for _ in 0..<20 {
            count += 1
            #expect(bench.deposit(envelope(count), to: Owner(count).mailbox.location).isKeep)
            bench.now.monotonic = bench.now.monotonic + .milliseconds(300)
            bench.commit()
            bench.buddy.commitEnded(isFollowed: true, now: bench.now)
        }
        let kept = brought(&count, &bench)
        bench.commit()
        #expect(kept > 250, "half of 4 MiB")
    }

    /// How long the disk took isn't known where it had nothing to do meanwhile.
    @Test func pausesSayNothing() throws {
        var bench = try Bench()
        var count: UInt64 = 0
        let first = brought(&count, &bench)
        bench.commit()
        for _ in 0..<10 {
            bench.buddy.commitEnded(isFollowed: false, now: bench.now)
            bench.pass(seconds: 5)
        }
        #expect(brought(&count, &bench) == first)
    }
}
