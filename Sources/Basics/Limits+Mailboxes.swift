extension Limits {
    // MARK: Mailboxes

    /// The largest text of a message, in UTF-8 bytes.
    public static let textSize = 65_536
    /// Texts that were begun and not sent, each to another peer: more than anybody writes at once…
    public static let drafts = 100
    /// …and bytes of all of them, so that they can be listed at once.
    public static let draftBytes = 1 << 20
    /// Bytes of the name that a person gives themselves: two or three words in any script.
    public static let claimedNameSize = 48
    /// People whom one person may have introduced, by whose names requests are shown: more than anybody introduces one to.
    public static let introductionsPerPeer = 64
    /// The same of all who introduce, so that all can be listed at once; half of it for those whom the person accepts.
    public static let introductions = 512
    /// Introductions of one person that are shown.
    public static let introductionsShown = 4
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
    /// What a person's record usually takes at most, in bytes: prekeys and endpoints fill 1,536, which are sealed and signed.
    public static let expectedRecordSize = 2 * chunkSize
    /// Keepers of an own record that are asked between two publications whether they have the newest: the two that readers ask first for
    /// the whole of it, and one more.
    public static let keepersChecked = 3
    /// Days ahead that a record may state it is valid.
    public static let recordDays = 21
    /// Days ahead beyond which a buddy refuses a record: one more than publishers use, for clocks that differ.
    public static let recordDaysAccepted = 22
    /// Envelopes in one mailbox.
    public static let envelopesPerMailbox = 1_024
    /// Bytes of envelopes in one mailbox: some 240 of the largest size.
    public static let bytesPerMailbox = 16 << 20
    /// Of these, what strangers may have where the owner has said whom they accept: a first message of 256 people, who
    /// are then accepted or not. The rest is for those who are.
    public static let strangersEnvelopesPerMailbox = envelopesPerMailbox / 4
    /// The same in bytes: some 60 of the largest size.
    public static let strangersBytesPerMailbox = bytesPerMailbox / 4
    /// Keys in a mailbox's policy: one for all accepted senders, and the next while it is replaced. A signature is verified with
    /// each.
    public static let deliveryKeysPerPolicy = 2
    /// Envelopes looked at again for one that comes, as those that were to give way turned out to be accepted senders': some
    /// milliseconds. Beyond that, the next attempt goes on.
    public static let envelopesLookedAtAgain = 64
    /// Buddies of a mailbox that are asked to announce what comes into it, the two closest and one drawn by chance: one liar and one that is
    /// gone still leave one, and who crowds around a mailbox isn't all of them.
    public static let announcers = 3
    /// Buddies that are asked where a few are enough. Of twenty a deposit lies with eleven at least: four of the others miss it once in
    /// forty times, and the next look asks another.
    public static let buddiesGlanced = 4
    /// Seconds for which they are asked to: several renewals may fail meanwhile…
    public static let subscriptionSeconds: UInt32 = 600
    /// …and the most that a buddy grants: what it keeps of those who have gone is forgotten by then.
    public static let subscriptionSecondsGranted: UInt32 = 3_600
    /// How often a client asks one of them to go on: most NATs keep an idle UDP mapping for 30 seconds at least (Hätönen et al., IMC 2010),
    /// and a buddy that is gone is noticed as soon…
    public static let keepaliveInterval = Duration.seconds(25)
    /// …and how often it asks the others: a NAT on Linux keeps a mapping for two minutes after the last datagram, once both sides have
    /// sent one, and RFC 4787 asks for no less (REQ-5). Where others reach a node, it asks all of them so often.
    public static let subscriptionRenewal = Duration.seconds(100)
    /// …and so often a node asks whose device is to wake seldom: one renewal may fail before what was agreed is over.
    public static let renewalInLowPower = Duration.seconds(290)
    /// Clients to which a node announces mail: a hundred people with a mailbox here, and as many again at an epoch's end…
    public static let subscriptions = 256
    /// …of these, those of one address block: people behind one NAT…
    public static let subscriptionsPerBlock = 32
    /// …and the mailboxes of one client: its key is made for one, and another takes the place of an older.
    public static let subscriptionsPerClient = 2
    /// The least time between two announcements to one client: what comes meanwhile gathers. So they cost a small part of what
    /// envelopes cost, however many come.
    public static let announcementInterval = Duration.milliseconds(100)
    /// Announcements under way at once, each to another client: a quarter of a node's operations.
    public static let announcementsUnderWay = operations / 4
    /// When one is tried again for which there was no room.
    public static let announcementPause = Duration.seconds(1)
    /// Envelopes of announced mailboxes that are not durable yet: as many as the answers that wait for the disk.
    public static let announcementsPending = deferredAnswers
    /// Announcements that wait for the person's side: those of all announcers of two mailboxes.
    public static let announcementsWaiting = 2 * announcers
    /// Envelopes of which it is remembered who has brought them, for as long as the session lasts, so that the sender hears at once when
    /// they are collected: as many as a busy buddy takes in some minutes, in a hundred kilobytes…
    public static let depositsRemembered = 1_024
    /// …of these, those of one session: what one sender has under way to one mailbox.
    public static let depositsRememberedPerSession = 32
    /// Envelopes that this person's side has brought to mailboxes and of which buddies may say at once that they are collected.
    public static let collectionsAwaited = 1_024
    /// Tombstones in one mailbox: as many as can have been kept in their lifetime at a sensible rate.
    public static let tombstonesPerMailbox = 4_096
    /// Bytes of envelopes one node keeps for others.
    public static let bytesPerNode = 1 << 30
    /// Tombstones one node keeps for others: some 80 MiB on disk.
    public static let tombstonesPerNode = 262_144
    /// Records one node keeps for others: at most 64 MiB.
    public static let recordsPerNode = 16_384
    /// Of the bytes of envelopes, those that one account may bring: a month's mail of hundreds of people behind one
    /// NAT. It takes eight address blocks to fill a node.
    public static let bytesPerAccount = bytesPerNode / 8
    /// The same of the tombstones: a thousand envelopes of each of some people…
    public static let tombstonesPerAccount = tombstonesPerNode / 8
    /// …and of the records, of which a person has up to eight with the policies. The records that one neighbour hands over from a full
    /// node to a newcomer are half of this bound, as the twenty holders take turns.
    public static let recordsPerAccount = recordsPerNode / 8
    /// Transfers under way from one session: more than a person has messages under way to one mailbox…
    public static let assembliesPerSession = 32
    /// …and their bytes: two of the largest envelope, so that one waits ready while the other is on its way. A sender
    /// keeps to both bounds by itself, as a refusal costs it a pause.
    public static let assemblyBytesPerSession = 2 * 69_632
    /// Transfers under way on a node. Bounded, so that many small ones can't make each chunk slow to place.
    public static let assemblies = 512
    /// Bytes of transfers under way on a node.
    public static let assemblyBytes = 8 << 20
    /// Of these, bytes for one address block, so that it can't keep others out.
    public static let assemblyBytesPerBlock = 4 << 20
    /// Of these, bytes for all senders that have not proved their address: forged addresses must not keep others out.
    public static let assemblyBytesUnproven = 1 << 20
    /// The time without a new chunk after which an unfinished transfer is dropped.
    public static let assemblyTimeout = Duration.seconds(10)
    /// The time without a new chunk after which a transfer gives way to another of its block: several round trips.
    public static let assemblyStall = Duration.seconds(2)
    /// Bytes of memory for what the person has written and isn't durable, beyond which nothing new is accepted: a stalled disk must not fill
    /// the memory.
    public static let pendingBytes = 32 << 20
    /// The same for what is kept for others: some 1,000 small envelopes with their indexes. More in one commit would hardly cost less
    /// each, and all would wait longer for it.
    public static let pendingBytesOfOthers = 4 << 20
    /// However slow the disk is: some of the largest envelopes, of a few accounts.
    public static let pendingBytesOfOthersAtLeast = 512 << 10
    /// What one commit should take. Whoever brings something waits for two at most.
    public static let commitTime = Duration.milliseconds(100)
    /// Answers that wait for the disk: as many as a second of deposits from everywhere needs. More are refused as busy.
    public static let deferredAnswers = 4_096
    /// Of these, of one address block: a quarter, so that no stranger alone takes the room of a slow disk.
    public static let deferredAnswersPerBlock = 1_024
    /// Seconds until a refused sender should try again: at once, as something small has to finish first…
    public static let retryAfterBusy: UInt32 = 2
    /// …when the node may have room again…
    public static let retryAfterNodeFull: UInt32 = 600
    /// …and when the owner may have collected mail.
    public static let retryAfterMailboxFull: UInt32 = 3_600
    /// How long nothing new is accepted after the disk was full, so that writes that free space aren't refused with it.
    public static let pauseAfterFull = Duration.seconds(30)
    /// Things removed in one step of the expiry sweep: some milliseconds of the writer's time.
    public static let removalsPerSweep = 128
    /// Entries of the index of mailboxes that are compared with their envelopes in one step of the sweep. One step
    /// takes some milliseconds; a full node is done in two minutes.
    public static let comparedPerSweep = 4_096
    /// The time until they are compared again: damage by the disk is corrected within a day.
    public static let indexCheckInterval = Duration.seconds(86_400)
    /// The time between two steps of a sweep that has more to do, and between two sweeps.
    public static let sweepStep = Duration.seconds(1)
    public static let sweepInterval = Duration.seconds(600)
    /// When a sweep that had to wait for the clock to be confirmed is tried again.
    public static let sweepPause = Duration.seconds(60)
    /// The time between two steps of the round that hands records over, the records looked at in one step, and those
    /// handed over in one: a full node gets round in half an hour, and hands over no more than one every 7.5 s.
    public static let handOverStep = Duration.seconds(60)
    public static let recordsPerHandOverStep = 512
    public static let handOversPerStep = 8
    /// Chunks of one transfer a sender keeps under way at first (RFC 6928 §2)…
    public static let initialWindow = 10
    /// …at least (with one alone, each loss would be a timeout in which nothing happens)…
    public static let smallestWindow = 2
    /// …and at most: 35 kB, which fills 1.4 Mbit/s over 200 ms; a mailbox has twenty buddies.
    public static let largestWindow = 32
    /// A chunk is lost when a chunk sent so many places later was answered (RFC 9002 §6.1.1), at first.
    public static let reorderingThreshold = 3
    /// Windows in a row without an arrival after which a transfer fails.
    public static let transferFailures = 8
    /// Chunks sent in one transfer, retransmissions included, after which it fails: the other side seems to lose all of
    /// them.
    public static func sendings(ofChunks count: Int) -> Int { 8 * count + 32 }
    /// The most seconds for which a busy node can make a transfer wait, whatever it states.
    public static let longestPauseSeconds: UInt32 = 60
    /// Chunks a node sends in a second, to all destinations together, before it has measured anything: 4 Mbit/s, which
    /// most uplinks carry and the others survive for a round trip.
    public static let pacingRateInitial = 500
    /// Chunks that leave at once at that rate or a higher one: the initial window of TCP and QUIC, 14,720 bytes (RFC 6928, RFC 9002 §7.2
    /// and §7.7). So a message is with six of its buddies in one round trip.
    public static let pacingBurst = 12
    /// The lowest rate, 1 Mbit/s: a wrong measurement never leaves even so slow a link idle.
    public static let pacingRateMinimum = 125
    /// The highest rate: a gigabit a second.
    public static let pacingRateMaximum = 100_000
    /// The queueing delay that a node's chunks may add to its uplink: low enough not to disturb a call on the same
    /// link.
    public static let pacingQueue = Duration.milliseconds(25)
    /// Chunks lost in a row at a node heard before that count as lost on the way: beyond that, the node is gone. On a
    /// path that drops two of three, one node in seven hundred loses so many.
    public static let pacingLossesInSilence = 16
    /// The same for a node that never answered a chunk.
    public static let pacingLossesUnheard = 4
    /// How long the shortest round trip to a node is remembered: routes change.
    public static let pacingMemory = Duration.seconds(60)
    /// The time without a chunk after which the rate starts over, as in TCP (RFC 5681 §4.1): an old measurement says
    /// little.
    public static let pacingIdle = Duration.seconds(5)
    /// Tombstones in one discard: what fits into a body.
    public static let tombstonesPerDiscard = 8
    /// Entries in one page of a list: what fits into a body.
    public static let entriesPerPage = 24
    /// Mailboxes one session may read.
    public static let authorizationsPerSession = 4
    /// Mailboxes opened on one node, by all sessions together.
    public static let authorizations = 4_096
}
