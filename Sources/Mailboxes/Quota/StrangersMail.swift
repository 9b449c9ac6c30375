import Basics
import Storage
import Wire

/// One envelope that may give way.
struct StrangersEnvelope: Hashable {
    /// Who brought it.
    let account: Account
    let removal: Day
    /// Its key in the table of envelopes.
    let key: [UInt8]
    let size: Int

    /// Its key among what may give way in the same mailbox.
    var indexKey: [UInt8] { StoredKey.stranger(key, account, removal) }
}

/// What strangers have in one mailbox, by the account that brought it.
struct StrangersMail {
    /// How many envelopes, and how many bytes.
    struct Amount: Hashable {
        var count = 0
        var bytes = 0

        /// Whether more of either is needed.
        var isPositive: Bool { count > 0 || bytes > 0 }

        static func - (left: Amount, right: Amount) -> Amount {
            Amount(count: left.count - right.count, bytes: left.bytes - right.bytes)
        }

        /// What counts where one of both is short: the number, as long as there are too many.
        func measured(byCount: Bool) -> Int { byCount ? count : bytes }
    }

    /// One account's, the first to expire first.
    private struct Holder {
        let account: Account
        var envelopes: [StrangersEnvelope] = []
        var amount = Amount()
        /// How many of the envelopes give way.
        var givenUp = 0
    }

    /// In the order of the accounts.
    private var holders: [Holder] = []
    private(set) var all = Amount()

    /// Reads what is in a mailbox: a thousand keys at most.
    init(in mailbox: MailboxID, store: StoreView) {
        let prefix = StoredKey.strangers(mailbox)
        store.scanHeads(.charges, prefix: prefix) { key, _, value in
            if let envelope = StrangersEnvelope(key, value, in: mailbox, after: prefix.count) { add(envelope) }
            return true
        }
    }

    private mutating func add(_ envelope: StrangersEnvelope) {
        if holders.last?.account != envelope.account { holders.append(Holder(account: envelope.account)) }
        holders[holders.count - 1].envelopes.append(envelope)
        holders[holders.count - 1].amount.count += 1
        holders[holders.count - 1].amount.bytes += envelope.size
        all.count += 1
        all.bytes += envelope.size
    }

    /// What one account has.
    func amount(of account: Account) -> Amount { holders.first { $0.account == account }?.amount ?? Amount() }

    /// What gives way so that `needed` becomes free; nil where that can't be.
    ///
    /// It is always the mail of the account that holds most. Where a stranger asks, it must also hold more than the
    /// stranger would then, and keeps one envelope: so an account that fills the share keeps out itself alone.
    func givingWay(for needed: Amount, to newcomer: (account: Account, size: Int)?) -> [StrangersEnvelope]? {
        var holders = holders
        var needed = needed
        var result: [StrangersEnvelope] = []
        while needed.isPositive {
            let byCount = needed.count > 0
            let most = holders.indices.max {
                holders[$0].amount.measured(byCount: byCount) < holders[$1].amount.measured(byCount: byCount)
            }
            guard let most, holders[most].givenUp < holders[most].envelopes.count else { return nil }
            if let newcomer {
                let own = holders.first { $0.account == newcomer.account }?.amount ?? Amount()
                let then = own.measured(byCount: byCount) + (byCount ? 1 : newcomer.size)
                guard then < holders[most].amount.measured(byCount: byCount),
                    holders[most].givenUp < holders[most].envelopes.count - 1
                else { return nil }
            }
            let envelope = holders[most].envelopes[holders[most].givenUp]
            let freed = Amount(count: 1, bytes: envelope.size)
            holders[most].givenUp += 1
            holders[most].amount = holders[most].amount - freed
            needed = needed - freed
            result.append(envelope)
        }
        return result
    }
}

extension StrangersEnvelope {
    /// An entry of the index; nil for bytes that it never holds. `start`: the bytes before the account.
    fileprivate init?(_ bytes: RawSpan, _ value: RawSpan, in mailbox: MailboxID, after start: Int) {
        var reader = ByteReader(bytes)
        guard (try? reader.range(bytes, count: start)) != nil, let account = try? reader.u64(bytes),
            let day = try? reader.u32(bytes), let envelope = try? reader.bytes32(bytes), reader.isAtEnd,
            let size = UInt32(bigEndianBytes: value)
        else { return nil }
        self.init(
            account: Account(rawValue: account), removal: Day(number: day),
            key: StoredKey.item(mailbox, EnvelopeID(envelope)), size: Int(size))
    }
}

// MARK: Keeping count

extension StoreView {
    /// An envelope may give way from now on.
    mutating func putStranger(_ envelope: StrangersEnvelope) {
        put(.charges, envelope.indexKey, UInt32(clamping: envelope.size).bigEndianBytes)
    }

    /// An envelope is gone, or is not a stranger's.
    mutating func removeStranger(_ key: [UInt8], _ account: Account, _ removal: Day) {
        let index = StoredKey.stranger(key, account, removal)
        if contains(.charges, index) { remove(.charges, index) }
    }
}
