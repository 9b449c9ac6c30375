/// What this person calls the peers of the address book. JSON always has the IDs.
struct PeerNames {
    private let names: [String: String]

    /// Without names where the address book can't be read: nothing that is shown depends on it.
    init(_ data: DataOptions) {
        let entries = (try? AddressBook(directory: data.directory()).entries()) ?? [:]
        names = Dictionary(entries.map { ($1, $0) }, uniquingKeysWith: min)
    }

    /// The name of a peer, or the ID of one without a name.
    func name(of peer: String) -> String { names[peer].map(Terminal.safe) ?? peer }
}
