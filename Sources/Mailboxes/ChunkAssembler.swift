import Basics
import Cryptography
import Exchange
import Wire

/// What chunks are brought for: the same object may come for two purposes, and each is its own.
public enum UploadPurpose: UInt8, Hashable, Sendable {
    case deposit
    case record
    case delivery
}

/// The half-open sets of a node: things of which some chunks have arrived.
///
/// Bounded by session, address block and node, and by the time since the last new chunk, so that nobody can fill the
/// memory or keep others out for long. The whole is checked against the hash under which its chunks came.
public struct ChunkAssembler: Sendable {
    private struct HalfOpen {
        var source: Source
        let purpose: UploadPurpose
        let chunk: UploadChunk
        var bytes: [UInt8]
        var arrived: ChunkSet = 0
        var deadline: Instant

        func isOf(_ other: UploadChunk, _ purpose: UploadPurpose, _ source: Source) -> Bool {
            chunk.object == other.object && chunk.location == other.location && chunk.size == other.size
                && self.source.session == source.session && self.purpose == purpose
        }
    }

    private var sets: [HalfOpen] = []
    /// Bytes of all sets.
    private(set) var byteCount = 0

    public init() {}

    /// How a chunk was taken.
    public enum Outcome: Hashable, Sendable {
        /// These chunks have arrived.
        case partial(UInt128)
        /// The last one: all bytes, with the hash that was announced. The set is gone.
        case whole([UInt8])
        /// Not taken, or the bytes don't have the hash that was announced: the set is gone.
        case refused(RefusalReason)
    }

    /// Whether chunks of the same thing have arrived from the same session.
    public func isOpen(_ chunk: UploadChunk, _ purpose: UploadPurpose, from source: Source) -> Bool {
        firstIndex(of: chunk, purpose, source) != nil
    }

    /// Takes one chunk, whose bytes lie in `body`. Taking it again changes nothing.
    public mutating func add(
        _ chunk: UploadChunk, _ body: RawSpan, for purpose: UploadPurpose, from source: Source, now: Instant
    ) -> Outcome {
        guard let place = Chunks.checkedRange(chunk.index, of: chunk.size),
            chunk.bytes.isChunk(ofCount: place.count, in: body)
        else { return .refused(.invalid) }
        let part = body.extracting(chunk.bytes.bounds)
        if place.count == chunk.size {
            return whole(part.withUnsafeBytes { [UInt8]($0) }, chunk.object)
        }
        guard let index = firstIndex(of: chunk, purpose, source) ?? open(chunk, purpose, source, now) else {
            return .refused(.busy)
        }
        // It may have proved its address since the first chunk.
        sets[index].source = source
        let bit = ChunkSet(chunk: chunk.index)
        if sets[index].arrived & bit == 0 {
            sets[index].arrived |= bit
            sets[index].bytes.place(part, at: place)
            sets[index].deadline = now + Limits.assemblyTimeout
        }
        guard sets[index].arrived == Chunks.all(of: chunk.size) else { return .partial(sets[index].arrived) }
        let bytes = sets[index].bytes
        remove { $0.isOf(chunk, purpose, source) }
        return whole(bytes, chunk.object)
    }

    private func whole(_ bytes: [UInt8], _ hash: Bytes32) -> Outcome {
        Blake2b.hash256(bytes) == hash ? .whole(bytes) : .refused(.invalid)
    }

    private func firstIndex(of chunk: UploadChunk, _ purpose: UploadPurpose, _ source: Source) -> Int? {
        sets.firstIndex { $0.isOf(chunk, purpose, source) }
    }

    /// Begins a set, or returns nil where a bound is reached.
    private mutating func open(_ chunk: UploadChunk, _ purpose: UploadPurpose, _ source: Source, _ now: Instant) -> Int?
    {
        removeExpired(now: now)
        var ofSession = 0
        var ofBlock = 0
        var ofUnproven = 0
        for set in sets {
            if set.source.session == source.session { ofSession += 1 }
            if set.source.block == source.block { ofBlock += set.chunk.size }
            if !set.source.isProven { ofUnproven += set.chunk.size }
        }
        guard source.isProven || chunk.size <= Limits.assemblyBytesUnproven - ofUnproven else { return nil }
        guard sets.count < Limits.assemblies, ofSession < Limits.assembliesPerSession,
            chunk.size <= Limits.assemblyBytes - byteCount, chunk.size <= Limits.assemblyBytesPerBlock - ofBlock
        else { return nil }
        sets.append(
            HalfOpen(
                source: source, purpose: purpose, chunk: chunk, bytes: Array(repeating: 0, count: chunk.size),
                deadline: now + Limits.assemblyTimeout))
        byteCount += chunk.size
        return sets.count - 1
    }

    /// Drops what a session has begun: it is gone.
    public mutating func forget(session: UInt64) { remove { $0.source.session == session } }

    /// Drops the sets to which nothing new has come for `Limits.assemblyTimeout`.
    public mutating func removeExpired(now: Instant) { remove { $0.deadline <= now } }

    private mutating func remove(where isGone: (HalfOpen) -> Bool) {
        sets.removeAll(where: isGone)
        byteCount = sets.reduce(0) { $0 + $1.chunk.size }
    }

    /// When the next set times out.
    public var nextDeadline: Instant? { sets.lazy.map(\.deadline).min() }

    /// How many sets are half-open.
    public var count: Int { sets.count }
}
