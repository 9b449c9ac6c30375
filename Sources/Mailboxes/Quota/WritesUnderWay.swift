import Basics
import Storage

/// The bytes that accounts have brought and that aren't durable yet.
///
/// Disks stall, so what waits for them is bounded. One bound for all alone would let whoever brings most keep out the others. So an
/// account may have no more under way than there is room left: two that bring all they can have a third each, and a third
/// stays free for those who bring less (dynamic thresholds: Choudhury and Hahne, IEEE/ACM Transactions on Networking 6(2), 1998).
struct WritesUnderWay {
    private struct Write {
        let ticket: Ticket
        let account: Account
        let bytes: Int
    }

    /// In the order of their tickets. Those before `first` are durable or lost.
    private var writes: [Write] = []
    private var first = 0
    private var amounts: [Account: Int] = [:]

    /// An account has brought something, whose last write has this ticket.
    mutating func add(_ bytes: Int, to account: Account, until ticket: Ticket) {
        writes.append(Write(ticket: ticket, account: account, bytes: bytes))
        amounts[account, default: 0] += bytes
    }

    /// Whether an account may bring more, where so many bytes may wait altogether.
    mutating func hasRoom(for account: Account, within bound: Int, store: StoreView) -> Bool {
        removeSettled(store)
        return amounts[account, default: 0] < bound - store.pendingBytes
    }

    private mutating func removeSettled(_ store: StoreView) {
        while first < writes.count, store.isSettled(writes[first].ticket) {
            let write = writes[first]
            let rest = amounts[write.account, default: 0] - write.bytes
            amounts[write.account] = rest > 0 ? rest : nil
            first += 1
        }
        guard first == writes.count || first > 1_024 else { return }
        writes.removeFirst(first)
        first = 0
    }
}
