/// Rare paths that the seed of a simulation switches on, after FoundationDB's `BUGGIFY`: a core then does something that
/// it may do at any time and hardly ever does, such as to demand a cookie without load or to call a table full.
///
/// Whatever it does is lawful: the other side must stand it, and no promise may break. It is off in production and in
/// simulations that don't ask for it: then a point costs one test of a bit, and the history is as if there were none.
///
/// Whether a point fires follows from the seed, the point and the time alone. So no draw changes another, and nothing
/// depends on the order in which nodes take their turns.
public struct Buggify: Sendable, Equatable {
    /// Where a core may take a rare path, and what it then does; the raw value is a sentence for people.
    public enum Point: String, CaseIterable, Sendable {
        // Sessions
        case cookieWithoutLoad = "A cookie is demanded although there is no load."
        case hintsUsedUp = "A datagram of an unknown session gets no hint, as if too many had been sent."
        case hellosUsedUp = "A hello gets no answer, as if too many had been answered."
        // Serving others
        case answerHeldBack = "What becomes durable is answered as busy, as if too many answers waited."
        case workRefused = "Costly work is refused as busy, as if its account had used up its share."
        case uploadEvicted = "The oldest incomplete upload is evicted, as if there were no room."
        case readerForgotten = "A reader has to authorize again, as if its grant had been evicted."
        case subscriptionRefused = "A client isn't told of its mail, as if too many were."
        case deliveryBusy = "A direct delivery is answered as busy, as if too many waited for the person."
        case fewerContacts = "An answer names one contact fewer than it could."
        case shorterPage = "A page of a mailbox ends before it is full."
        case dialBackBusy = "A question whether a node is reached is answered as busy, although the answer is known."
        // A node's own requests
        case operationsFull = "An operation isn't begun, as if as many ran as may."
        case requestsFull = "A request isn't sent, as if as many were under way as may be."
        case requestSentTwice = "A request is sent twice at once."
        case impatience = "A request is repeated after a fraction of its time."
        case chunkHeld = "A chunk waits for the pacer although there is room."
        case searchAnew = "The buddies of a mailbox are searched for although they are known."
        // People
        case storeBusy = "A message is refused as if too much waited for the disk."
        case inboxBusy = "An envelope is left in the mailbox, as if there were no room for it now."
        case fewerWanted = "Only one of the envelopes that are offered is asked for."
        case directWayDoubtful = "A message takes both ways at once, as if the direct one were doubtful."
        case directWayShut = "A message goes to the mailbox alone, as if the direct way were shut."
        case recordDistrusted = "A peer's record is looked up again although it was found just now."
        case receiptsAtOnce = "Receipts don't gather."
        case lookSoon = "A mailbox is looked into again at once."
        case attemptSoon = "A message that rests is tried again after a fraction of its pause."
        // Both
        case exchangeInterrupted = "The two cores are interrupted after one round of talking to each other."

        /// It fires once in about so many times: the more often its place is passed, the more seldom.
        public var rarity: UInt64 {
            switch self {
            case .answerHeldBack, .workRefused, .readerForgotten, .subscriptionRefused, .deliveryBusy, .shorterPage,
                .dialBackBusy,
                .searchAnew,
                .storeBusy, .inboxBusy, .fewerWanted, .directWayDoubtful, .directWayShut, .recordDistrusted,
                .receiptsAtOnce, .lookSoon, .attemptSoon, .exchangeInterrupted:
                8
            case .cookieWithoutLoad, .hintsUsedUp, .hellosUsedUp, .uploadEvicted, .fewerContacts, .operationsFull,
                .requestsFull, .requestSentTwice, .impatience, .chunkHeld:
                64
            }
        }

        /// Its place among all.
        var ordinal: UInt32 {
            // Safe: an enumeration of fewer than 257 cases without values is one byte, the place of its case.
            UInt32(unsafeBitCast(self, to: UInt8.self))
        }
    }

    /// A bit for each point that is on.
    @usableFromInline
    let points: UInt32
    private let seed: UInt64

    /// Nothing is on.
    public init() { (points, seed) = (0, 0) }

    /// These points are on.
    public init(_ points: [Point], seed: UInt64) {
        self.points = points.reduce(0) { $0 | 1 << $1.ordinal }
        self.seed = seed
    }

    /// The points that are on.
    public var on: [Point] { Point.allCases.filter { points & (1 << $0.ordinal) != 0 } }

    /// Whether a point fires at a time.
    @inlinable
    @inline(__always)
    public func fires(_ point: Point, at now: @autoclosure () -> Instant) -> Bool {
        points != 0 && isDrawn(point, at: now())
    }

    /// Out of line, so that where nothing is on no more than a comparison with zero is left.
    @inline(never)
    @usableFromInline
    func isDrawn(_ point: Point, at now: Instant) -> Bool {
        guard points & (1 << point.ordinal) != 0 else { return false }
        // MurmurHash3's finalizer: every bit of the input moves every bit of the output.
        let (seconds, attoseconds) = now.sinceOrigin.components
        let time = UInt64(bitPattern: seconds) &* 1_000_000_000 &+ UInt64(bitPattern: attoseconds / 1_000_000_000)
        var bits = time &+ UInt64(point.ordinal) &* 0x9e37_79b9_7f4a_7c15
        bits ^= seed
        bits = (bits ^ (bits >> 33)) &* 0xff51_afd7_ed55_8ccd
        bits = (bits ^ (bits >> 33)) &* 0xc4ce_b9fe_1a85_ec53
        return (bits ^ (bits >> 33)) % point.rarity == 0
    }
}
