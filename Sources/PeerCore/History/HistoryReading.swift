import Basics

/// Gathers the messages that a filter asks for, from those that it is shown one after another.
struct HistoryReading {
    /// Messages looked at in one call: some milliseconds of reading.
    private static let looks = 1_000
    /// Bytes of their texts, apart from the last: what is answered fits into a few megabytes, however it is written.
    private static let textBytes = 262_144

    private let filter: HistoryFilter
    /// What is searched for, in small letters; nil: nothing.
    private let wanted: BytePattern?
    private var found: [HistoryMessage] = []
    private var looked = 0
    private var bytes = 0
    private var firstLooked: InboxPosition?
    private var lastLooked: InboxPosition?
    /// Whether there is more than was looked at.
    private var isCutShort = false

    init(_ filter: HistoryFilter) {
        self.filter = filter
        wanted = BytePattern(Array(filter.search.lowercased().utf8))
    }

    /// Looks at a message. False: there is no room for any more.
    mutating func look(at position: InboxPosition, _ read: () -> HistoryMessage?) -> Bool {
        guard found.count < filter.limit, looked < HistoryReading.looks, bytes < HistoryReading.textBytes else {
            isCutShort = true
            return false
        }
        looked += 1
        firstLooked = firstLooked ?? position
        lastLooked = position
        guard let message = read() else { return true }
        bytes += message.text.utf8.count
        if isWanted(message) { found.append(message) }
        return true
    }

    private func isWanted(_ message: HistoryMessage) -> Bool {
        if let since = filter.since, message.time < since { return false }
        return wanted.map { $0.isIn(message.text.lowercased().utf8) } ?? true
    }

    var part: HistoryPart {
        let rest = isCutShort ? lastLooked : nil
        return switch filter.start {
        case .end: HistoryPart(messages: found.reversed(), earlier: rest, later: nil)
        case .before: HistoryPart(messages: found.reversed(), earlier: rest, later: firstLooked)
        case .after: HistoryPart(messages: found, earlier: firstLooked, later: rest)
        }
    }
}
