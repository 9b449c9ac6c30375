import Basics
import Cryptography
import Wire

/// The purpose of an upload: the same object may be uploaded for two purposes, and each upload is separate.
public enum UploadPurpose: UInt8, Hashable, Sendable {
    case deposit
    case record
    case delivery
}

/// The incomplete uploads of a node, as sets of the chunks that have arrived.
///
/// They are bounded by session, account and node, and by the time since the last new chunk, so that an attacker can't
/// fill the memory. Nor can an attacker exclude others: when there is no room, a set of the account that holds most is
/// evicted. A complete set is checked against the hash under which its chunks came.
public struct ChunkAssembler: Sendable {
    private struct HalfOpen {
        var source: Source
        let purpose: UploadPurpose
        let chunk: UploadChunk
        var bytes: [UInt8]
        var arrived: ChunkSet = 0
        var lastProgress: Instant

        var deadline: Instant { lastProgress + Limits.assemblyTimeout }

        func isOf(_ other: UploadChunk, _ purpose: UploadPurpose, _ source: Source) -> Bool {
            chunk.object == other.object && chunk.location == other.location && chunk.size == other.size
                && self.source.session == source.session && self.purpose == purpose
        }
    }

    private var sets: [HalfOpen] = []
    /// Bytes of the sets of each account.
    private var shares = Shares(capacity: Limits.assemblyBytes, share: Limits.assemblyBytesPerBlock)
    /// Bytes of all sets.
    package var byteCount: Int { shares.total }
    /// Marks reached since the last drain.
    public var marks = MarkSet()

    public init() {}

    /// The result of adding a chunk.
    public enum Outcome: Hashable, Sendable {
        /// These chunks have arrived.
        case partial(UInt128)
        /// All chunks have arrived: all bytes, with the hash that was announced. The set is removed.
        case whole([UInt8])
        /// The chunk was refused, or the bytes don't have the hash that was announced: then the set is removed.
        case refused(RefusalReason)
    }

    /// Whether chunks of the same thing have arrived from the same session.
    public func isOpen(_ chunk: UploadChunk, _ purpose: UploadPurpose, from source: Source) -> Bool {
        firstIndex(of: chunk, purpose, source) != nil
    }

    /// Adds one chunk, whose bytes are in `body`. Adding it again changes nothing.
    public mutating func add(
        _ chunk: UploadChunk, _ body: RawSpan, for purpose: UploadPurpose, from source: Source, now: Instant
    ) -> Outcome {
        guard let place = Chunks.checkedRange(chunk.index, of: chunk.size),
            chunk.bytes.isChunk(ofCount: place.count, in: body)
        else {
            marks.insert(.chunkMisfits)
            return .refused(.invalid)
        }
        let part = body.extracting(chunk.bytes.bounds)
        if place.count == chunk.size {
            // Until the sender has proved its address, nothing is done for it and no account is charged.
            guard source.isProven else {
                marks.insert(.unprovenUploadWaits)
                return .partial(0)
            }
            return whole(part.withUnsafeBytes { [UInt8]($0) }, chunk.object)
        }
        let index: Int
        if let known = firstIndex(of: chunk, purpose, source) {
            index = known
        } else {
            switch open(chunk, purpose, source, now) {
            case .opened(let new): index = new
            // An honest sender proves its address with the next chunk, and sends this one again.
            case .onlyForProven:
                marks.insert(.unprovenUploadWaits)
                return .partial(0)
            case .full: return .refused(.busy)
            }
        }
        // The sender may have proved its address since the first chunk.
        sets[index].source = source
        let bit = ChunkSet(chunk: chunk.index)
        if sets[index].arrived & bit == 0 {
            sets[index].arrived |= bit
            sets[index].bytes.place(part, at: place)
            sets[index].lastProgress = now
        } else {
            marks.insert(.chunkCameTwice)
        }
        guard sets[index].arrived == Chunks.all(of: chunk.size) else { return .partial(sets[index].arrived) }
        let bytes = sets[index].bytes
        remove { $0.isOf(chunk, purpose, source) }
        return whole(bytes, chunk.object)
    }

    private mutating func whole(_ bytes: [UInt8], _ hash: Bytes32) -> Outcome {
        guard Blake2b.hash256(bytes) == hash else {
            marks.insert(.uploadHashWrong)
            return .refused(.invalid)
        }
        return .whole(bytes)
    }

