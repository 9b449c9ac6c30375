import Cryptography
import Platform
import RoostService

/// Names for peers, kept in the data directory's `peers.json`: `{"alice":"roost1…"}`. Works without a daemon.
///
/// Names are compared as Swift compares texts, by canonical equivalence (UAX #15): an accent typed in one character or in two
/// makes no other name. The file may have been written by hand, so that names in it may be any text.
struct AddressBook {
    /// A bound on entries, so that the file can be read and written in an instant.
    static let maximumEntries = 10_000

    /// The result of giving a name.
    enum Addition: Equatable {
        case added
        /// The name was another ID's, which had been compared at this time.
        case replacedCompared(Date)
        /// The name was this peer's already.
        case unchanged
        /// The name is another peer's, or differs only in case from an existing one; nothing was changed.
        case isTaken(name: String, id: String)
        case full
    }

    let directory: String

    init(directory: String) { self.directory = directory }

    private static let file = "peers.json"

    private var path: String { directory + "/" + AddressBook.file }

    func entries() throws(Failure) -> [String: String] {
        guard FileManager.default.fileExists(atPath: path) else { return [:] }
        do {
            return try JSONDecoder().decode([String: String].self, from: Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            throw Failure(.inputOutput, "The address book \(path) can't be read: repair or remove it.")
        }
    }

    /// Gives a peer a name. Another's name is taken from them only with `replacing`.
    func add(_ name: String, _ id: String, replacing: Bool) throws(Failure) -> Addition {
        var outcome = Addition.added
        let compared = (try? compared()) ?? [:]
        try update { entries in
            if entries[name] == id {
                outcome = .unchanged
            } else if let other = taken(name, in: entries), !replacing {
                outcome = .isTaken(name: other.key, id: other.value)
            } else if entries[name] == nil, entries.count >= AddressBook.maximumEntries {
                outcome = .full
            } else {
                if let date = entries[name].flatMap({ compared[$0] }) { outcome = .replacedCompared(date) }
                entries[name] = id
            }
        }
        return outcome
    }

    private func taken(_ name: String, in entries: [String: String]) -> (key: String, value: String)? {
        if let id = entries[name] { return (name, id) }
        return entries.filter { PeerName.isSameButForCase($0.key, name) }.min { $0.key < $1.key }
    }

    /// Removes a name; false where there is none.
    func remove(_ name: String) throws(Failure) -> Bool {
        var isKnown = false
        try update { entries in isKnown = entries.removeValue(forKey: name) != nil }
        return isKnown
    }

    /// Changes the entries and writes them, if anything has changed; changes by several processes follow one another.
    private func update(_ change: (inout [String: String]) -> Void) throws(Failure) {
        try locked { () throws(Failure) in
            let before = try entries()
            var entries = before
            change(&entries)
            guard entries != before else { return }
            try writeNames(entries)
            // A damaged file of marks is no reason to lose a name.
            try? forgetUnnamed()
        }
    }

    /// Does something while no other process changes the address book.
    func locked<Result>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0, flock(descriptor, LOCK_EX) == 0 else {
            throw Failure(.inputOutput, "\(directory) can't be used: \(String(cString: strerror(errno))).")
        }
        defer { close(descriptor) }
        return try body()
    }

    /// Writes all names. To be called with the lock held.
    func writeNames(_ entries: [String: String]) throws(Failure) { try write(entries, to: AddressBook.file) }

    /// Writes a file of the address book whole or not at all. To be called with the lock held.
    func write(_ content: some Encodable, to name: String) throws(Failure) {
        let directory = DataDirectory(directory)
        directory.removeAddressBookDrafts()
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
            encoder.dateEncodingStrategy = .iso8601
            try directory.write(Array(encoder.encode(content)), to: name)
        } catch {
            throw Failure(
                .cannotCreate,
                "The address book \(self.directory)/\(name) can't be written: check its permissions and the space on the disk."
            )
        }
    }

    /// Removes what writers have left that were killed.
    func removeDrafts() {
        try? locked { () throws(Failure) in DataDirectory(directory).removeAddressBookDrafts() }
    }
}
