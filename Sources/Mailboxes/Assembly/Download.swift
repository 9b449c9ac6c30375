import Basics
import Cryptography
import Wire

/// The asking side of one download from one node: which chunk to ask for, and the whole checked against its hash.
public struct Download: Sendable {
    private let expectedHash: Bytes32?
    private let sizeLimit: Int
    /// Told by the caller, or by the first chunk that comes.
    private var size: Int?
    private var bytes: [UInt8] = []
    private var arrived: ChunkSet = 0
    private var window = ChunkWindow()
    private var restarts = 0
    private var outcome: Step?

    /// The download of something whose hash and size are known.
    public init(expectedHash: Bytes32, size: Int) {
        self.expectedHash = expectedHash
        sizeLimit = size
        guard Chunks.checkedRange(0, of: size) != nil else {
            outcome = .failed
            return
        }
        begin(size: size)
    }

    /// The download of something of at most `sizeLimit` bytes, which the caller verifies by other means, as the signature
    /// of a record.
    public init(sizeLimit: Int) {
        expectedHash = nil
        self.sizeLimit = sizeLimit
    }

    /// What the caller is to do.
    public enum Step: Hashable, Sendable {
        /// Ask for this chunk now, and call again. What comes of it is told under this number.
        case request(Int, number: Int)
        /// A chunk is to be asked for, and may not be now.
        case held
        /// Nothing until an answer or a loss.
        case wait
        /// These are the bytes, and their hash is the expected one.
        case finished([UInt8])
        /// What the node gave is not what was asked for, or it stopped answering: try another.
        case failed
    }

    /// The next step; call it again after each `.request` and after each `observe…`. `mayAsk` tells whether a request may
    /// go now.
    public mutating func next(mayAsk: Bool = true) -> Step {
        if let outcome { return outcome }
        // Only the first chunk until one has told the size.
        let chunks = size.map(Chunks.all) ?? 1
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

    /// How long to wait for an answer, or nil as long as nothing is known.
    public var timeout: Duration? { window.timeout }

    /// The answer to a request: a chunk whose bytes lie in `body`. `roundTrip` is nil where it wasn't measured.
    public mutating func observe(
        _ chunk: DownloadChunk, _ body: RawSpan, number: Int, roundTrip: Duration? = nil
    ) {
        guard outcome == nil, let asked = window.chunk(of: number) else { return }
        guard chunk.index == asked, chunk.size <= sizeLimit, expectedHash == nil || chunk.size == size,
            let place = Chunks.checkedRange(chunk.index, of: chunk.size),
            chunk.bytes.isChunk(ofCount: place.count, in: body)
        else {
            outcome = .failed
            return
        }
        if size != chunk.size {
            // A record was replaced by a newer one meanwhile.
            if size != nil { restarts += 1 }
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
        window.abandon()
    }

    private mutating func finish() {
        let isWhole = expectedHash.map { Blake2b.hash256(bytes) == $0 } ?? true
        outcome = isWhole ? .finished(bytes) : .failed
        bytes = []
    }

    /// No answer to a request came in good time: its chunk will be asked for again. A late answer counts.
    public mutating func observeLoss(of number: Int) { window.observeTimeout(of: number) }
}