    private func firstIndex(of chunk: UploadChunk, _ purpose: UploadPurpose, _ source: Source) -> Int? {
        // Field by field, as `HalfOpen.isOf` does: asked of the set itself, all of it would be copied.
        sets.indices.first {
            sets[$0].chunk.object == chunk.object && sets[$0].chunk.location == chunk.location
                && sets[$0].chunk.size == chunk.size && sets[$0].source.session == source.session
                && sets[$0].purpose == purpose
        }
    }

    private enum Opening {
        case opened(Int)
        /// There is room, but only for senders that have proved their address.
        case onlyForProven
        case full
    }

    private mutating func open(
        _ chunk: UploadChunk, _ purpose: UploadPurpose, _ source: Source, _ now: Instant
    ) -> Opening {
        removeExpired(now: now)
        let own = sets.lazy.filter { $0.source.session == source.session }
        guard own.count < Limits.assembliesPerSession,
            chunk.size <= Limits.assemblyBytesPerSession - own.reduce(0, { $0 + $1.chunk.size })
        else {
            marks.insert(.sessionUploadsTooMuch)
            return .full
        }
        guard source.isProven || chunk.size <= Limits.assemblyBytesUnproven - unprovenBytes else {
            return .onlyForProven
        }
        while !hasRoom(for: chunk.size, from: source) {
            guard let victim = victim(of: source, chunk.size, now) else {
                marks.insert(.uploadHasNoRoom)
                return .full
            }
            marks.insert(.incompleteUploadEvicted)
            let gone = sets.remove(at: victim)
            shares.remove(gone.chunk.size, from: gone.source.account)
        }
        sets.append(
            HalfOpen(
                source: source, purpose: purpose, chunk: chunk, bytes: Array(repeating: 0, count: chunk.size),
                lastProgress: now))
        shares.add(chunk.size, to: source.account)
        return .opened(sets.count - 1)
    }

    private func hasRoom(for size: Int, from source: Source) -> Bool {
        sets.count < Limits.assemblies && shares.room(for: size, of: source.account) == .free
    }

    private var unprovenBytes: Int { sets.reduce(0) { $1.source.isProven ? $0 : $0 + $1.chunk.size } }

    /// The set to evict for a newcomer. It belongs to the account that holds most; of that account's sets it is the one
    /// of which the least has arrived, and of these the oldest. If that is the newcomer's own account, or the
    /// newcomer's would hold as much, only a set that has stalled is evicted.
    private func victim(of source: Source, _ size: Int, _ now: Instant) -> Int? {
        let own = shares.amount(of: source.account) + size
        let isOwnFull = own > Limits.assemblyBytesPerBlock
        guard let crowding = isOwnFull ? source.account : shares.fullest else { return nil }
        let givesWay = crowding != source.account && shares.amount(of: crowding) > own
        var victim: Int?
        for (index, set) in sets.enumerated() {
            guard set.source.account == crowding, givesWay || now - set.lastProgress >= Limits.assemblyStall else {
                continue
            }
            guard let best = victim else {
                victim = index
                continue
            }
            let (arrived, least) = (set.arrived.nonzeroBitCount, sets[best].arrived.nonzeroBitCount)
            if arrived < least || (arrived == least && set.lastProgress < sets[best].lastProgress) { victim = index }
        }
        return victim
    }

    /// Drops the sets of a session that has ended.
    public mutating func forget(session: UInt64) {
        if sets.contains(where: { $0.source.session == session }) { marks.insert(.uploadForgottenWithSession) }
        remove { $0.source.session == session }
    }

    /// Drops the oldest set, if there is any: a sender has to stand that at any time.
    mutating func evictOldest() {
        guard let oldest = sets.first else { return }
        sets.removeFirst()
        shares.remove(oldest.chunk.size, from: oldest.source.account)
    }

    /// Drops the sets that got no new chunk for `Limits.assemblyTimeout`.
    public mutating func removeExpired(now: Instant) {
        guard sets.contains(where: { $0.deadline <= now }) else { return }
        marks.insert(.uploadTimedOut)
        remove { $0.deadline <= now }
    }

    private mutating func remove(where isGone: (HalfOpen) -> Bool) {
        for set in sets where isGone(set) { shares.remove(set.chunk.size, from: set.source.account) }
        sets.removeAll(where: isGone)
    }

    /// When the next set times out.
    public var nextDeadline: Instant? { sets.lazy.map(\.deadline).min() }

    /// The number of incomplete sets.
    public var count: Int { sets.count }
}
