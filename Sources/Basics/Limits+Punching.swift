/// Bounds on opening ways between people behind NATs.
extension Limits {
    // MARK: The buddy in between

    /// Offers that a node passes on in a minute to the reader of one mailbox: each of thirty friends once.
    public static let offersPerMailbox = 30
    /// Of these, offers of one address block.
    public static let offersPerAsker = 4
    /// Offers that a node passes on in a second, whoever asks: some hundred datagrams.
    public static let offersPerSecond = 32
    /// Of these, offers of one address block, whatever the mailboxes: anybody can invent as many of these as they like.
    public static let offersPerSecondOfBlock = 8
    /// Offers that wait for an answer, or for their refusal.
    public static let offersWaiting = 256
    /// Of these, offers of one address block.
    public static let offersWaitingOfBlock = 32
    /// Offers that are being passed on at once: a quarter of the operations, as a silent reader is waited for some seconds.
    public static let passagesUnderWay = operations / 4
    /// How long after an offer who made it hears that nobody answers: a few round trips across the world, and less than they wait for
    /// any answer.
    public static let offerPatience = Duration.seconds(1)
    /// The time for which a node remembers what it has passed on.
    public static let offerMemory = Duration.seconds(60)

    // MARK: Who is asked

    /// Offers that a person's side looks at in a second: each costs two Diffie-Hellman computations.
    public static let offersRead = 8
    /// Offers that wait for an answer, or were answered a moment ago.
    public static let offersHeld = 32
    /// How long an answer is remembered, so that the same offer gets the same answer: as long as requests are repeated.
    public static let offerAnswerTime = Duration.seconds(10)

    // MARK: Who asks

    /// Buddies that are asked to pass one offer on: three of them announce what comes, and two at most are closer than these.
    public static let offerAttempts = 6
    /// Of these at once.
    public static let offersAtOnce = 2
    /// Endpoints at which a node says hello to open a way: where it is seen over each family, and the addresses of one household.
    public static let wayCandidates = 8
    /// How long an endpoint counts as confirmed at which a node in between has seen the other side.
    public static let attestationTime = Duration.seconds(60)
    /// Ways of a node that are being opened or are open.
    public static let ways = 64
    /// When hellos go, after the beginning: the first may come before the other side has opened its NAT, and any may be lost.
    public static let wayHellos: [Duration] = [0, 100, 300, 700, 1_500, 3_100].map { .milliseconds($0) }
    /// How long the last of these is waited for.
    public static let wayPatience = Duration.seconds(1)
    /// An open way is kept for so long after something has last gone there.
    public static let wayIdleTime = Duration.seconds(600)
    /// A way that this side doesn't use is kept open by the other side. It ends once two of the other side's hellos are missing.
    public static let waySilence = keepaliveInterval * 2 + .seconds(10)
    /// A hello on an open way that isn't answered is repeated after this time…
    public static let wayRepetition = Duration.seconds(2)
    /// …and so often in all.
    public static let wayRepetitions = 3

    // MARK: People

    /// Peers for which it is remembered how opening a way went.
    public static let waysRemembered = 64
    /// How long no way is tried after nobody has answered an offer: the peer is away, or doesn't want one.
    public static let offerPause = Duration.seconds(30)
    /// The same after both sides have said hello in vain: their NATs are of kinds that don't let them meet.
    public static let wayPause = Duration.seconds(600)
    /// Seconds by which the time in an offer may differ from the reader's. An offer is remembered for as long, so that none is
    /// answered twice.
    public static let offerAge: Int64 = 600
    /// Offers remembered for that, and of one peer.
    public static let offersRemembered = 256
    public static let offersRememberedPerPeer = 32
}
