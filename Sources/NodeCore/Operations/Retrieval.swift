import Basics
import Mailboxes
import Wire

/// Fetching what the buddies of a mailbox list: which envelope next, from which of its holders, a few at a time.
///
/// What most of them list comes first, so that a buddy that lists fake envelopes cannot starve real ones. A holder that
/// several times didn't give what it listed is not asked any more.
package struct Retrieval {
    package init() {}

    private struct Entry {
        let envelope: EnvelopeID
        /// In the order in which they listed it, each with the size it said: one of them may lie. A holder that fails
        /// to give it is removed.
        var holders: [(number: Int, size: Int)]
    }

    private struct Fetch {
        let entry: Int
        let holder: Int
        var download: Download
    }

    /// Envelopes fetched at once: small ones take a round trip each, in which a holder sends but a few chunks.
    private static let atOnce = 32
    /// Chunks asked for at once, of all holders together: more would only compete with each other for the downlink.
    private static let chunksAtOnce = 128
    /// Failures after which a holder is no longer asked.
    private static let patience = 3

    private var entries: [Entry] = []
    /// Where an envelope is in `entries`.
    private var places: [EnvelopeID: Int] = [:]
    /// Entries to be fetched for which no holder is being asked now.
    private var wanted: [Int] = []
    private var fetches: [Fetch] = []
    /// How many envelopes each holder has listed, and how often it failed to give one.
    private var listed: [Int: Int] = [:]
    private var failures: [Int: Int] = [:]
    /// Marks reached since it began.
    package private(set) var marks = MarkSet()

    /// Whether nothing is to be fetched.
    package var isIdle: Bool { wanted.isEmpty && fetches.isEmpty }

    /// A holder lists an envelope. Returns whether it is the first to list it. A holder can't list more than a mailbox
    /// may hold.
    package mutating func list(_ envelope: EnvelopeID, size: Int, by holder: Int) -> Bool {
        if let place = places[envelope] {
            if !entries[place].holders.contains(where: { $0.number == holder }) {
                entries[place].holders.append((holder, size))
            }
            return false
        }
        guard listed[holder, default: 0] < Limits.envelopesPerMailbox else {
            marks.insert(.holderListsTooMany)
            return false
        }
        listed[holder, default: 0] += 1
        add(envelope)
        entries[entries.count - 1].holders = [(holder, size)]
        return true
    }

    /// Notes an envelope that none of the buddies need be asked for.
    package mutating func add(_ envelope: EnvelopeID) {
        places[envelope] = entries.count
        entries.append(Entry(envelope: envelope, holders: []))
    }

    /// These are to be fetched.
    package mutating func want(_ envelopes: [EnvelopeID]) {
        for envelope in envelopes {
            guard let place = places[envelope], !wanted.contains(place), !fetches.contains(where: { $0.entry == place })
            else { continue }
            wanted.append(place)
        }
    }

    /// What to do next.
    package enum Step {
        case request(EnvelopeID, entry: Int, chunk: Int, number: Int, holder: Int)
        case whole(EnvelopeID, [UInt8])
        /// No holder that could be asked has it.
        case unavailable(EnvelopeID)
        case wait
    }

    /// The next step. `isReady` tells whether a holder can be asked now; `isFinal`: no further holder will list
    /// anything or become ready.
    package mutating func next(isFinal: Bool, isReady: (_ holder: Int) -> Bool) -> Step {
        let mayAsk = fetches.reduce(0) { $0 + $1.download.underWay } < Retrieval.chunksAtOnce
        for index in fetches.indices {
            let fetch = fetches[index]
            switch fetches[index].download.next(mayAsk: mayAsk) {
            case .request(let chunk, let number):
                return .request(
                    entries[fetch.entry].envelope, entry: fetch.entry, chunk: chunk, number: number,
                    holder: fetch.holder)
            case .finished(let bytes):
                marks.formUnion(fetches[index].download.marks)
                fetches.remove(at: index)
                return .whole(entries[fetch.entry].envelope, bytes)
            case .failed:
                giveUp(fetch.entry, from: fetch.holder)
                return next(isFinal: isFinal, isReady: isReady)
            case .wait, .held: continue
            }
        }
        guard mayAsk, fetches.count < Retrieval.atOnce, let choice = choice(isReady) else { return .wait }
        guard let holder = choice.holder else {
            guard isFinal else { return .wait }
            return .unavailable(entries[wanted.remove(at: choice.place)].envelope)
        }
        let entry = wanted.remove(at: choice.place)
        let download = Download(expectedHash: entries[entry].envelope.bytes, size: holder.size)
        fetches.append(Fetch(entry: entry, holder: holder.number, download: download))
        return next(isFinal: isFinal, isReady: isReady)
    }

    /// The wanted entry with the most holders that can be asked now, and of these the one that is asked for the least;
    /// without a holder, any entry.
    private func choice(_ isReady: (Int) -> Bool) -> (place: Int, holder: (number: Int, size: Int)?)? {
        var best: (place: Int, holder: (number: Int, size: Int)?)?
        var most = 0
        for (place, entry) in wanted.enumerated() {
            let holders = entries[entry].holders.filter {
                isReady($0.number) && failures[$0.number, default: 0] < Retrieval.patience
            }
            if holders.count > most || best == nil {
                best = (place, holders.min { load(of: $0.number) < load(of: $1.number) })
                most = holders.count
            }
        }
        return best
    }

    private func load(of holder: Int) -> Int { fetches.count { $0.holder == holder } }

    // MARK: What comes of it

    /// A holder gave a chunk of an entry.
    package mutating func observe(
        _ chunk: DownloadChunk, _ body: RawSpan, of entry: Int, from holder: Int, number: Int,
        roundTrip: Duration? = nil
    ) {
        guard let index = index(of: entry, from: holder) else { return }
        fetches[index].download.observe(chunk, body, number: number, roundTrip: roundTrip)
    }

    /// An answer is late.
    package mutating func observeLoss(of number: Int, of entry: Int, from holder: Int) {
        guard let index = index(of: entry, from: holder) else { return }
        fetches[index].download.observeLoss(of: number)
    }

    /// How long to wait for an answer, or nil where nothing is known yet.
    package func timeout(of entry: Int, from holder: Int) -> Duration? {
        index(of: entry, from: holder).flatMap { fetches[$0].download.timeout }
    }

    /// A holder doesn't give an entry: the next one is asked.
    package mutating func giveUp(_ entry: Int, from holder: Int) {
        guard release(entry, from: holder) else { return }
        entries[entry].holders.removeAll { $0.number == holder }
        failures[holder, default: 0] += 1
        marks.insert(failures[holder, default: 0] < Retrieval.patience ? .holderFails : .holderAskedNoMore)
    }

    /// A holder can't be asked at present: it, or another, will be. Returns whether it was being asked for the entry.
    @discardableResult
    package mutating func release(_ entry: Int, from holder: Int) -> Bool {
        guard let index = index(of: entry, from: holder) else { return false }
        marks.formUnion(fetches[index].download.marks)
        fetches.remove(at: index)
        wanted.append(entry)
        return true
    }

    private func index(of entry: Int, from holder: Int) -> Int? {
        fetches.firstIndex { $0.entry == entry && $0.holder == holder }
    }
}
