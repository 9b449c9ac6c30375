import Basics

/// Something that goes wrong at a moment.
public struct Fault: Hashable, Sendable {
    /// Since the network has formed.
    public var at: Duration
    public var kind: Kind
    /// Whom it strikes; nil: those whom the kind names.
    public var among: Struck?

    /// Whom a fault may strike.
    public enum Struck: String, Hashable, Sendable, CaseIterable {
        /// Relaying nodes.
        case nodes
        /// The nodes of people.
        case people
        /// All together.
        case everybody
    }

    /// A `share`, 0…1, is of all that are up at that moment; of relaying nodes unless said otherwise.
    public enum Kind: Hashable, Sendable {
        /// They stop at once, and never come back.
        case stop(share: Double)
        /// They lose what was not committed, and are back after a time; their disks may be lost as well.
        case crash(share: Double, back: Duration, keepsDisk: Bool)
        /// A share of everybody can't reach the others for a time.
        case partition(share: Double, lasting: Duration)
        /// The civil clocks of a share of everybody jump, by seconds: ahead or back.
        case clockJump(share: Double, seconds: Int64)
        /// Their disks take so long for each commit, for a time.
        case slowDisk(share: Double, delay: Duration, lasting: Duration)
        /// Their disks are full, for a time.
        case fullDisk(share: Double, lasting: Duration)
        /// The next commit of each fails, as with an input/output error; the program ends, as it does then, and is back
        /// after a time.
        case failedCommit(share: Double, back: Duration)
        /// Each crashes at its next commit, of which only the first batches are on the disk: from none to all, and none
        /// of them has been reported.
        case tornCommit(share: Double, back: Duration)
        /// So many values on each disk are damaged: they count as absent when they are read, and are listed by `scanHeads`.
        /// Only of nodes: what people keep is nowhere else.
        case damage(share: Double, values: Int)
        /// A share of everybody can't reach the others for a time, and still hears them.
        case oneWay(share: Double, lasting: Duration)
        /// Their programs are stopped for a time, as by SIGSTOP: some datagrams wait for them, the rest is lost; then all
        /// that was due happens at once.
        case pause(share: Double, lasting: Duration)
        /// The civil clocks of a share of everybody run fast by so many millionths, slow below zero, for a time; what they
        /// have gained stays.
        case drift(share: Double, millionths: Int64, lasting: Duration)
        /// A share of all datagrams arrives with one bit flipped, for a time.
        case bitErrors(share: Double, lasting: Duration)
        /// A share of all datagrams that are sent for a time arrives once more, so much later.
        case replay(share: Double, later: Duration, lasting: Duration)
        /// Datagrams of more bytes that they send vanish, for a time.
        case mtuHole(share: Double, bytes: Int, lasting: Duration)
        /// They come to other addresses, people behind other NATs where the scenario has a mix of those; their systems tell them,
        /// or don't.
        case move(share: Double, isNoticed: Bool)
        /// They have no network for a time, as their systems tell them.
        case networkLoss(share: Double, lasting: Duration)
        /// The monotonic clocks of a share of everybody, and so all their timers, run fast by so many millionths, slow below
        /// zero, for a time; what they have gained stays.
        case timerDrift(share: Double, millionths: Int64, lasting: Duration)
        /// People live on two machines at once for a time: the second is started from a copy of the data directory, or from
        /// the profile key alone, and is gone afterwards with all that came to it.
        case secondCopy(share: Double, lasting: Duration, copiesDirectory: Bool)
        /// The NATs and firewalls in front of them forget everything, and NATs give other ports from then on.
        case rebind(share: Double)
        /// The disks of people are copied, and the copies are put back after a time, in the place of what is there then.
        case restore(share: Double, lasting: Duration)
    }

    public init(at: Duration, _ kind: Kind, among: Struck? = nil) {
        self.at = at
        self.kind = kind
        self.among = among
    }
}
