import RoostService
import StatusView
import Synchronization

/// What this person calls the peers of the address book.
struct PeerNames: Sendable {
    private let names: [String: String]
    /// IDs by name: a peer may have several.
    private let entries: [String: String]

    /// Without names if the address book can't be read: nothing that is shown depends on it.
    init(directory: String?) {
        self.init(entries: directory.flatMap { try? AddressBook(directory: $0).entries() } ?? [:])
    }

    fileprivate init(entries: [String: String]) {
        self.entries = entries
        names = Dictionary(entries.map { ($1, $0) }, uniquingKeysWith: min)
    }

    init(_ data: DataOptions) { self.init(directory: try? data.directory()) }

    /// A line for each of some entries of the address book, of many only for the first of them.
    static func lines<Entry>(of entries: [Entry], _ line: (Entry) -> String) -> [String] {
        let most = 20
        let more = entries.count > most ? ["roost: … and \(entries.count - most) more."] : []
        return entries.prefix(most).map(line) + more
    }

    /// The name of a peer as it is kept; nil of one without a name. For JSON.
    func name(of peer: String) -> String? { names[peer] }

    /// The name of a peer, or the ID of one without a name, to be shown on a line.
    func shown(_ peer: String) -> String { Printable.word(names[peer] ?? peer) }

    /// The same of one of whom more may be known. Whoever has no name here is written to by their ID, which stands beside the rest.
    func shown(_ peer: String, _ label: PeerLabel) -> String {
        let id = Printable.word(peer)
        guard names[peer] == nil else { return shown(peer) }
        return label.text.map { "\($0) \(id)" } ?? id
    }

    /// The names with their IDs, by what they look like.
    var bySkeleton: [String: [String: String]] {
        entries.reduce(into: [:]) { $0[NameSkeleton.of($1.key), default: [:]][$1.key] = $1.value }
    }
}

/// The names of the address book for a daemon, which needs them for almost every answer. It reads them again only when the file has
/// changed.
final class PresentNames: Sendable {
    private struct Reading {
        let version: FileVersion?
        let names: PeerNames
    }

    private let directory: String
    private let last = Mutex<Reading?>(nil)

    init(directory: String) { self.directory = directory }

    /// As they are now; none if the address book can't be read.
    var names: PeerNames {
        last.withLock { last in
            // Before it is read: what changes meanwhile is seen the next time.
            let version = DataDirectory(directory).version(of: .names)
            if let last, last.version == version { return last.names }
            guard let entries = try? AddressBook(directory: directory).entries() else { return PeerNames(entries: [:]) }
            let reading = Reading(version: version, names: PeerNames(entries: entries))
            last = reading
            return reading.names
        }
    }
}
