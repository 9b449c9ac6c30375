import Basics

/// Which account each of many sessions is charged to, so that a newcomer's place is found without a look at all of them.
///
/// Counts only while there are so many that one account may have more than its share: most nodes never have.
struct SessionCrowd: Sendable {
    private var shares: Shares
    /// By slot; `Account.unknown` where there is no session that is counted.
    private var accounts: [Account] = []
    /// Whether sessions are counted at present.
    private(set) var isCounting = false

    /// At most `capacity` sessions, and `share` with one account.
    init(capacity: Int, share: Int) { shares = Shares(capacity: capacity, share: share) }

    /// Sessions from which on they are counted.
    var threshold: Int { shares.share }

    /// Bytes of the room reserved.
    var memory: Int { shares.memory + accounts.capacity * MemoryLayout<Account>.stride }

    /// Begins to count, with the sessions that there are.
    mutating func begin(_ sessions: some Sequence<(slot: Int, endpoint: Endpoint)>) {
        isCounting = true
        for (slot, endpoint) in sessions { insert(slot, at: endpoint) }
    }

    /// There are few sessions again.
    mutating func end() {
        guard isCounting else { return }
        self = SessionCrowd(capacity: shares.capacity, share: shares.share)
    }

    mutating func insert(_ slot: Int, at endpoint: Endpoint) {
        guard isCounting else { return }
        if slot >= accounts.count {
            accounts.append(contentsOf: repeatElement(.unknown, count: slot + 1 - accounts.count))
        }
        accounts[slot] = .block(of: endpoint)
        shares.add(to: accounts[slot])
    }

    mutating func remove(_ slot: Int) {
        guard isCounting, slot < accounts.count, accounts[slot] != .unknown else { return }
        shares.remove(from: accounts[slot])
        accounts[slot] = .unknown
    }

    /// The slot of the session that has to end so that there is room for one more with an endpoint, or nil where there is.
    ///
    /// It is that of the crowding account which was heard of least lately. Where several accounts have as many sessions, as in
    /// a table in which no account has two, those of some of them are compared.
    mutating func leaving(for endpoint: Endpoint, heardAt: (_ slot: Int) -> CompactInstant) -> Int? {
        let own = Account.block(of: endpoint)
        guard isCounting, case .displacing(var account) = shares.room(of: own) else { return nil }
        let amount = shares.amount(of: account)
        var leaving: Int?
        for _ in 0..<(account == own ? 1 : max(1, SessionCrowd.compared / amount)) {
            for slot in accounts.indices where accounts[slot] == account {
                if leaving.map({ heardAt(slot) < heardAt($0) }) ?? true { leaving = slot }
            }
            shares.postpone(account)
            guard let next = shares.fullest, next != account, shares.amount(of: next) == amount else { break }
            account = next
        }
        return leaving
    }

    /// Sessions of different accounts that are compared: enough that one that is in use hardly ever goes.
    private static let compared = 16

    /// Traps where something that always holds doesn't. For tests.
    func checkInvariants(_ sessions: some Sequence<(slot: Int, endpoint: Endpoint)>) {
        guard isCounting else { return }
        shares.checkInvariants()
        var count = 0
        for (slot, endpoint) in sessions {
            count += 1
            precondition(accounts[slot] == .block(of: endpoint), "each session is charged to its account")
        }
        precondition(count == shares.total, "no others are counted")
    }
}
