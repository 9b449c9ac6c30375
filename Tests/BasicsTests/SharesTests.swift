import Basics
import Testing

@Suite struct SharesTests {
    private func account(_ number: UInt64) -> Account { Account(rawValue: number) }

    @Test func whoHoldsMoreThanItsShareGivesWayItself() {
        var shares = Shares(capacity: 10, share: 3)
        for _ in 0..<3 {
            #expect(shares.room(of: account(1)) == .free)
            shares.add(to: account(1))
        }
        #expect(shares.room(of: account(1)) == .displacing(account(1)))
        #expect(shares.room(of: account(2)) == .free)
        #expect(shares.room(for: 4, of: account(2)) == .none)
        shares.remove(from: account(1))
        #expect(shares.room(of: account(1)) == .free)
    }

    @Test func whereAllIsTakenTheFullestGivesWay() {
        var shares = Shares(capacity: 6, share: 4)
        shares.add(4, to: account(1))
        shares.add(2, to: account(2))
        #expect(shares.room(of: account(3)) == .displacing(account(1)))
        #expect(shares.room(of: account(2)) == .displacing(account(1)))
        shares.remove(2, from: account(1))
        shares.add(2, to: account(3))
        // Two each: whoever would hold most gives way itself, and of equals the one that changed least lately.
        #expect(shares.room(of: account(1)) == .displacing(account(1)))
        #expect(shares.room(of: account(4)) == .displacing(account(2)))
        shares.postpone(account(2))
        #expect(shares.room(of: account(4)) == .displacing(account(1)))
    }

    @Test func nothingGoesBelowZero() {
        var shares = Shares(capacity: 5, share: 5)
        shares.remove(3, from: account(1))
        shares.add(2, to: account(1))
        shares.remove(9, from: account(1))
        #expect(shares.total == 0 && shares.fullest == nil && shares.count == 0)
    }

    /// Against a dictionary that is looked through each time.
    @Test(arguments: seeds(8))
    func holdsWhatASlowModelHolds(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var shares = Shares(capacity: 1_000, share: 200)
        var model: [UInt64: Int] = [:]
        for _ in 0..<3_000 {
            let number = generator.next() % 40
            let amount = Int(generator.next() % 12)
            if generator.next() % 2 == 0 {
                shares.add(amount, to: account(number))
                model[number, default: 0] += amount
            } else {
                shares.remove(amount, from: account(number))
                model[number] = max(0, model[number, default: 0] - amount)
            }
            shares.checkInvariants()
            #expect(shares.amount(of: account(number)) == model[number, default: 0], "seed \(seed)")
            #expect(shares.fullest.map { shares.amount(of: $0) } ?? 0 == model.values.max() ?? 0, "seed \(seed)")
        }
        #expect(shares.total == model.values.reduce(0, +))
    }

    // MARK: Accounts

    @Test(arguments: [
        ("203.0.113.7:1", "203.0.113.250:9", true), ("203.0.113.7:1", "203.0.114.7:1", false),
        ("[2001:db8:1:2::1]:1", "[2001:db8:1:ffff::9]:2", true), ("[2001:db8:1::1]:1", "[2001:db8:2::1]:1", false),
        ("127.0.0.1:1", "127.0.0.1:1", true), ("127.0.0.1:1", "127.0.0.1:2", false),
        ("10.0.0.1:1", "10.0.0.2:1", false),
        ("[::1]:1", "[::1]:2", false), ("[fe80::1]:1", "[fe80::2]:1", false), ("[fd00::1]:7", "[fd00::1]:7", true),
        ("0.0.203.1:1", "[::cb:1:0:0]:1", false),
    ])
    func anAccountIsABlockOrALocalAddress(_ left: String, _ right: String, _ isOne: Bool) throws {
        let (left, right) = (try #require(Endpoint(left)), try #require(Endpoint(right)))
        #expect((Account.block(of: left) == Account.block(of: right)) == isOne)
        #expect(Account.block(of: left) != .unknown)
    }

    @Test func aHostIsAnAddressOrASixtyFour() throws {
        func host(_ text: String) throws -> Account { .host(of: try #require(Endpoint(text))) }
        #expect(try host("203.0.113.7:1") == host("203.0.113.7:2"))
        #expect(try host("203.0.113.7:1") != host("203.0.113.8:1"))
        #expect(try host("[2001:db8:1:2::1]:1") == host("[2001:db8:1:2:3::9]:2"))
        #expect(try host("[2001:db8:1:2::1]:1") != host("[2001:db8:1:3::1]:1"))
        #expect(try host("127.0.0.1:1") != host("127.0.0.1:2"))
    }
}
