import Basics
import Cryptography
import Platform
import RoostService

extension AddressBook {
    /// What an export takes of the address book.
    struct Archived {
        var names: [ArchivedName] = []
        /// The names of entries that it can't take, as others may have written: their IDs are none, or they are longer than any name
        /// or more than the address book may hold.
        var leftOut: [String] = []
    }

    /// All names as an export has them.
    func archived() throws(Failure) -> Archived {
        var archived = Archived()
        for entry in try reports() {
            guard let peer = try? PeerID(text: entry.id), entry.name.utf8.count <= ArchivedName.longest,
                archived.names.count < Limits.addressBookNames
            else {
                archived.leftOut.append(entry.name)
                continue
            }
            let time = entry.compared.flatMap { Int64(exactly: $0.timeIntervalSince1970.rounded()) }.map {
                UnixTime(seconds: $0)
            }
            archived.names.append(ArchivedName(name: entry.name, peer: peer, comparedAt: time))
        }
        return archived
    }

    /// What became of names that couldn't be given with `roost peers add`.
    struct Restored {
        /// Names of several words, and what they are called now.
        var renamed: [(from: String, to: String)] = []
        var leftOut: [ArchivedName] = []
    }

    /// Writes the address book of an export. Names of several words become one word; others that can't be names are left out.
    func restore(_ names: [ArchivedName]) throws(Failure) -> Restored {
        var restored = Restored()
        guard !names.isEmpty else { return restored }
        var known: [String: String] = [:]
        for entry in names where PeerName.objection(to: entry.name) == nil { known[entry.name] = entry.peer.text }
        var taken = Set(known.keys.map { $0.lowercased() })
        for entry in names where PeerName.objection(to: entry.name) != nil {
            guard let name = PeerName.oneWord(entry.name, isTaken: { taken.contains($0.lowercased()) }) else {
                restored.leftOut.append(entry)
                continue
            }
            known[name] = entry.peer.text
            taken.insert(name.lowercased())
            restored.renamed.append((entry.name, name))
        }
        let named = Set(known.values)
        let marks = names.compactMap { entry in
            entry.comparedAt.flatMap { named.contains(entry.peer.text) ? (entry.peer.text, Date($0)) : nil }
        }
        try locked { () throws(Failure) in
            try writeNames(known)
            if !marks.isEmpty { try writeMarks(Dictionary(marks) { first, _ in first }) }
        }
        return restored
    }
}
