import Basics

/// How a thing larger than a body is cut: into chunks of `Limits.chunkSize` bytes, the last one shorter.
public enum Chunks {
    /// The largest thing that one transfer carries.
    public static let largestSize = Limits.chunkSize * Limits.chunksPerTransfer

    /// The number of chunks of something of `size` bytes, 1…`largestSize`.
    public static func count(of size: Int) -> Int { (size + Limits.chunkSize - 1) / Limits.chunkSize }

    /// Where chunk `index` lies in something of `size` bytes.
    public static func range(_ index: Int, of size: Int) -> ByteRange {
        precondition(index >= 0 && index < count(of: size))
        let offset = index * Limits.chunkSize
        return ByteRange(offset: offset, count: min(Limits.chunkSize, size - offset))
    }

    /// A bitmap with one bit for each chunk of something of `size` bytes: chunk i at bit i, the least significant
    /// first.
    public static func all(of size: Int) -> UInt128 {
        let count = count(of: size)
        return count >= UInt128.bitWidth ? .max : (1 << UInt128(count)) - 1
    }
}

/// One chunk of something that is brought to a node: an envelope or a record.
public struct UploadChunk: Hashable, Sendable {
    /// Where it is to lie.
    public let location: Location
    /// The BLAKE2b-256 hash of the whole.
    public let object: Bytes32
    /// Bytes of the whole.
    public let size: Int
    /// Which chunk, from 0.
    public let index: Int
    /// The chunk's bytes.
    public let bytes: ByteRange

    public init(location: Location, object: Bytes32, size: Int, index: Int, bytes: ByteRange) {
        self.location = location
        self.object = object
        self.size = size
        self.index = index
        self.bytes = bytes
    }
}

/// One chunk of something that is fetched from a node.
public struct DownloadChunk: Hashable, Sendable {
    /// Bytes of the whole.
    public let size: Int
    /// Which chunk, from 0.
    public let index: Int
    /// The chunk's bytes.
    public let bytes: ByteRange

    public init(size: Int, index: Int, bytes: ByteRange) {
        self.size = size
        self.index = index
        self.bytes = bytes
    }
}

/// What a transfer carries, which decides the sizes it may have.
enum TransferContent {
    case envelope
    case record

    func allows(size: Int) -> Bool {
        switch self {
        case .envelope: Limits.sizeClasses.contains(size)
        case .record: size >= SignedRecord.minimumByteCount && size <= Limits.recordSize
        }
    }

    /// The number of chunks of the largest.
    var maximumChunks: Int {
        switch self {
        case .envelope: Chunks.count(of: Limits.sizeClasses.last ?? 0)
        case .record: Chunks.count(of: Limits.recordSize)
        }
    }
}

extension Fields {
    /// The index of a chunk asked for.
    func index(of content: TransferContent, _ body: RawSpan) throws(DecodeError) -> Int {
        let index = Int(try u8(.index, body))
        guard index < content.maximumChunks else { throw .outOfRange }
        return index
    }

    /// The chunk's size, index and bytes, which must fit each other exactly.
    func chunk(of content: TransferContent, _ body: RawSpan) throws(DecodeError) -> DownloadChunk {
        guard let size = Int(exactly: try u32(.size, body)), content.allows(size: size) else { throw .outOfRange }
        let index = Int(try u8(.index, body))
        guard index < Chunks.count(of: size) else { throw .outOfRange }
        let bytes = try range(.bytes, body)
        guard bytes.count == Chunks.range(index, of: size).count else { throw .contradictory }
        return DownloadChunk(size: size, index: index, bytes: bytes)
    }

    func upload(of content: TransferContent, _ body: RawSpan) throws(DecodeError) -> UploadChunk {
        let chunk = try chunk(of: content, body)
        return UploadChunk(
            location: Location(try bytes32(.location, body)), object: try bytes32(.object, body),
            size: chunk.size, index: chunk.index, bytes: chunk.bytes)
    }
}

extension ByteWriter {
    mutating func fields(_ chunk: DownloadChunk, of payload: RawSpan) {
        field(.size, u32: UInt32(clamping: chunk.size))
        field(.index, u8: UInt8(clamping: chunk.index))
        field(.bytes, chunk.bytes, of: payload)
    }

    mutating func fields(_ chunk: UploadChunk, of payload: RawSpan) {
        field(.location, chunk.location.bytes)
        field(.object, chunk.object)
        fields(DownloadChunk(size: chunk.size, index: chunk.index, bytes: chunk.bytes), of: payload)
    }
}
