import Basics
import Storage

/// The order in which messages came to be this person's, received or sent: each has a number, higher than all before it, that no
/// other ever gets.
///
/// A reader that remembers the highest number it has seen asks for those after it and misses nothing. For that, a
/// received message gets its number when it can be shown, not when it came: otherwise one that is withheld for the one
/// before it would appear below what was read already. A sent message gets its number when it is taken over. And `readable`
/// follows the disk: what a failed commit takes back was never shown, so that its number may be given again.
///
/// A store from before there were numbers is given them in batches, by time of receipt. Until that is finished, `readable`
/// stays within the batches that are done, and what arrives meanwhile has higher numbers than all of them.
struct MessageNumbers {
    /// The highest number given.
    private(set) var last: UInt64 = 0
    /// The highest number that is on disk, of those given since the program started.
    private var durable: UInt64 = 0
    /// What an older store holds without numbers, the last to get one first. Empty as soon as all have one.
    private var unnumbered: [InboxPosition] = []
    /// The next number for those, and the highest of theirs that is on disk; nil while there are none.
    private var backlog: (next: UInt64, durable: UInt64)?

    /// All messages with numbers up to this one can be read; later ones may not be on disk yet.
    var readable: UInt64 { backlog?.durable ?? durable }

    /// Whether there are messages to be numbered by `numberPortion`.
    var hasUnnumbered: Bool { !unnumbered.isEmpty }

    init() {}

    /// What a store says. `withheld` are the places of messages that get their numbers when they are shown.
    init(_ view: StoreView, withheld: Set<InboxPosition>) {
        let isNumbered = view.contains(.profile, ProfileTable.lastArrival)
        last = view.number(.profile, ProfileTable.lastArrival)
        durable = last
        guard !isNumbered || view.contains(.profile, ProfileTable.numberedArrivals) else { return }
        unnumbered = view.unnumberedMessages().filter { !withheld.contains($0) }
        if !isNumbered {
            last = UInt64(unnumbered.count)
            durable = last
        }
        guard !unnumbered.isEmpty else { return }
        let numbered = view.number(.profile, ProfileTable.numberedArrivals)
        backlog = (numbered + 1, numbered)
    }

    /// Gives the next number to the message at a place, and writes that down. The message's entry is to hold it as well.
    mutating func next(for position: InboxPosition, in view: inout StoreView) -> UInt64 {
        last += 1
        view.put(.inbox, InboxTable.arrivalKey(last), InboxTable.place(position))
        writeProgress(to: &view)
        return last
    }

    /// A message with this number, and so all before it, are on disk.
    mutating func becameDurable(_ number: UInt64) { durable = max(durable, number) }

    /// Numbers some of what an older store holds. Returns the highest number given: `batchBecameDurable` is to be called
    /// with it when the ticket settles.
    mutating func numberPortion(in view: inout StoreView) -> (ticket: Ticket, last: UInt64)? {
        guard let (first, durable) = backlog, hasUnnumbered else { return nil }
        var next = first
        for _ in 0..<min(Limits.numberingPortion, unnumbered.count) {
            let position = unnumbered.removeLast()
            // It may have been deleted since.
            guard var entry = view.inboxEntry(position), entry.arrival == 0 else { continue }
            entry.arrival = next
            view.put(.inbox, InboxTable.orderKey(position), entry.encoded)
            view.put(.inbox, InboxTable.arrivalKey(next), InboxTable.place(position))
            next += 1
        }
        backlog = (next, durable)
        return (writeProgress(to: &view), next - 1)
    }

    /// The batch that ends with this number is on disk.
    mutating func batchBecameDurable(_ number: UInt64) {
        backlog = backlog.flatMap { hasUnnumbered ? ($0.next, number) : nil }
    }

    /// Writes down how far numbers have been given.
    @discardableResult
    private func writeProgress(to view: inout StoreView) -> Ticket {
        if let backlog, hasUnnumbered {
            view.putNumber(.profile, ProfileTable.numberedArrivals, backlog.next - 1)
        } else if view.contains(.profile, ProfileTable.numberedArrivals) {
            view.remove(.profile, ProfileTable.numberedArrivals)
        }
        return view.putNumber(.profile, ProfileTable.lastArrival, last)
    }
}

extension StoreView {
    /// The places of messages that have no number, the last received first.
    fileprivate func unnumberedMessages() -> [InboxPosition] {
        var found: [(at: UnixTime, position: InboxPosition)] = []
        scan(.inbox, prefix: InboxTable.order) { key, value in
            if let position = InboxTable.position(key), let entry = try? InboxEntry(value), entry.arrival == 0 {
                found.append((entry.receivedAt, position))
            }
            return true
        }
        found.sort { ($0.at.seconds, $0.position) > ($1.at.seconds, $1.position) }
        return found.map(\.position)
    }

    /// Visits the places of messages by number: those with numbers after `number` and up to `end`, until `body` says false.
    func arrivals(
        after number: UInt64, upTo end: UInt64, _ body: (_ number: UInt64, _ position: InboxPosition) -> Bool
    ) {
        guard number < end else { return }
        scan(.inbox, prefix: InboxTable.arrivals, after: InboxTable.arrivalKey(number)) { key, value in
            guard let found = InboxTable.arrivalNumber(key), found <= end else { return false }
            guard let position = InboxTable.position(place: value) else { return true }
            return body(found, position)
        }
    }
}
