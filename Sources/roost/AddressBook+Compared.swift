import ControlAPI
import Platform
import RoostService

/// Which peer IDs have been compared with their owners, kept in the data directory's `compared.json`: `{"roost1…":"2026-11-29T10:00:00Z"}`.
///
/// A mark is of an ID, not of a name: so a name that is given to another ID has no mark, whoever gives it and however. It lasts as
/// long as the ID has a name. It is beside `peers.json`, which is read by other programs as names and IDs and nothing else.
extension AddressBook {
    /// When each ID was compared; only of those that have a name.
    func compared() throws(Failure) -> [String: Date] {
        let marks: [String: Date]
        do {
            guard let content = try self.content(of: .compared) else { return [:] }
            let decoder = JSONDecoder()
            decoder.dateDecodingStrategy = .iso8601
            marks = try decoder.decode([String: Date].self, from: content)
        } catch {
            throw Failure(
                .inputOutput,
                "\(DataDirectory(directory).file(.compared)), which says whose ID you have compared, can't be read: repair it, or remove it and compare again."
            )
        }
        let named = Set(try entries().values)
        return marks.filter { named.contains($0.key) }
    }

    /// Notes that an ID was compared at this time, or that it wasn't; false where it has no name.
    func mark(_ id: String, comparedAt date: Date?) throws(Failure) -> Bool {
        try locked { () throws(Failure) in
            guard try entries().values.contains(id) else { return false }
            var marks = try compared()
            marks[id] = date
            try writeMarks(marks)
            return true
        }
    }

    /// Forgets the marks of IDs that have no name any more. To be called with the lock held.
    func forgetUnnamed() throws(Failure) {
        guard DataDirectory(directory).version(of: .compared) != nil else { return }
        try writeMarks(try compared())
    }

    /// Writes all marks. To be called with the lock held.
    func writeMarks(_ marks: [String: Date]) throws(Failure) { try write(marks, to: .compared) }
}

extension AddressBook {
    /// All names in order, with what is known of them. Without a readable file of marks none has been compared.
    func reports() throws(Failure) -> [PeerReport] {
        let compared = (try? compared()) ?? [:]
        return try entries().sorted { $0.key < $1.key }.map {
            PeerReport(name: $0.key, id: $0.value, compared: compared[$0.value])
        }
    }
}
