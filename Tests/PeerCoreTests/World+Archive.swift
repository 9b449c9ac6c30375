import PeerCore
import Storage
import Testing

extension World {
    /// Takes somebody elsewhere by an export: their machine ends, and another begins with what was exported.
    func move(_ person: Person) throws -> Person {
        var writer = ArchiveWriter(profile: person.profile, names: [], store: person.store)
        var bytes: [UInt8] = []
        writer.write { record in
            bytes += record
            return true
        }
        let store = MemoryStore()
        var reader = ArchiveReader()
        store.commit(try reader.read(bytes))
        store.commit(try reader.finish())
        #expect(reader.unknown == 0)
        person.stop()
        return addCopy(of: person, store: store)
    }
}
