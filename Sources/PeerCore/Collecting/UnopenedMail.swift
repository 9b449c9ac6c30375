import Basics

/// How much mail waits for this person that can't be opened here: it was sealed to keys that are not held, as another copy of
/// the profile holds them, or it is of a later version, or it is noise.
public struct UnopenedStanding: Hashable, Sendable {
    /// Envelopes.
    public let count: Int
    /// Their bytes, all together.
    public let bytes: Int
    /// When the first of them was found.
    public let since: UnixTime
    /// The last day on which any of them is kept.
    public let lastDay: Day

    /// Nil where there are none.
    init?(_ entries: [UnopenedEntry]) {
        guard let since = entries.lazy.map(\.since).min(), let lastDay = entries.lazy.map(\.expiry).max() else {
            return nil
        }
        count = entries.count
        bytes = entries.reduce(0) { $0 + $1.size }
        self.since = since
        self.lastDay = lastDay
    }
}

/// What is remembered of the envelopes in this person's mailboxes that can't be opened, so that they aren't downloaded
/// at each look into a mailbox.
///
/// They stay with the buddies. Each is tried again after every start and otherwise once a day. Those that the buddies no longer offer are forgotten: they have expired, or another copy of the profile
/// has taken them in.
struct UnopenedMail {
    /// What an offered envelope is.
    enum Offered {
        /// It is not among those that can't be opened.
        case unknown
        /// It is one of them, and there is no reason yet to try it again.
        case waits
        /// It is one of them, and to be tried again.
        case isDue
    }

    private struct Held {
        let entry: UnopenedEntry
        /// Nil: at the next opportunity.
        var nextTry: Instant?
        /// Whether a buddy has offered it in the present look into its mailbox.
        var isOffered = true
    }

    /// Ascending by envelope.
    private var held: [Held] = []

    private static let pause = Duration.seconds(86_400)

    /// Begins with what is on disk, to be tried again at the next opportunity. What is known from before stays as it is; what a failed commit
    /// took back is forgotten, and so fetched again.
    mutating func load(_ entries: [UnopenedEntry]) {
        let onDisk = Set(entries.map(\.envelope))
        held.removeAll { !onDisk.contains($0.entry.envelope) }
        for entry in entries where index(of: entry.envelope) == nil && held.count < Limits.unopenedEnvelopes {
            held.insert(Held(entry: entry, nextTry: nil), at: place(of: entry.envelope))
        }
    }

    /// What came of an attempt to remember.
    enum RememberOutcome {
        case remembered
        /// There is no room: it may be remembered for a short while at most.
        case full
    }

    /// An envelope could not be opened: not at all yet, or not this time either.
    mutating func remember(_ entry: UnopenedEntry, now: Instant) -> RememberOutcome {
        let nextTry = now + UnopenedMail.pause
        if let index = index(of: entry.envelope) {
            held[index].nextTry = nextTry
            return .remembered
        }
        guard held.count < Limits.unopenedEnvelopes else { return .full }
        held.insert(Held(entry: entry, nextTry: nextTry), at: place(of: entry.envelope))
        return .remembered
    }

    /// A buddy offers an envelope.
    mutating func offered(_ envelope: EnvelopeID, now: Instant) -> Offered {
        guard let index = index(of: envelope) else { return .unknown }
        held[index].isOffered = true
        return held[index].nextTry.map { $0 > now } ?? false ? .waits : .isDue
    }

    /// A look into a mailbox begins.
    mutating func beginLook(into mailbox: Epoch) {
        for index in held.indices where held[index].entry.mailbox == mailbox { held[index].isOffered = false }
    }

    /// A look into a mailbox has ended in which most of its buddies said all that they hold. Returns what none of them has
    /// any more.
    mutating func endLook(into mailbox: Epoch) -> [UnopenedEntry] {
        removeAll { $0.entry.mailbox == mailbox && !$0.isOffered }
    }

    /// Removes an envelope that was opened at last; nil where it is not one of those that couldn't be.
    mutating func remove(_ envelope: EnvelopeID) -> UnopenedEntry? {
        index(of: envelope).map { held.remove(at: $0).entry }
    }

    /// Removes those whose last day was before `day`.
    mutating func removeExpired(before day: Day) -> [UnopenedEntry] { removeAll { $0.entry.expiry < day } }

    /// Removes all.
    mutating func removeAll() -> [UnopenedEntry] { removeAll { _ in true } }

    private mutating func removeAll(where isGone: (Held) -> Bool) -> [UnopenedEntry] {
        let gone = held.filter(isGone).map(\.entry)
        if !gone.isEmpty { held.removeAll(where: isGone) }
        return gone
    }

    private func index(of envelope: EnvelopeID) -> Int? {
        let index = place(of: envelope)
        return index < held.count && held[index].entry.envelope == envelope ? index : nil
    }

    /// The first place that doesn't come before the envelope's.
    private func place(of envelope: EnvelopeID) -> Int {
        var low = 0
        var high = held.count
        while low < high {
            let middle = (low + high) / 2
            if held[middle].entry.envelope < envelope { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
