import Basics
import Cryptography
import Mailboxes
import Testing
import Wire

/// Many who begin transfers and never end them, and one who means it.
@Suite struct FloodStories {
    /// The flood comes from two blocks of proved addresses and any number of invented ones, a thousand sets a second.
    @Test func anHonestDepositGetsThroughAFloodOfHalfOpenSetsWithinTwoSeconds() throws {
        var bench = try Bench()
        let mailbox = Owner(1).mailbox.location
        let letter = envelope(1, sizeClass: 3)
        var transfer = Transfer(size: letter.count)
        var number = UInt64(1_000)
        var isKept = false
        var round = 0
        while !isKept, round < 10 {
            for _ in 0..<200 {
                number += 1
                let isProven = number % 2 == 0
                let block = Account(rawValue: isProven ? number / 2 % 2 : number)
                let attacker = Source(session: number, account: block, isProven: isProven)
                _ = give(0, of: envelope(number, sizeClass: 3), to: mailbox, from: attacker, &bench)
            }
            // The first chunk came in a handshake, the others prove the address.
            let honest = Source(session: 1, account: Account(rawValue: 77), isProven: round > 0)
            var answers: [(UInt128, Int)] = []
            while case .send(let chunk, let sending) = transfer.next(now: bench.now.monotonic) {
                switch give(chunk, of: letter, to: mailbox, from: honest, &bench) {
                case .partial(let arrived): answers.append((arrived, sending))
                case .keep: isKept = true
                case let other: Issue.record("\(other)")
                }
                if isKept { break }
            }
            for (arrived, sending) in answers { transfer.observe(received: arrived, number: sending) }
            bench.now.monotonic = bench.now.monotonic + .milliseconds(200)
            round += 1
        }
        #expect(isKept, "\(round) round trips of 200 ms")
    }

    private func give(
        _ index: Int, of letter: [UInt8], to mailbox: Location, from source: Source, _ bench: inout Bench
    ) -> KeepOutcome {
        bench.buddy.deposit(
            chunk(index, of: letter, at: mailbox), letter.span.bytes, from: source, isResponsible: true, now: bench.now,
            store: &bench.store)
    }
}
