import Basics
import Wire

/// The sender's side of one upload to one node: which chunk goes when.
///
/// Pulled with `next`, told with `observe…`. It never ends by itself as done: only the node's final answer (kept,
/// accepted, collected, refused) says so, and then the caller drops the transfer.
public struct Transfer: Sendable {
    private let count: Int
    /// Every chunk; none where no transfer can have the size.
    private let all: ChunkSet
    /// What the node said has arrived.
    private var arrived: ChunkSet = 0
    private var window = ChunkWindow()
    /// The answer to the chunk that was sent last of those answered.
    private var latest: (number: Int, arrived: ChunkSet) = (0, 0)
    private var pausedUntil: Instant?
    /// Times that everything had arrived without a final answer.
    private var pretences = 0

    /// An upload of `size` bytes. A size that no transfer can have fails at once.
    public init(size: Int) {
        count = Chunks.checkedRange(0, of: size) == nil ? 0 : Chunks.count(of: size)
        all = count == 0 ? 0 : Chunks.all(of: size)
    }

    /// What the caller is to do.
    public enum Step: Hashable, Sendable {
        /// Send this chunk now, and ask again. What comes of it is told under this number.
        case send(Int, number: Int)
        /// A chunk is to be sent, and may not be now.
        case held
        /// Nothing until an answer, a loss, or the time given.
        case wait(until: Instant?)
        /// The node doesn't answer, or not truthfully: give it up.
        case failed
    }

    /// The next step; call it again after each `.send` and after each `observe…`. `maySend` tells whether a chunk may go
    /// now.
    public mutating func next(now: Instant, maySend: Bool = true) -> Step {
        guard all != 0, window.failures < Limits.transferFailures, pretences < Limits.transferFailures,
            window.sendingCount < Limits.sendings(ofChunks: count)
        else { return .failed }
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

    /// Everything has arrived at one time or another, and yet the node doesn't keep it: it forgot some in between, which
    /// its latest answer shows, or it only pretends.
    private mutating func startOver() {
        pretences += 1
        arrived = latest.arrived & all
        if arrived == all { arrived &= ~ChunkSet(chunk: count - 1) }
    }

    /// How long to wait for an answer, or nil as long as nothing is known.
    public var timeout: Duration? { window.timeout }

    /// The answer to a sending: partial, with one bit for each chunk that has arrived. `roundTrip` is nil where it wasn't
    /// measured.
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

    /// No answer to a sending came in good time: its chunk will be sent again. A late answer still counts.
    public mutating func observeLoss(of number: Int) { window.observeTimeout(of: number) }

    /// The node refused a sending because it is busy: nothing is sent for so long.
    public mutating func observeBusy(number: Int, retryAfterSeconds: UInt32, now: Instant) {
        guard window.chunk(of: number) != nil else { return }
        window.observeTimeout(of: number)
        pausedUntil = now + .seconds(min(retryAfterSeconds, Limits.longestPauseSeconds))
    }
}
