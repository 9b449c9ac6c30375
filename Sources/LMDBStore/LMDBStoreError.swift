/// Why a store could not be opened. The description is one sentence for a person.
public enum LMDBStoreError: Error, Hashable, CustomStringConvertible {
    /// The file is damaged, missing or not a store of this program; the reason is for diagnosis.
    case corrupt(directory: String, reason: String)
    /// Another version of the program wrote the store, in a format that this one does not read.
    case otherFormat(directory: String, found: UInt32, supported: UInt32)
    /// The directory can't be used; the reason is the system's.
    case unusable(directory: String, reason: String)
    /// The disk is full.
    case full(directory: String)

    public var description: String {
        switch self {
        case .corrupt(let directory, let reason):
            "The store in \(directory) is damaged (\(reason)): restore it from a backup."
        case .otherFormat(let directory, let found, let supported):
            """
            The store in \(directory) has format \(found), and this program reads format \(supported): use the \
            \(found > supported ? "newer" : "older") version of roost that wrote it.
            """
        case .unusable(let directory, let reason):
            "The store in \(directory) can't be opened (\(reason)): check that the directory exists and is yours."
        case .full(let directory):
            "The disk that holds \(directory) is full: free some space and start again."
        }
    }
}
