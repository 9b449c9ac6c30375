import Basics
import Wire

/// The sender's side of one upload to one node: which chunk to send when.
///
/// The caller pulls steps with `next` and reports outcomes with `observe…`. A transfer never ends by itself as done:
/// only the node's final answer (kept, accepted, collected, refused) ends it, and then the caller drops the transfer.
public struct Transfer: Sendable {
    private let count: Int
    /// Every chunk; empty if no transfer can have the size.
    private let all: ChunkSet
    /// The chunks that the node reported as arrived.
    private var arrived: ChunkSet = 0
    private var window = ChunkWindow()
    /// The answer to the latest sending that was answered.
    private var latest: (number: Int, arrived: ChunkSet) = (0, 0)
    private var pausedUntil: Instant?
    /// How often everything had arrived and yet no final answer came.
    private var falseClaims = 0
    private var reached = MarkSet()

    /// Marks reached since it began.
    public var marks: MarkSet {
        var marks = window.marks
        marks.formUnion(reached)
        return marks
    }

    /// An upload of `size` bytes. A size that no transfer can have fails at once.
    public init(size: Int) {
        count = Chunks.checkedRange(0, of: size) == nil ? 0 : Chunks.count(of: size)
        all = count == 0 ? 0 : Chunks.all(of: size)
    }

    /// What the caller must do.
    public enum Step: Hashable, Sendable {
        /// Send this chunk now, and call again. Report the outcome under this number.
        case send(Int, number: Int)
        /// There is a chunk to send, but it may not be sent now.
        case held
        /// Do nothing until an answer, a loss, or the given time.
        case wait(until: Instant?)
        /// The node doesn't answer, or lies: give it up.
        case failed
    }

    /// The next step; call it again after each `.send` and after each `observe…`. `maySend` tells whether a chunk may
    /// be sent now.
    public mutating func next(now: Instant, maySend: Bool = true) -> Step {
        guard all != 0, window.failures < Limits.transferFailures, falseClaims < Limits.transferFailures,
            window.sendingCount < Limits.sendings(ofChunks: count)
        else {
            reached.insert(.transferGivenUp)
            return .failed
        }
        if let until = pausedUntil {
            if now < until { return .wait(until: until) }
            pausedUntil = nil
        }
        guard window.hasRoom else { return .wait(until: nil) }
        var missing = all & ~arrived & ~window.underWay
        if missing == 0 {
            guard window.underWay == 0 else { return .wait(until: nil) }
            startOver()
            missing = all & ~arrived
        }
        guard maySend else { return .held }
        let index = missing.trailingZeroBitCount
        return .send(index, number: window.send(index))
    }

    /// Every chunk has arrived at some time, and yet the node doesn't keep the whole: it forgot some chunks in between,
    /// as its latest answer shows, or it only pretends.
    private mutating func startOver() {
        falseClaims += 1
        reached.insert(.keeperForgotChunks)
        arrived = latest.arrived & all
        if arrived == all { arrived &= ~ChunkSet(chunk: count - 1) }
    }

    /// How long to wait for an answer, or nil as long as no round trip was measured.
    public var timeout: Duration? { window.timeout }

    /// A sending was answered with `partial`: one bit for each chunk that has arrived. `roundTrip` is nil where it
    /// wasn't measured.
    public mutating func observe(received bitmap: UInt128, number: Int, roundTrip: Duration? = nil) {
        guard window.chunk(of: number) != nil else { return }
        if number >= latest.number { latest = (number, bitmap) }
        let news = bitmap & all & ~arrived
        if news != 0 {
            arrived |= news
            window.observeArrival(of: news)
        }
        window.observeAnswer(to: number, roundTrip: roundTrip)
    }

    /// A sending timed out: its chunk will be sent again. A late answer still counts.
    public mutating func observeLoss(of number: Int) { window.observeTimeout(of: number) }

    /// The node refused a sending because it is busy: nothing is sent for that many seconds.
    public mutating func observeBusy(number: Int, retryAfterSeconds: UInt32, now: Instant) {
        guard window.chunk(of: number) != nil else { return }
        window.observeTimeout(of: number)
        reached.insert(.keeperBusy)
        pausedUntil = now + .seconds(min(retryAfterSeconds, Limits.longestPauseSeconds))
    }
}
