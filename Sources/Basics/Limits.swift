/// Every bound of the program, each with its reason. Those of mailboxes, clocks, names and hole punching have files of their own.
/// "Full" is an ordinary outcome everywhere.
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
    /// Seconds that a refusal can ask to wait before the next try: a day, so that a liar can't delay a sender without
    /// end.
    public static let retryAfterSeconds: UInt32 = 86_400
    /// The last time read from the wire, in seconds since 1970: the end of the year 9999, so that sums can't overflow.
    public static let latestTime: Int64 = 253_402_300_799

    // MARK: Kademlia

    /// k of the Kademlia paper: so many that all of them failing within an hour is very improbable (§2.2).
    public static let bucketSize = 20
    /// α of the paper: requests a lookup keeps under way while it makes progress.
    public static let parallelism = 5
    /// Contacts in one answer: k of them fit into a body with one address family, 17 with both.
    public static let contactsPerAnswer = 20
    /// Candidates a lookup remembers: enough for k of them to fail twice over, but not for a flood of false ones.
    public static let lookupCandidates = 120
    /// Nodes one lookup asks: several times what an honest network needs, so that liars can't keep it going.
    public static let lookupRequests = 200
    /// The least after which a node is slow beside others that have answered: a busy machine takes as long now and then.
    public static let lookupPatience = Duration.milliseconds(50)
    /// Candidates of one address block that keep a farther one out: the two that may count, and some in case those were
    /// false. A liar can name two in one answer, so it takes four liars to displace an honest node of the block.
    public static let lookupCandidatesPerBlock = 8
    /// Nodes of one address block after which a lookup takes no more of it, those that failed not counted: twice the 14
    /// that it asks where all nodes are of one block, and so few that a block's owner can't use up the requests.
    public static let lookupRequestsPerBlock = 32
    /// Other endpoints of each family at which a lookup tries one node. To hide an honest node, so many liars must
    /// answer before it.
    public static let lookupAlternatives = 3
    /// Replacements for one bucket: as many as contacts may fail between two refreshes.
    public static let replacementsPerBucket = 4
    /// Contacts of one address block (IPv4 /24, IPv6 /48) in one bucket, and in a lookup's shortlist: addresses of one
    /// block are cheap for its owner, so they must not make up a neighbourhood.
    public static let contactsPerBlock = 2
    /// Contacts of one address block in a whole table: room for a well-populated provider.
    public static let contactsPerBlockInTable = 10
    /// Failures in a row after which a contact is evicted for a replacement: the first, and a retry.
    public static let failuresBeforeReplacement = 2
    /// Failures in a row after which a contact is removed even without a replacement (Kademlia, §4.1).
    public static let failuresBeforeRemoval = 5
    /// Contacts remembered that fell silent and left the table: so many that some are in each part of a network that was cut in two.
    public static let formerContacts = 16
    /// For how long such a contact was known at least: most that were known for less only looked in.
    public static let formerContactKnown = Duration.seconds(600)
    /// The time after which a node that has its network asks a bootstrap node again, which may be in another part. Seldom, as all nodes
    /// ask the same few: a million nodes send three of them fifteen hellos a second each.
    public static let bootstrapInterval = Duration.seconds(21_600)
    /// Failures of one contact within this time count as one; also the delay of its first retry.
    public static let retryDelay = Duration.seconds(5)
    /// A contact heard within this time is not pinged when a newcomer wants its place.
    public static let doubtDelay = Duration.seconds(60)
    /// Nearest contacts that are checked often: twice k, as they answer for what lies around this node.
    public static let nearContacts = 40
    /// Silence after which a near contact that has not been known for long is checked.
    public static let checkIntervalNear = Duration.seconds(180)
    /// The same for a contact known for an hour or more. A few of the closest contacts may have gone since; a lookup or
    /// deposit goes on without them.
    public static let checkIntervalNearLongest = Duration.seconds(600)
    /// How much later a contact is checked if it was last heard because it sent a request: it checks this node at the
    /// same interval, so its next request has come by then, even after retransmissions.
    public static let checkCourtesy = Duration.seconds(90)
    /// Checks are made together at multiples of this time. It is less than `checkCourtesy`, so that the same one of two
    /// nodes still checks first.
    public static let checkStep = Duration.seconds(60)
    /// Work without a deadline is done together, at multiples of this time: waking a node costs more than most of that
    /// work.
    public static let upkeepStep = Duration.seconds(20)
    /// Silence after which any other contact is pinged.
    public static let checkIntervalFar = Duration.seconds(1_800)
    /// The longest silence of a contact that a client lets pass: nobody is told of clients, and they keep nothing, so that a contact that
    /// has gone delays only a search of their own.
    public static let checkIntervalOfClient = Duration.seconds(3_600)
    /// Silence after which a bucket is refreshed. Kademlia (§2.3) says an hour. Half an hour is a quarter of the
    /// shortest half-life of nodes that tables are made for.
    public static let refreshInterval = Duration.seconds(1_800)
    /// The same where a bucket far from the own ID isn't full: it lacks nodes that exist.
    public static let refreshIntervalFilling = Duration.seconds(600)
    /// The same for a client that knows as many contacts as a search needs.
    public static let refreshIntervalOfClient = Duration.seconds(3_600)
    /// Delay after which a new bucket is refreshed for the first time: long enough for the lookup that created it to
    /// end.
    public static let refreshDelay = Duration.seconds(10)
    /// How long to wait for an answer of a node never heard of (RFC 6298 §2.1).
    public static let timeoutInitial = Duration.seconds(1)
    /// The least that is added to the round trip (RFC 6298 §2.3): a link that never varied still may.
    public static let timeoutGranularity = Duration.milliseconds(25)
    /// The shortest timeout: above the delays of a busy machine or radio link.
    public static let timeoutMinimum = Duration.milliseconds(150)
    /// The longest timeout: lookups go on at once anyway, and late answers count.
    public static let timeoutMaximum = Duration.seconds(3)
    /// Iterative operations (lookups, deposits, fetches) a node has under way at once.
    public static let operations = 128
    /// Of these, deposits that have their quorum and wait for stragglers. Beyond that, the oldest waits no longer.
    public static let trailingDeposits = 32
    /// How long the buddies found for one deposit are reused for the next to the same mailbox. Nodes that come closer
    /// meanwhile miss the envelopes deposited in this time, until the sender deposits them again minutes later.
    public static let depositSearchLifetime = Duration.seconds(30)

    // MARK: Reachability

    /// The number of known servers from which on a newcomer must be confirmed by a third node: with fewer there is
    /// hardly a third node.
    public static let serversBeforeConfirmation = 8
    /// Newcomers that wait for their confirmation at once: enough for a network that starts together, only a share of
    /// the operations, and no use to a flood.
    public static let confirmations = 32
    /// Of these, newcomers of one address block: a dial to a silent host takes seconds.
    public static let confirmationsOfBlock = 4
    /// Third nodes asked about one newcomer or about this node: a majority of them outvotes one liar.
    public static let confirmers = 3
    /// Third nodes that may be asked about this node while it doesn't know whether it is reached: so many that some may be silent
    /// or have no time.
    public static let confirmersAtFirst = 12
    /// So many of these at once that the slowest need not be waited for, and that a datagram lost here and there delays nothing.
    public static let confirmersAtOnce = 8
    /// Third nodes that must reach this node then.
    public static let confirmersToReach = 3
    /// Third nodes of one check that must not reach this node for that to be believed at once. If a tenth of all datagrams are
    /// lost, that happens to one in two million that are reached.
    public static let confirmersToDeny = 4
    /// How often one third node is asked about one contact, in three and a half seconds: its own dial and another's take two.
    public static let confirmRequests = 12
    /// Nodes remembered for which no dial-back succeeded. Beyond that, the oldest may try again.
    public static let unconfirmedNodes = 256
    /// For how long they are remembered: each attempt costs three third nodes two datagrams.
    public static let unconfirmedTime = Duration.seconds(300)
    /// The same where the third nodes were busy: they will soon have time.
    public static let unconfirmedTimeBusy = Duration.seconds(15)
    /// What a node knows from dialling at others' request: results of this time, and at most so many.
    public static let probeTime = Duration.seconds(120)
    public static let probes = 256
    /// Dials of one address in that time, regardless of which nodes request them. Each dial is three hellos, which must
    /// leave room in what may be sent to an address that doesn't answer.
    public static let probesPerHost = 2
    /// Dials in that time at the request of one address block: a node that starts together with a hundred others is
    /// served.
    public static let probesPerAsker = 64
    /// Dials in a second.
    public static let probesPerSecond = 16
    /// Endpoints of the other address family, stated by contacts, that wait to be dialled: those of a full table, as
    /// after joining.
    public static let alternates = 256
    /// The longest time that one waits for its node to enter the table and for the bounds on dials to let it through.
    public static let alternateTime = Duration.seconds(120)
    /// After a node stated an endpoint at which its key doesn't answer, its statements are ignored for this time. So a
    /// node that states a victim's address causes at most twelve dials an hour by each other node.
    public static let alternateRetry = Duration.seconds(300)
    /// A dial without an answer is repeated after this time, and fails when the last repetition has had as long: after
    /// a second. Few round trips on the Internet take half as long.
    public static let probeRepetition = Duration.milliseconds(350)
    /// How often the hello of a dial is sent: if 10 % are lost each way, one dial in 146 fails wrongly.
    public static let probeSends = 3
    /// Questions of nodes about themselves that are passed on at once: a quarter of the operations.
    public static let questionsPassed = 32
    /// How long a NAT may let in what comes from an address because its node has sent something there. RFC 4787, REQ-5:
    /// never less than two minutes, and five or more are recommended.
    public static let natMemory = Duration.seconds(300)
    /// Addresses remembered from which something came lately outside of any session. Beyond that, every address counts as one.
    public static let addressesHeard = 1_024

    // MARK: Sessions and requests

    /// Sessions held at once: every contact of a full table, and clients besides.
    public static let sessions = 2_048
    /// Of these, sessions with one address block: enough for many people behind one NAT, and only a small part of the
    /// table for the owner of one network. When full, the session of that block that was idle longest is ended.
    public static let sessionsPerBlock = 256
    /// Sessions of senders that have proved nothing yet. If full, the oldest of the address block that has most is
    /// evicted.
    public static let unprovenSessions = 256
    /// Of these, sessions with one address block.
    public static let unprovenSessionsPerBlock = 64
    /// Datagrams in one direction of a session after which the next request opens a new one: some 20 GB. So the use of
    /// one key is bounded in amount as it is in time.
    public static let datagramsBeforeRenewal: UInt32 = 1 << 24
    /// The most datagrams in one direction of a session: if no renewal succeeds, the session falls silent here. Far
    /// below the 2⁶⁴ − 1 at which nonces would end (Noise, revision 34, §5.1).
    public static let datagramsPerSession: UInt32 = 1 << 28
    /// Local static keys in use: the node's own and ephemeral client keys.
    public static let identities = 256
    /// Handshakes of our own under way at once: a lookup's requests to unknown nodes many times over. If full, try
    /// again later.
    public static let handshakes = 512
    /// How often one handshake initiation is sent: an address that never answers gets no more.
    public static let initiationSends = 5
    /// Initiations and hellos sent to one address while it doesn't answer, and as many again for each minute: two failed handshakes.
    public static let unansweredPerHost = 8
    /// Hellos besides these, and as many again for each minute, to an address at which a node in between says that it has just seen the other
    /// side of a way that both have agreed to: four ways of six hellos. A node in between who lies can so have 2 kB a minute sent to a victim.
    public static let unansweredPerAttestedHost = 24
    /// The same for a whole address block: enough for a few dead nodes in a large network, and too little for a flood.
    public static let unansweredPerBlock = 64
    /// The factor by which these limits are higher where there is a session: false contacts at the address of a live
    /// node must not prevent handshakes with it.
    public static let discountWhereKnown = 16
    /// Rate-limit entries kept for addresses, and as many for blocks. An entry is forgotten only after so many others
    /// were used.
    public static let strangersRemembered = 1_024
    /// Initiations answered in a second without demanding a cookie: 6 % of a processor, and unproven sessions get the
    /// second that they need before others take their place. Beyond that, the sender must prove its address first…
    public static let initiationsPerSecond = 256
    /// …and one address block gets so many in a second.
    public static let initiationsPerBlock = 16
    /// Rate-limit entries kept for the blocks that send initiations.
    public static let initiatorsRemembered = 1_024
    /// How often one initiation is retransmitted with a cookie: a second one is needed if the first was made just
    /// before its secret changed.
    public static let cookiesPerHandshake = 2
    /// Requests queued behind one handshake: one for each message that a person has under way to one mailbox.
    public static let requestsPerHandshake = 32
    /// Requests under way at once.
    public static let requests = 4_096
    /// How often a request, or the hello of a liveness check, is sent before it counts as unanswered: if 10 % are lost
    /// each way, 1 in 770 fails wrongly.
    public static let attempts = 4
    /// Contacts that a client asks for its endpoint after a change of network: more than the majority that is needed,
    /// as some don't answer.
    public static let observersOfClients = 8
    /// Contacts asked over an address family that has become usable: enough observers to agree on this node's endpoint,
    /// even if one or two are gone.
    public static let observersAskedOnChange = 5
    /// Requests that are retransmitted at once when the network has changed: a few transfers' worth. The others wait
    /// for their timeouts.
    public static let requestsRepeated = 128
    /// Liveness checks by hello under way at once: all contacts of a large network's table, as after a machine has
    /// slept.
    public static let greetings = 1_024
    /// Hints that a node sends in a second: enough to replace lost sessions, useless to a reflection attack.
    public static let unauthenticatedAnswersPerSecond = 64
    /// Hellos answered in a second. A node that leaves them unanswered seems dead to its neighbours, so the bound is
    /// high: only a large flood can cause that. An answer is shorter than its hello and takes no cryptography, so a
    /// reflection attack gains nothing by it.
    public static let helloAnswersPerSecond = 1_024

    // MARK: Work

    /// The time in which an account gets back all the work that it may cause.
    public static let workPeriod = Duration.seconds(10)
    /// Microseconds of work that one account may cause in that time whatever others do: half a percent of a processor.
    /// That is enough for a thousand people who check three mailboxes each five times a minute, and it takes two
    /// hundred address blocks to use up a whole processor.
    public static let workGuaranteed = 50_000
    /// …and as long as the total allows it: a tenth of a processor, usable in one burst. Two hundred people behind one
    /// NAT that return at the same moment, each with three mailboxes to open and thirty messages to discard, use four
    /// fifths of it.
    public static let workPerAccount = 1_000_000
    /// All accounts together beyond what each is guaranteed: half a processor.
    public static let workOfAll = 5_000_000
    /// Accounts for which used work is remembered.
    public static let workersRemembered = 1_024

    // MARK: Clocks

    /// Seconds by which the civil clock may differ from most others' and still be right: well within the day of slack
    /// that everything kept by the day has.
    public static let clockDifferenceSeconds: UInt64 = 12 * 3_600
    /// Seconds by which it may differ and still date messages and records: that day of slack, and the time it takes to
    /// notice.
    public static let clockToleranceSeconds: UInt64 = 25 * 3_600
    /// Seconds by which it may move against the monotonic clock at once: corrections are smaller, and so is what can be
    /// lost by them.
    public static let clockJumpSeconds: UInt64 = 3_600

    /// Seconds that it may gain at once without being doubted, while the machine sleeps or the program doesn't run: a
    /// night, and no more than the day for which everything is kept after its last.
    public static let clockGainSeconds: Int64 = 24 * 3_600
    /// How long it must then run on, while others agree, before time gained beyond that erases anything. Two days are
    /// enough for people to notice that a whole network has the wrong date, and expired data takes up room for no
    /// longer than that.
    public static let erasureDelay = Duration.seconds(48 * 3_600)

    // MARK: Storage

    /// Bytes of a key in the store: what LMDB takes.
    public static let keySize = 511

    // MARK: People

    /// Bytes of a key file: some 160, and room for a comment of one's own.
    public static let keyFileSize = 4_096
    /// Messages of this person that are neither delivered nor failed yet.
    public static let outboxMessages = 10_000
    /// Messages kept in the inbox.
    public static let inboxMessages = 1_000_000
    /// Bytes of the key by which a repeated send is recognised: enough for any identifier.
    public static let messageKeySize = 256
    /// The highest Lamport number: it has six bytes, and no honest conversation reaches it.
    public static let lamport: UInt64 = (1 << 48) - 1
    /// Message IDs in one receipt: what fits into the smallest envelope.
    public static let receiptsPerEnvelope = 32
    /// Peers to which receipts are under way at once, so that any number of strangers can't fill the memory with
    /// receipts due.
    public static let receiptBatches = 2_000
    /// Sent messages that are remembered. Beyond that, each new one replaces the oldest that is delivered or failed.
    public static let sentMessages: UInt64 = 1_000_000
    /// Names in the address book, and people about whom something is decided: all of them are read in an instant.
    public static let addressBookNames = 10_000
    /// Messages of an older store that are given arrival numbers in one commit: some milliseconds of work.
    public static let numberingPortion = 500
    /// Endpoints of a person's nodes in one record, so that the record stays within its size.
    public static let contactsPerRecord = 8
    /// How long a start waits for the person's own record before it sends: nodes that are there answer within seconds.
    public static let ownRecordPatience = Duration.seconds(30)
    /// The least time between a generation of a person's data and one that begins because of mail, in seconds: an accepted sender can so
    /// force new sessions four times a day at most. What comes in the meantime counts once it is over.
    public static let generationPauseSeconds: Int64 = 6 * 3_600
    /// Mail that comes in a generation's first so many seconds never begins the next: whoever sealed it may not have heard of this one.
    public static let generationUnheardSeconds: UInt64 = 3_600
    /// Signed envelopes that couldn't be opened and are remembered so that none counts twice: more than a restored backup finds.
    public static let evidenceOfOlderCopies = 1_024
    /// Messages and receipts of a person under way at once: a share of a node's operations. A message that has its
    /// quorum makes way for the next.
    public static let attemptsUnderWay = 24
    /// Mailboxes of a person whose buddies are remembered: those of the epochs in which mail may lie, and as many again.
    public static let mailboxesRemembered = 16
    /// Recipients' mailboxes whose buddies are remembered: all that are written to at once, and as many again.
    public static let recipientsRemembered = 2 * attemptsUnderWay
    /// Peers whose mailbox keys are remembered, some 400 bytes each: those that this person writes to by turns.
    public static let cachedPeerKeys = 64
    /// Peers whose records are remembered.
    public static let cachedRecords = 256
    /// How long a peer's record is used before it is looked up again: prekeys last days, endpoints hours.
    public static let recordCacheTime = Duration.seconds(300)
    /// The same for a record that names no endpoint: its owner may come back at any time. Until then mail goes to the mailbox, and an owner who is online has
    /// it within a second or so.
    public static let recordCacheTimeAway = Duration.seconds(60)
    /// A person's nodes are tried one after another, each after this time without an answer from those before: a round
    /// trip across a continent, so that the first node mostly spares the others.
    public static let directStagger = Duration.milliseconds(100)
    /// Peers for which a failed direct delivery is remembered: as many as records.
    public static let shutWays = 256
    /// The pause after a failed direct delivery before the next attempt, doubled up to the longest. An attempt costs
    /// three datagrams and delays nothing.
    public static let shutWayTime = Duration.seconds(10)
    public static let shutWayTimeLongest = Duration.seconds(300)
    /// The head start of a direct delivery before the mailbox is tried as well: a round trip and a half across the
    /// world.
    public static let directHeadStart = Duration.milliseconds(300)
    /// Messages withheld because the previous one has not come: beyond that, they are shown at once.
    public static let withheldMessages = 1_024
    /// Seconds for which a message is withheld: as long as a large message takes that was sent before it.
    public static let withholdingSeconds: Int64 = 30
    /// Seconds for which a first message of a session is withheld where this person goes on from a copy of their data: the one before it
    /// most likely went to the data that were left behind. As long as small messages of one visit take.
    public static let withholdingSecondsOfCopy: Int64 = 5
    /// Envelopes of one mailbox that wait to be discarded, or are remembered as impossible to open.
    public static let discardsWaiting = 2_048

    /// Envelopes of this person that can't be opened and are remembered, so that they aren't downloaded again and
    /// again: all that fit into the mailboxes of the epochs for which mail may wait, and some that single buddies
    /// invent.
    public static let unopenedEnvelopes = 8_192
    /// Sessions kept with one peer: ten may be open to somebody who is away while 10,000 messages wait for them, and
    /// some that others have replaced.
    public static let sessionsPerPeer = 16
    /// Messages in one chain of a session. Beyond, the sender opens another session, so that no recipient ever has to
    /// keep the keys of more that are missing.
    public static let messagesPerChain: UInt32 = 1_000
    /// Keys of missing messages kept for one peer: a mailbox full of mail that comes in any order, four times over.
    public static let skippedKeys = 4_096
    /// Days for which such a key is kept, and a session that another has replaced: an envelope's, and two for clocks.
    public static let skippedKeyDays = envelopeDays + 2
    /// Days for which a session is opened with the same prekey while no answer comes: it outlives an envelope sealed
    /// on the last of them.
    public static let openingDays = 7
    /// The highest number of a session between two people: none is reached by opening one for every message.
    public static let sessionCount: UInt32 = 1 << 31
    /// Peers whose sessions are tried on what comes: some milliseconds for each envelope. Beyond, those longest silent are left out,
    /// after each start peers who aren't accepted first. Their messages are sealed again by their senders.
    public static let peersTried = 16_384

    /// Times that a message is sealed again after the first: by then a recipient that lost keys has published new ones.
    public static let repeatedSealings = 4
}
