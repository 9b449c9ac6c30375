import Cryptography
import Foundation

/// Names for peers, kept in the data directory's `peers.json`: `{"alice":"roost1…"}`. Works without a daemon.
struct AddressBook {
    /// Entries, so that the file stays one that is read and written in an instant.
    static let maximumEntries = 10_000

    private let directory: String

    init(directory: String) { self.directory = directory }

    private var path: String { directory + "/peers.json" }

    func entries() throws(Failure) -> [String: String] {
        guard FileManager.default.fileExists(atPath: path) else { return [:] }
        do {
            return try JSONDecoder().decode([String: String].self, from: Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            throw Failure(.inputOutput, "The address book \(path) can't be read: repair or remove it.")
        }
    }

    /// Changes the entries and writes them; changes by several processes follow one another.
    func update(_ change: (inout [String: String]) throws(Failure) -> Void) throws(Failure) {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0, flock(descriptor, LOCK_EX) == 0 else {
            throw Failure(.inputOutput, "\(directory) can't be used: \(String(cString: strerror(errno))).")
        }
        defer { close(descriptor) }
        var entries = try entries()
        try change(&entries)
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
            try encoder.encode(entries).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw Failure(.cannotCreate, "The address book \(path) can't be written: \(error.localizedDescription)")
        }
    }
}
