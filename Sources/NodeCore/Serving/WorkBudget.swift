import Basics
import Wire

/// How much computing others may cause: above all signatures to be verified, which any requester can demand with keys
/// of its own.
///
/// Each account gets a little whatever others do, and more as long as all of them together leave the processor free for
/// everything else. What is refused is refused as busy, before any of it is done.
struct WorkBudget: Sendable {
    private var guaranteed = RateLimits(
        Limits.workGuaranteed, per: Limits.workPeriod, capacity: Limits.workersRemembered)
    private var spare = RateLimits(Limits.workPerAccount, per: Limits.workPeriod, capacity: Limits.workersRemembered)
    /// All accounts are one here.
    private var total = RateLimits(Limits.workOfAll, per: Limits.workPeriod, capacity: 1)
    /// Requests that were refused, since the start.
    private(set) var refused = 0

    /// Charges so many microseconds to an account; false where it has used up what it may.
    mutating func pays(_ cost: Int, by account: Account, at now: Instant) -> Bool {
        guard cost > 0 else { return true }
        if guaranteed.allows(account, cost: cost, at: now) {
            guaranteed.take(account, cost: cost, at: now)
            return true
        }
        guard spare.allows(account, cost: cost, at: now), total.allows(.unknown, cost: cost, at: now) else {
            refused += 1
            return false
        }
        spare.take(account, cost: cost, at: now)
        total.take(.unknown, cost: cost, at: now)
        return true
    }

    /// What a request from a proven address costs, in microseconds of a processor as of 2024; 0 where that is no more
    /// than to receive it. An unproven one is answered without any of it.
    static func cost(of request: Request) -> Int {
        switch request {
        case .authorize: signature
        case .discard(_, _, let tombstones):
            (signature + writing) * (tombstones.count / TombstoneReader.entryByteCount)
        // Nothing but keys and sizes is read.
        case .list: 20
        case .reconcile: comparing
        // To read and hash the largest envelope.
        case .has: 150
        // What the whole costs, by chunk: its signature is verified when it is complete.
        case .putRecord(let chunk): (signature + writing) / max(1, Chunks.count(of: chunk.size)) + 1
        case .deposit(let chunk): writing / max(1, Chunks.count(of: chunk.size)) + 1
        // The person's side verifies them.
        case .announceCollected(_, let tombstones): signature * (tombstones.count / TombstoneReader.entryByteCount)
        case .ping, .findNode, .getRecord, .fetch, .confirm, .deliver, .subscribe, .announce, .punch: 0
        }
    }

    /// An Ed25519 signature with libsodium (docs/measurements.md).
    private static let signature = 75
    /// Many small ranges, or one as large as one answer compares (docs/measurements.md): the most it takes.
    private static let comparing = 2_000
    /// A write of some small values, by both threads together.
    private static let writing = 50
}
