import Basics
import Storage
import Wire

/// Contacts written down, so that a node finds its network again without a bootstrap.
enum RememberedContacts {
    private static let key = Array("snapshot".utf8)
    /// So many: more than enough to find the network again after half of them have gone.
    static let limit = 100

    /// Writes them down. Those from before stay where there are none.
    static func save(_ contacts: [Contact], in store: inout StoreView) {
        guard !contacts.isEmpty else { return }
        var writer = ByteWriter(capacity: contacts.count * ContactReader.largestEntryByteCount)
        for contact in contacts { writer.contact(contact) }
        store.put(.contacts, key, writer.bytes)
    }

    /// Those written down before, but for the node itself.
    static func load(from store: StoreView, besides own: NodeID) -> [Contact] {
        var contacts: [Contact] = []
        _ = store.read(.contacts, key) { bytes in
            var reader = ContactReader(ByteRange(offset: 0, count: bytes.byteCount))
            while contacts.count < limit, let contact = reader.next(in: bytes) {
                if contact.id != own { contacts.append(contact) }
            }
        }
        return contacts
    }
}
