import Basics

/// Which account each of many sessions is charged to, so that room for a newcomer is found without looking at all of
/// them.
///
/// It counts only while there are so many sessions that one account may have more than its share. Most nodes never have
/// so many.
struct SessionCrowd: Sendable {
    private var shares: Shares
    /// By slot; `Account.unknown` where no session is counted.
    private var accounts: [Account] = []
    /// Whether sessions are counted at present.
    private(set) var isCounting = false

    /// At most `capacity` sessions, and at most `share` with one account.
    init(capacity: Int, share: Int) { shares = Shares(capacity: capacity, share: share) }

    /// The number of sessions from which on they are counted.
    var threshold: Int { shares.share }

    /// Bytes of the room reserved.
    var memory: Int { shares.memory + accounts.capacity * MemoryLayout<Account>.stride }

    /// Begins to count, with the existing sessions.
    mutating func begin(_ sessions: some Sequence<(slot: Int, endpoint: Endpoint)>) {
        isCounting = true
        for (slot, endpoint) in sessions { insert(slot, at: endpoint) }
    }

    /// Stops counting: there are few sessions again.
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

    /// The slot of the session to evict so that there is room for one more with an endpoint, or nil where there is room
    /// already.
    ///
    /// It is the session of the crowding account that was silent for the longest. Where several accounts have equally
    /// many sessions, as in a table in which no account has two, the sessions of some of them are compared.
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

    /// Sessions of different accounts that are compared: enough that a session in use is hardly ever evicted.
    private static let compared = 16

    /// Traps where an invariant doesn't hold. For tests.
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
