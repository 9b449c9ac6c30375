import Basics
import Cryptography
import Platform
import RoostService

/// Names for peers, kept in the data directory's `peers.json`: `{"alice":"roost1…"}`. Works without a daemon.
///
/// Names are compared as Swift compares texts, by canonical equivalence (UAX #15): an accent typed in one character or in two
/// makes no other name. The file may have been written by hand, so that names in it may be any text.
struct AddressBook {
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

    /// Bytes of a file of it at most: what as many entries as may be take up, with long names, several times over.
    private static let largestFile = 8 << 20
    /// How long a change waits for those of other programs, which take milliseconds.
    private static let patience = Duration.seconds(2)
    /// Microseconds between two tries.
    private static let pause: UInt32 = 20_000

    func entries() throws(Failure) -> [String: String] {
        do {
            guard let content = try self.content(of: .names) else { return [:] }
            return try JSONDecoder().decode([String: String].self, from: content)
        } catch {
            throw Failure(
                .inputOutput,
                "The address book \(DataDirectory(directory).file(.names)) can't be read: repair or remove it.")
        }
    }

    /// What a file of it holds; nil where there is none.
    func content(of file: OwnFile) throws -> Data? {
        guard let found = try DataDirectory(directory).read(file, limit: AddressBook.largestFile + 1) else {
            return nil
        }
        guard found.bytes.count <= AddressBook.largestFile else {
            throw Failure(.inputOutput, "\(file.rawValue) is too large.")
        }
        return Data(found.bytes)
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
            } else if entries[name] == nil, entries.count >= Limits.addressBookNames {
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
        guard descriptor >= 0 else { throw unusable(errno) }
        defer { close(descriptor) }
        let end = ContinuousClock.now + AddressBook.patience
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard [EWOULDBLOCK, EINTR].contains(errno) else { throw unusable(errno) }
            guard ContinuousClock.now < end else {
                throw Failure(.inputOutput, "Another program is changing the address book: try again in a moment.")
            }
            usleep(AddressBook.pause)
        }
        return try body()
    }

    private func unusable(_ code: CInt) -> Failure {
        Failure(
            .inputOutput,
            "The address book in \(directory) can't be changed (\(String(cString: strerror(code)))): check its permissions."
        )
    }

    /// Writes all names. To be called with the lock held.
    func writeNames(_ entries: [String: String]) throws(Failure) { try write(entries, to: .names) }

    /// Writes a file of the address book whole or not at all. To be called with the lock held.
    func write(_ content: some Encodable, to file: OwnFile) throws(Failure) {
        let directory = DataDirectory(directory)
        directory.removeAddressBookDrafts()
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
            encoder.dateEncodingStrategy = .iso8601
            try directory.write(Array(encoder.encode(content)), to: file)
        } catch {
            throw Failure(
                .cannotCreate,
                "The address book \(directory.file(file)) can't be written: check its permissions and the space on the disk."
            )
        }
    }

    /// Removes what writers have left that were killed.
    func removeDrafts() {
        try? locked { () throws(Failure) in DataDirectory(directory).removeAddressBookDrafts() }
    }
}
