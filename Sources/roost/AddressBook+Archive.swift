import Basics
import Cryptography
import Platform
import RoostService

extension AddressBook {
    /// All names as an export has them. An entry whose ID is none, as others may have written, is left out.
    func archived() throws(Failure) -> [ArchivedName] {
        try reports().compactMap { entry in
            guard let peer = try? PeerID(text: entry.id) else { return nil }
            let time = entry.compared.flatMap { Int64(exactly: $0.timeIntervalSince1970.rounded()) }.map {
                UnixTime(seconds: $0)
            }
            return ArchivedName(name: entry.name, peer: peer, comparedAt: time)
        }
    }

    /// Writes the address book of an export. Names that couldn't be given with `roost peers add` are left out.
    func restore(_ names: [ArchivedName]) throws(Failure) {
        guard !names.isEmpty else { return }
        let known = names.filter { PeerName.objection(to: $0.name) == nil }.prefix(AddressBook.maximumEntries)
        let marks = known.compactMap { entry in entry.comparedAt.map { (entry.peer.text, Date($0)) } }
        try locked { () throws(Failure) in
            try writeNames(Dictionary(known.map { ($0.name, $0.peer.text) }) { first, _ in first })
            if !marks.isEmpty { try writeMarks(Dictionary(marks) { first, _ in first }) }
        }
    }
}
