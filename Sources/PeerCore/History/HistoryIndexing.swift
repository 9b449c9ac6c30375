import Basics
import Storage

/// Gives the messages of a store from before there were conversations their places in them, and in time, some in each batch.
struct HistoryIndexing {
    /// How far it has come, as it stands on disk: what is looked through, and the last key looked at.
    private enum Progress {
        case received(after: [UInt8]?)
        case sent(after: [UInt8]?)
        /// Places are there; times (`TimeIndex`) are being added, of a store in which an older version has put places.
        case timesReceived(after: [UInt8]?)
        case timesSent(after: [UInt8]?)
        case done

        init(_ bytes: [UInt8]?) {
            guard let bytes, let kind = bytes.first else {
                self = .received(after: nil)
                return
            }
            let key = bytes.count > 1 ? Array(bytes.dropFirst()) : nil
            switch kind {
            case 0: self = .received(after: key)
            case 1: self = .sent(after: key)
            // What was the end before 2026-11-30.
            case 2: self = .timesReceived(after: nil)
            case 3: self = .timesReceived(after: key)
            case 4: self = .timesSent(after: key)
            default: self = .done
            }
        }

        var encoded: [UInt8] {
            switch self {
            case .received(let key): [0] + (key ?? [])
            case .sent(let key): [1] + (key ?? [])
            case .timesReceived(let key): [3] + (key ?? [])
            case .timesSent(let key): [4] + (key ?? [])
            case .done: [5]
            }
        }

        var hasPlaces: Bool {
            switch self {
            case .received, .sent: false
            case .timesReceived, .timesSent, .done: true
            }
        }

        var isDone: Bool { if case .done = self { true } else { false } }
    }

    /// After so long it is seen whether messages have their numbers by now.
    private static let pause = Duration.seconds(1)

    func load(_ turn: inout Turn) {
        if !HistoryIndexing.knowsTimes(turn.view) { turn.schedule(.indexing, in: .zero) }
    }

    /// Whether all messages have their places.
    func isDone(_ view: StoreView) -> Bool { Progress(view.value(.profile, ProfileTable.historyIndex)).hasPlaces }

    /// Whether all messages are found by time as well.
    static func knowsTimes(_ view: StoreView) -> Bool {
        Progress(view.value(.profile, ProfileTable.historyIndex)).isDone
    }

    /// Places some messages. `portionIsDurable` is to be called when that is on disk.
    func portionIsDue(of person: PeerID, _ turn: inout Turn) {
        guard !turn.numbers.hasUnnumbered else { return turn.schedule(.indexing, in: HistoryIndexing.pause) }
        let progress = Progress(turn.view.value(.profile, ProfileTable.historyIndex))
        let next: Progress
        switch progress {
        case .received(let key):
            let last = placeReceived(after: key, &turn.view)
            next = last.map { .received(after: $0) } ?? .sent(after: nil)
        case .sent(let key):
            let last = placeSent(by: person, after: key, &turn.view)
            next = last.map { .sent(after: $0) } ?? .done
        case .timesReceived(let key):
            let last = placeReceived(after: key, &turn.view)
            next = last.map { .timesReceived(after: $0) } ?? .timesSent(after: nil)
        case .timesSent(let key):
            let last = placeSent(by: person, after: key, &turn.view)
            next = last.map { .timesSent(after: $0) } ?? .done
        case .done: return
        }
        let ticket = turn.view.put(.profile, ProfileTable.historyIndex, next.encoded)
        if !next.isDone { turn.after(ticket, .historyPortion) }
    }

    func portionIsDurable(_ turn: inout Turn) { turn.schedule(.indexing, in: .zero) }

    /// Returns the last key looked at; nil where nothing is left.
    private func placeReceived(after key: [UInt8]?, _ view: inout StoreView) -> [UInt8]? {
        var found: [(position: InboxPosition, entry: InboxEntry)] = []
        var last: [UInt8]?
        view.scan(.inbox, prefix: InboxTable.order, after: key) { key, value in
            guard found.count < Limits.numberingPortion else { return false }
            last = key.withUnsafeBytes { Array($0) }
            if let position = InboxTable.position(key), let entry = try? InboxEntry(value) {
                found.append((position, entry))
            }
            return true
        }
        for (position, entry) in found {
            view.addToHistory(
                position, with: position.from, .received, at: entry.receivedAt, number: entry.arrival,
                isUnread: !entry.isRead)
        }
        return last
    }

    private func placeSent(by person: PeerID, after key: [UInt8]?, _ view: inout StoreView) -> [UInt8]? {
        var found: [MessageID] = []
        var last: [UInt8]?
        view.scan(.outbox, prefix: OutboxTable.history, after: key) { key, value in
            guard found.count < Limits.numberingPortion else { return false }
            last = key.withUnsafeBytes { Array($0) }
            if let id = value.withUnsafeBytes({ MessageID(Array($0)) }) { found.append(id) }
            return true
        }
        for id in found {
            guard let entry = view.outboxEntry(id), entry.to != person, let content = view.outboxContent(id) else {
                continue
            }
            let position = InboxPosition(lamport: content.lamport, from: person, id: id)
            view.addToHistory(
                position, with: entry.to, .sent, at: entry.acceptedAt, number: entry.number, isUnread: false)
        }
        return last
    }
}
