/// How much of a bounded resource each account holds, and which account must release some when there is no room.
///
/// No account holds more than its share. When the whole capacity is used, the account that holds most gives way to one
/// that holds less. So an account that fills a table displaces only its own entries and can't exclude others (max-min
/// fairness: Bertsekas and Gallager, Data Networks, §6.5.2). What an account holds is in the caller's units: things or
/// bytes.
///
/// A binary heap, the fullest account first, with the place of each account: so an account is found at once, and a
/// change costs the logarithm of the number of accounts. Of two accounts that hold the same, the one whose amount
/// changed earlier comes first.
public struct Shares: Sendable {
    private struct Holder: Sendable {
        let account: Account
        var amount: Int
        /// When the amount changed, as a count of changes.
        var changed: UInt64
    }

    /// How much all accounts may hold together.
    public let capacity: Int
    /// How much one account may hold.
    public let share: Int
    /// How much all accounts hold.
    public private(set) var total = 0
    private var heap: [Holder] = []
    private var places: [Account: Int] = [:]
    private var changes: UInt64 = 0

    public init(capacity: Int, share: Int) {
        self.capacity = capacity
        self.share = share
    }

    /// Whether there is room for something more.
    public enum Room: Hashable, Sendable {
        case free
        /// Only once this account has released something; ask again then.
        case displacing(Account)
        /// Never: the amount exceeds the share of any account.
        case none
    }

    /// Whether an account may hold this much more.
    ///
    /// If that exceeds its share, or would make it the fullest account of a full resource, it must first release some
    /// of what it holds.
    public func room(for amount: Int = 1, of account: Account) -> Room {
        guard amount <= min(share, capacity) else { return .none }
        let held = self.amount(of: account)
        if held > share - amount { return .displacing(account) }
        guard total > capacity - amount, let fullest else { return .free }
        if held > 0, held + amount > self.amount(of: fullest) { return .displacing(account) }
        return .displacing(fullest)
    }

    /// How much an account holds.
    public func amount(of account: Account) -> Int { places[account].map { heap[$0].amount } ?? 0 }

    /// The account that holds most, or nil where nothing is held.
    public var fullest: Account? { heap.first?.account }

    /// How many accounts hold something.
    public var count: Int { heap.count }

    /// Bytes of the room reserved.
    public var memory: Int {
        heap.capacity * MemoryLayout<Holder>.stride
            + places.capacity * (MemoryLayout<Account>.stride + MemoryLayout<Int>.stride)
    }

    /// An account holds more. The caller must have asked `room` whether it may.
    public mutating func add(_ amount: Int = 1, to account: Account) {
        guard amount > 0 else { return }
        total += amount
        changes += 1
        if let place = places[account] {
            heap[place].amount += amount
            heap[place].changed = changes
            sift(place)
        } else {
            heap.append(Holder(account: account, amount: amount, changed: changes))
            places[account] = heap.count - 1
            sift(heap.count - 1)
        }
    }

    /// An account holds less, but never less than nothing.
    public mutating func remove(_ amount: Int = 1, from account: Account) {
        guard amount > 0, let place = places[account] else { return }
        let removed = min(amount, heap[place].amount)
        total -= removed
        heap[place].amount -= removed
        guard heap[place].amount == 0 else {
            changes += 1
            heap[place].changed = changes
            return sift(place)
        }
        places[account] = nil
        let last = heap.removeLast()
        if place < heap.count {
            heap[place] = last
            places[last.account] = place
            sift(place)
        }
        if heap.isEmpty { (heap, places) = ([], [:]) }
    }

    /// Puts an account behind the others that hold as much, as if its amount had just changed.
    public mutating func postpone(_ account: Account) {
        guard let place = places[account] else { return }
        changes += 1
        heap[place].changed = changes
        sift(place)
    }

    // MARK: The heap

    private func precedes(_ left: Int, _ right: Int) -> Bool {
        heap[left].amount != heap[right].amount
            ? heap[left].amount > heap[right].amount : heap[left].changed < heap[right].changed
    }

    private mutating func sift(_ start: Int) {
        var place = start
        while place > 0, precedes(place, (place - 1) / 2) {
            exchange(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
        while true {
            var first = place
            for child in 2 * place + 1...2 * place + 2 where child < heap.count && precedes(child, first) {
                first = child
            }
            guard first != place else { return }
            exchange(place, first)
            place = first
        }
    }

    private mutating func exchange(_ left: Int, _ right: Int) {
        heap.swapAt(left, right)
        places[heap[left].account] = left
        places[heap[right].account] = right
    }

    /// Traps where an invariant doesn't hold. For tests.
    package func checkInvariants() {
        precondition(heap.count == places.count && heap.reduce(0) { $0 + $1.amount } == total)
        for place in heap.indices {
            precondition(places[heap[place].account] == place && heap[place].amount > 0)
            precondition(place == 0 || !precedes(place, (place - 1) / 2), "the fuller is nearer to the top")
        }
    }
}
