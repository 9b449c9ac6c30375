/// Why a store could not be opened. The description is one sentence for a person.
public enum LMDBStoreError: Error, Hashable, CustomStringConvertible {
    /// The files are damaged or are not a store of this program.
    case corrupt(directory: String)
    /// A newer version of the program wrote the store.
    case newerFormat(directory: String, found: UInt32, supported: UInt32)
    /// The directory can't be used; the reason is the system's.
    case unusable(directory: String, reason: String)
    /// The disk is full.
    case full(directory: String)

    public var description: String {
        switch self {
        case .corrupt(let directory):
            "The store in \(directory) is damaged: restore data.mdb from a backup, or move it away to begin anew."
        case .newerFormat(let directory, let found, let supported):
            """
            The store in \(directory) has format \(found), and this program reads up to \(supported): \
            use the newer version of roost that wrote it.
            """
        case .unusable(let directory, let reason):
            "The store in \(directory) can't be opened (\(reason)): check that the directory exists and is yours."
        case .full(let directory):
            "The disk that holds \(directory) is full: free some space and start again."
        }
    }
}
