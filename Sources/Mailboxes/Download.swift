import Basics
import Cryptography
import Wire

/// The asking side of one download from one node: which chunk to ask for, and the whole checked against its hash.
public struct Download: Sendable {
    private let expectedHash: Bytes32?
    private let sizeLimit: Int
    /// Known once any chunk has come.
    private var size: Int?
    private var bytes: [UInt8] = []
    private var arrived: ChunkSet = 0
    private var underWay: ChunkSet = 0
    private var numbers = Array(repeating: UInt32(0), count: Limits.chunksPerTransfer)
    private var nextNumber: UInt32 = 1
    private var window = ChunkWindow()
    private var restarts = 0
    private var outcome: Step?

    /// `expectedHash` is nil where the caller verifies the whole by other means, as the signature of a record.
    /// More than `sizeLimit` bytes are refused.
    public init(expectedHash: Bytes32?, sizeLimit: Int) {
        self.expectedHash = expectedHash
        self.sizeLimit = sizeLimit
    }

    /// What the caller is to do.
    public enum Step: Hashable, Sendable {
        /// Ask for this chunk now, and call again.
        case request(Int)
        /// Nothing until an answer or a loss.
        case wait
        /// These are the bytes, and their hash is the expected one.
        case finished([UInt8])
        /// What the node gave is not what was asked for, or it stopped answering: try another.
        case failed
    }

    /// The next step; call it again after each `.request` and after each `observe…`.
    public mutating func next() -> Step {
        if let outcome { return outcome }
        guard window.failures < Limits.transferFailures else { return .failed }
        // Only the first chunk until one has told the size.
        let missing = (size.map(Chunks.all) ?? 1) & ~arrived & ~underWay
        guard missing != 0, underWay.nonzeroBitCount < window.size else { return .wait }
        let index = missing.trailingZeroBitCount
        underWay |= ChunkSet(chunk: index)
        numbers[index] = nextNumber
        nextNumber += 1
        return .request(index)
    }

    /// The answer to a request: a chunk whose bytes lie in `body`.
    public mutating func observe(_ chunk: DownloadChunk, _ body: RawSpan) {
        guard outcome == nil else { return }
        guard chunk.size <= sizeLimit, let place = Chunks.checkedRange(chunk.index, of: chunk.size),
            chunk.bytes.isChunk(ofCount: place.count, in: body)
        else {
            outcome = .failed
            return
        }
        if size != chunk.size {
            guard begin(size: chunk.size) else { return }
        }
        underWay &= ~ChunkSet(chunk: chunk.index)
        guard !arrived.contains(chunk.index) else { return }
        arrived |= ChunkSet(chunk: chunk.index)
        bytes.place(body.extracting(chunk.bytes.bounds), at: place)
        window.observeArrival()
        if arrived == Chunks.all(of: chunk.size) { finish() }
    }

    /// Begins with a size that was learnt, or begins anew with another: a record was replaced by a newer one meanwhile.
    private mutating func begin(size: Int) -> Bool {
        if self.size != nil {
            restarts += 1
            guard restarts < Limits.transferFailures else {
                outcome = .failed
                return false
            }
        }
        self.size = size
        bytes = Array(repeating: 0, count: size)
        arrived = 0
        underWay = 0
        return true
    }

    private mutating func finish() {
        let isWhole = expectedHash.map { Blake2b.hash256(bytes) == $0 } ?? true
        outcome = isWhole ? .finished(bytes) : .failed
        bytes = []
    }

    /// No answer to the request of chunk `index` came in good time: it will be asked for again. A late answer counts.
    public mutating func observeLoss(of index: Int) {
        guard numbers.indices.contains(index), underWay.contains(index) else { return }
        underWay &= ~ChunkSet(chunk: index)
        window.observeLoss(of: numbers[index], next: nextNumber)
    }
}
