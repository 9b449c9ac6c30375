import Basics
import Cryptography
import PeerCore
import Storage

/// The first byte chooses whether the others are an export as it was before it was sealed, or changes to one that is right.
func readArchive(_ input: [UInt8]) throws(Finding) {
    var script = Script(input)
    let isChanged = script.flag()
    let bytes = isChanged ? script.changes(to: ArchiveSample.archive) : script.rest()
    let whole = read(bytes, pieces: max(1, bytes.count))
    let parts = read(bytes, pieces: 7)
    try expect((whole == nil) == (parts == nil), "an export reads the same however it is cut")
    guard let (store, reader) = whole, let parts else { return }
    try expect(reader.counts == parts.reader.counts, "and holds the same")
    try expect(reader.profile != nil, "an export is somebody's")
    let now = Now(monotonic: .origin, utc: Sample.now)
    var agent = PeerWorld.boot(store, start: 9, now: now)
    var outbox = PeerOutbox()
    agent.start(now: now, into: &outbox)
    try expect(agent.outgoingMessages().count <= reader.counts.sent, "no more messages than there are")
}

private func read(_ bytes: [UInt8], pieces: Int) -> (store: MemoryStore, reader: ArchiveReader)? {
    let store = MemoryStore()
    var reader = ArchiveReader()
    do {
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            store.commit(try reader.read(Array(bytes[start..<min(start + pieces, bytes.count)])))
        }
        store.commit(try reader.finish())
        return (store, reader)
    } catch {
        return nil
    }
}

private enum ArchiveSample {
    static let archive: [UInt8] = {
        let names = [ArchivedName(name: "somebody", peer: Sample.profile.peerID, comparedAt: Sample.now)]
        var writer = ArchiveWriter(profile: Sample.profile, names: names, store: StoredSample.disk)
        var bytes: [UInt8] = []
        writer.write { record in
            bytes += record
            return true
        }
        return bytes
    }()
}
