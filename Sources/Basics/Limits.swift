/// Every bound of the program, each with its reason. "Full" is an ordinary outcome everywhere.
public enum Limits {
    // MARK: Datagrams

    /// Bytes in a UDP payload: below the smallest IPv6 path MTU of 1,280 less IP and UDP headers, so nothing fragments.
    public static let datagramSize = 1_200
    /// Bytes in an RPC body, so that one still fits into an onion cell with three layers of headers.
    public static let bodySize = 1_000
    /// Bytes of a chunk of something larger: what fits into a body beside a deposit's other fields.
    public static let chunkSize = 896
    /// Chunks of one transfer: one bit each in a 128-bit bitmap, enough for the largest envelope.
    public static let chunksPerTransfer = 128

    // MARK: Kademlia

    /// k of the Kademlia paper: so many that all of them failing within an hour is very improbable (§2.2).
    public static let bucketSize = 20
    /// α of the paper: requests a lookup keeps under way while it makes progress.
    public static let parallelism = 5
    /// Contacts in one answer: what fits into a body with both address families.
    public static let contactsPerAnswer = 16
    /// Candidates a lookup remembers: enough for k to fail twice over, and no room for a flood of false ones.
    public static let lookupCandidates = 120
    /// Iterative operations (lookups, deposits, fetches) a node has under way at once.
    public static let operations = 128

    // MARK: Sessions and requests

    /// Sessions held at once: every contact of a full table, and clients besides.
    public static let sessions = 2_048
    /// Sessions of senders that have proved nothing yet. Full: the oldest goes.
    public static let unprovenSessions = 256
    /// Local static keys in use: the node's own and ephemeral client keys.
    public static let identities = 256
    /// Requests that wait for one handshake to finish.
    public static let requestsPerHandshake = 8
    /// Requests under way at once.
    public static let requests = 4_096
    /// Hints and other unauthenticated answers a node sends in a second: enough to heal, useless to a reflector.
    public static let unauthenticatedAnswersPerSecond = 64

    // MARK: Mailboxes

    /// The largest text of a message, in UTF-8 bytes.
    public static let textSize = 65_536
    /// Sizes of an envelope in bytes; a message is padded to the next, so that its length says little.
    public static let sizeClasses = [2_048, 8_192, 32_768, 69_632]
    /// Days from now that a new envelope may last.
    public static let envelopeDays = 15
    /// Days from now beyond which a buddy refuses an envelope: one more than senders use, for clocks that differ.
    public static let envelopeDaysAccepted = 16
    /// Days a tombstone outlives its envelope's last day, so that no late copy comes back.
    public static let tombstoneExtraDays = 3
    /// Bytes of a signed record: one transfer, with room for post-quantum prekeys.
    public static let recordSize = 4_096
    /// Days ahead that a record may state it is valid.
    public static let recordDays = 21
    /// Envelopes in one mailbox.
    public static let envelopesPerMailbox = 1_024
    /// Bytes of envelopes in one mailbox: some 240 of the largest size.
    public static let bytesPerMailbox = 16 << 20
    /// Tombstones in one mailbox: as many as can have been kept in their lifetime at a sensible rate.
    public static let tombstonesPerMailbox = 4_096
    /// Bytes of envelopes one node keeps for others.
    public static let bytesPerNode = 1 << 30
    /// Transfers under way from one session.
    public static let assembliesPerSession = 2
    /// Bytes of transfers under way on a node.
    public static let assemblyBytes = 8 << 20
    /// Tombstones in one discard: what fits into a body.
    public static let tombstonesPerDiscard = 8
    /// Entries in one page of a list: what fits into a body.
    public static let entriesPerPage = 24
    /// Mailboxes one session may read.
    public static let authorizationsPerSession = 4

    // MARK: People

    /// Messages of this person that are not settled yet.
    public static let outboxMessages = 10_000
    /// Messages kept in the inbox.
    public static let inboxMessages = 1_000_000
}
