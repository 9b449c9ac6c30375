import Basics
import Wire

/// The sender's side of one upload to one node: which chunk goes when.
///
/// Pulled with `next`, told with `observe…`. It never ends by itself as done: only the node's final answer (kept,
/// accepted, collected, refused) says so, and then the caller drops the transfer.
public struct Transfer: Sendable {
    /// Every chunk; none where no transfer can have the size.
    private let all: ChunkSet
    /// What the node said has arrived.
    private var arrived: ChunkSet = 0
    /// Sent, and neither answered nor given up.
    private var underWay: ChunkSet = 0
    /// Under which number each chunk was last sent.
    private var numbers: [UInt32]
    private var nextNumber: UInt32 = 1
    /// The answer to the chunk that was sent last of those answered.
    private var latest: (number: UInt32, arrived: ChunkSet) = (0, 0)
    private var window = ChunkWindow()
    private var pausedUntil: Instant?
    /// Times that everything had arrived without a final answer.
    private var pretences = 0

    /// An upload of `size` bytes. A size that no transfer can have fails at once.
    public init(size: Int) {
        let count = Chunks.checkedRange(0, of: size) == nil ? 0 : Chunks.count(of: size)
        all = count == 0 ? 0 : Chunks.all(of: size)
        numbers = Array(repeating: 0, count: count)
    }

    /// What the caller is to do.
    public enum Step: Hashable, Sendable {
        /// Send this chunk now, and ask again.
        case send(Int)
        /// Nothing until an answer, a loss, or the time given.
        case wait(until: Instant?)
        /// The node doesn't answer, or not truthfully: give it up.
        case failed
    }

    /// The next step; call it again after each `.send` and after each `observe…`.
    public mutating func next(now: Instant) -> Step {
        guard all != 0, window.failures < Limits.transferFailures, pretences < Limits.transferFailures,
            nextNumber <= sendingLimit
        else { return .failed }
        if let until = pausedUntil {
            if now < until { return .wait(until: until) }
            pausedUntil = nil
        }
        guard underWay.nonzeroBitCount < window.size else { return .wait(until: nil) }
        var missing = all & ~arrived & ~underWay
        if missing == 0 {
            guard underWay == 0 else { return .wait(until: nil) }
            startOver()
            missing = all & ~arrived
        }
        let index = missing.trailingZeroBitCount
        underWay |= ChunkSet(chunk: index)
        numbers[index] = nextNumber
        nextNumber += 1
        return .send(index)
    }

    /// Everything has arrived at one time or another, and yet the node doesn't keep it: it forgot some in between, which
    /// its latest answer shows, or it only pretends.
    private mutating func startOver() {
        pretences += 1
        arrived = latest.arrived & all
        if arrived == all { arrived &= ~ChunkSet(chunk: numbers.count - 1) }
    }

    /// Sendings after which a node that always forgets is given up.
    private var sendingLimit: UInt32 { UInt32(8 * numbers.count + 32) }

    /// The answer to chunk `chunk`: partial, with one bit for each chunk that has arrived.
    public mutating func observe(received bitmap: UInt128, chunk: Int, now: Instant) {
        guard let number = answered(chunk) else { return }
        if number >= latest.number { latest = (number, bitmap) }
        let news = bitmap & all & ~arrived
        guard news != 0 else { return }
        arrived |= news
        window.observeArrival()
    }

    /// No answer to chunk `chunk` came in good time: it will be sent again. A late answer still counts.
    public mutating func observeLoss(of chunk: Int, now: Instant) {
        guard let number = answered(chunk) else { return }
        window.observeLoss(of: number, next: nextNumber)
    }

    /// The node refused chunk `chunk` because it is busy: nothing is sent for so long.
    public mutating func observeBusy(chunk: Int, retryAfterSeconds: UInt32, now: Instant) {
        guard let number = answered(chunk) else { return }
        window.observeLoss(of: number, next: nextNumber)
        pausedUntil = now + .seconds(min(retryAfterSeconds, Limits.longestPauseSeconds))
    }

    /// The number under which a chunk was sent, or nil where it wasn't. It is no longer under way.
    private mutating func answered(_ chunk: Int) -> UInt32? {
        guard numbers.indices.contains(chunk), numbers[chunk] > 0 else { return nil }
        underWay &= ~ChunkSet(chunk: chunk)
        return numbers[chunk]
    }
}
