import Basics
import Cryptography

/// Whose directory it is.
extension DataDirectory {
    /// Who the keys of a directory say one is.
    public struct Identity: Hashable, Sendable {
        /// The person.
        public let peerID: PeerID
        /// The node.
        public let nodeID: NodeID
    }

    /// Whose directory `path` is, whether or not a daemon runs there. Makes the directory and the keys when there are none.
    public static func identity(of path: String) throws(ServiceError) -> Identity {
        let directory = DataDirectory(path)
        try directory.prepare()
        return try directory.keys().identity
    }

    /// The same where the keys are there already. Nil where there is no directory, or none that has keys: nothing is made.
    public static func existingIdentity(of path: String) throws(ServiceError) -> Identity? {
        let directory = DataDirectory(path)
        let marks = ["node.key", "profile.key", "format"].map(directory.file)
        for mark in marks {
            let found = try directory.attempt { () throws(SystemCalls.Failure) in try SystemCalls.status(mark) }
            if found != nil { return try identity(of: path) }
        }
        return nil
    }
}
