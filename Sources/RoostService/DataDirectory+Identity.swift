import Basics
import Cryptography

/// The identities that belong to the directory.
extension DataDirectory {
    /// The identities given by the keys of a directory.
    public struct Identity: Hashable, Sendable {
        /// The person.
        public let peerID: PeerID
        /// The node.
        public let nodeID: NodeID
        /// The node's static key, with which others can pin it: `key@host:port`.
        public let nodeKey: PublicKey
    }

    /// The identity of the directory at `path`, whether or not a daemon runs there. Makes the directory and the keys if
    /// there are none.
    public static func identity(of path: String) throws(ServiceError) -> Identity {
        let directory = DataDirectory(path)
        try directory.prepare()
        return try directory.identity()
    }

    /// The identity, if the keys exist already. Nil if there is no directory or it has no keys: nothing is made.
    public static func existingIdentity(of path: String) throws(ServiceError) -> Identity? {
        let directory = DataDirectory(path)
        for mark in [OwnFile.nodeKey, .profileKey, .format] {
            let path = directory.file(mark)
            let found = try directory.attempt { () throws(SystemCalls.Failure) in try SystemCalls.status(path) }
            if found != nil { return try identity(of: directory.path) }
        }
        return nil
    }
}
