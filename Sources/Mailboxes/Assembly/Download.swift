import Basics
import Cryptography
import Wire

/// The requester's side of one download from one node: which chunk to request, and the check of the whole against its
/// hash.
public struct Download: Sendable {
    private let expectedHash: Bytes32?
    private let sizeLimit: Int
    /// The chunks requested while the size isn't known.
    private var anticipated: ChunkSet
    /// Given by the caller, or stated by the first chunk that comes.
    private var size: Int?
    private var bytes: [UInt8] = []
    private var arrived: ChunkSet = 0
    private var window = ChunkWindow()
    private var restarts = 0
    private var outcome: Step?
    private var reached = MarkSet()

    /// Marks reached since it began.
    public var marks: MarkSet {
        var marks = window.marks
        marks.formUnion(reached)
        return marks
    }

    /// A download whose hash and size are known.
    public init(expectedHash: Bytes32, size: Int) {
        self.expectedHash = expectedHash
        sizeLimit = size
        anticipated = Chunks.all(of: 1)
        guard Chunks.checkedRange(0, of: size) != nil else {
            outcome = .failed
            return
        }
        begin(size: size)
    }

    /// A download of at most `sizeLimit` bytes whose hash is known.
    public init(expectedHash: Bytes32, sizeLimit: Int) {
        self.expectedHash = expectedHash
        self.sizeLimit = sizeLimit
        anticipated = Chunks.all(of: 1)
    }

    /// A download of at most `sizeLimit` bytes that the caller verifies by other means, such as the signature of a
    /// record. All chunks of something of `expectedSize` bytes are requested at once: if it isn't larger, it is there after one round
    /// trip.
    public init(sizeLimit: Int, expectedSize: Int = 1) {
        expectedHash = nil
        self.sizeLimit = sizeLimit
        anticipated = Chunks.all(of: expectedSize)
    }

    /// What the caller must do.
    public enum Step: Hashable, Sendable {
        /// Request this chunk now, and call again. Report the outcome under this number.
        case request(Int, number: Int)
        /// There is a chunk to request, but it may not be requested now.
        case held
        /// Do nothing until an answer or a loss.
        case wait
        /// These are the bytes, and their hash is the expected one.
        case finished([UInt8])
        /// The node's bytes are not the expected ones, or it stopped answering: try another node.
        case failed
    }

    /// The next step; call it again after each `.request` and after each `observe…`. `mayAsk` tells whether a request
    /// may be sent now.
    public mutating func next(mayAsk: Bool = true) -> Step {
        if let outcome { return outcome }
        let chunks = size.map(Chunks.all) ?? anticipated
        guard window.failures < Limits.transferFailures,
            window.sendingCount < Limits.sendings(ofChunks: Limits.chunksPerTransfer)
        else { return .failed }
        let missing = chunks & ~arrived & ~window.underWay
        guard missing != 0, window.hasRoom else { return .wait }
        guard mayAsk else { return .held }
        let index = missing.trailingZeroBitCount
        return .request(index, number: window.send(index))
    }

    /// Chunks under way.
    public var underWay: Int { window.underWay.nonzeroBitCount }

    /// How long to wait for an answer, or nil as long as no round trip was measured.
    public var timeout: Duration? { window.timeout }

    /// A request was answered: with a chunk whose bytes are in `body`. `roundTrip` is nil where it wasn't measured.
    public mutating func observe(
        _ chunk: DownloadChunk, _ body: RawSpan, number: Int, roundTrip: Duration? = nil
    ) {
        guard outcome == nil, let asked = window.chunk(of: number) else { return }
        guard chunk.index == asked, chunk.size <= sizeLimit, expectedHash == nil || size == nil || chunk.size == size,
            let place = Chunks.checkedRange(chunk.index, of: chunk.size),
            chunk.bytes.isChunk(ofCount: place.count, in: body)
        else {
            reached.insert(.downloadedChunkMisfits)
            outcome = .failed
            return
        }
        if size != chunk.size {
            // A newer record has replaced the one under way.
            if size != nil {
                restarts += 1
                reached.insert(.downloadReplacedUnderWay)
                window.abandon()
            }
            guard restarts < Limits.transferFailures else {
                outcome = .failed
                return
            }
            begin(size: chunk.size)
        }
        if !arrived.contains(chunk.index) {
            arrived |= ChunkSet(chunk: chunk.index)
            bytes.place(body.extracting(chunk.bytes.bounds), at: place)
            window.observeArrival(of: ChunkSet(chunk: chunk.index))
        }
        window.observeAnswer(to: number, roundTrip: roundTrip)
        if arrived == Chunks.all(of: chunk.size) { finish() }
    }

    private mutating func begin(size: Int) {
        self.size = size
        bytes = Array(repeating: 0, count: size)
        arrived = 0
    }

    private mutating func finish() {
        let isWhole = expectedHash.map { Blake2b.hash256(bytes) == $0 } ?? true
        outcome = isWhole ? .finished(bytes) : .failed
        if !isWhole { reached.insert(.downloadHashWrong) }
        bytes = []
    }

    /// A request was refused as not found. Returns whether the node has nothing of what is downloaded: it may merely be shorter than
    /// expected.
    public mutating func observeAbsence(of number: Int) -> Bool {
        guard let chunk = window.chunk(of: number), chunk > 0, size == nil else { return true }
        anticipated &= ~ChunkSet(chunk: chunk)
        window.observeAnswer(to: number, roundTrip: nil)
        return false
    }

    /// Whether its first chunk has arrived, and is how `whole` begins.
    public func begins(like whole: [UInt8]) -> Bool {
        guard arrived.contains(0), size == whole.count, let first = Chunks.checkedRange(0, of: whole.count) else {
            return false
        }
        return bytes[first] == whole[first]
    }

    /// A request timed out: its chunk will be requested again. A late answer still counts.
    public mutating func observeLoss(of number: Int) { window.observeTimeout(of: number) }
}
