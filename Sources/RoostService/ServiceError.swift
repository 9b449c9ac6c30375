/// Why the service could not do what was asked.
public struct ServiceError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong, for a program to compare.
    public enum Code: String, Hashable, Sendable {
        /// The data directory can't be made, read or written, or belongs to something else.
        case dataDirectoryUnusable
        /// The data directory belongs to another user, or its permissions keep us out.
        case dataDirectoryForbidden
        /// Another daemon uses the data directory.
        case alreadyRunning
        /// A key file is damaged or is not one of ours.
        case keyUnusable
        /// The keys are sealed by a passphrase, and none was given.
        case passphraseMissing
        /// The passphrase is another.
        case passphraseWrong
        /// There isn't the memory that a passphrase takes.
        case outOfMemory
        /// A file that is to be written is there already, or can't be written.
        case fileUnusable
        /// A file can't be read.
        case fileUnreadable
        /// A file is not what it should be, or is damaged.
        case fileInvalid
        /// A later version has written the file.
        case fileNewer
        /// The store is damaged or missing.
        case storeCorrupt
        /// The store or the directory was written by another version, in a format that this one doesn't read.
        case otherVersion
        /// A listen address is in use by another program.
        case portInUse
        /// A listen address does not exist here, or may not be used.
        case addressUnusable
        /// A bootstrap address can't be read.
        case bootstrapInvalid
        /// The text is empty, too long, or not what can be sent.
        case messageInvalid
        /// The peer ID is not a usable key.
        case peerInvalid
        /// The person has blocked the peer.
        case peerBlocked
        /// Of as many peers as may be something is said already, or the peer is oneself.
        case decisionRefused
        /// There is no such message.
        case messageUnknown
        /// The outbox holds as many messages as it may.
        case outboxFull
        /// The inbox holds as many messages as it may.
        case inboxFull
        /// The disk is full.
        case diskFull
        /// The disk failed.
        case diskFailed
        /// Too much is under way already.
        case busy
        /// The node has been stopped.
        case stopped
        /// The caller's task was cancelled.
        case cancelled
    }

    /// For a program.
    public let code: Code
    /// One plain sentence for a person: what happened, and what to do.
    public let sentence: String

    public init(_ code: Code, _ sentence: String) {
        self.code = code
        self.sentence = sentence
    }

    public var description: String { sentence }

    static let stopped = ServiceError(.stopped, "The node has been stopped.")
    static let cancelled = ServiceError(.cancelled, "The wait was cancelled.")
}
