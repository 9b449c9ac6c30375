import Basics
import Cryptography
import Sessions
import Wire

/// What a request was sent for.
enum RequestOwner: Hashable, Sendable {
    case operation(UInt64, RequestToken)
    /// To see whether a contact is alive: a hello does as well.
    case check
    /// To hear at what endpoint a node sees us, and its time.
    case question
    /// Of an operation that has ended: an answer still shows that a node lives, but nothing is sent again, and no timer rings.
    case nobody
}

/// One request that waits for its answer.
struct PendingRequest: Sendable {
    let id: UInt32
    var owner: RequestOwner
    let contact: Contact
    /// What it was sent over last, unless there was a session with a path of its own.
    var path: Path
    let identity: IdentityID
    let request: Request
    /// When it was first sent.
    let sentAt: Instant
    /// Whether its answer tells the round trip: it went at once, and once (Karn's algorithm).
    var isTimed: Bool
    var deadline: Instant
    var attempt: Int
    /// Whether its operation has been told that it takes long.
    var isReported = false

    /// Whether it is a ping that belongs to no operation.
    var isPing: Bool { owner == .check || owner == .question }
}

/// The requests that a node has under way.
///
/// A flat array in no order: there are tens, seldom hundreds, and scanning them is cheaper than hashing.
struct RequestTable: Sendable {
    private(set) var pending: [PendingRequest] = []
    /// The earliest deadline of those that still have an owner.
    private(set) var nextDeadline: Instant?
    /// The earliest of all.
    private var earliest: Instant?

    /// Bytes of the room reserved.
    var memory: Int { pending.capacity * MemoryLayout<PendingRequest>.stride }

    var isFull: Bool { pending.count >= Limits.requests }

    /// An ID that no pending request has. At random: running numbers would tell buddies which of the keys that ask them
    /// belong together, and to which node.
    func makeID(_ turn: inout Turn) -> UInt32 {
        while true {
            let id = UInt32(truncatingIfNeeded: turn.randomness.next())
            if !pending.contains(where: { $0.id == id }) { return id }
        }
    }

    mutating func insert(_ request: PendingRequest) {
        pending.append(request)
        nextDeadline = min(nextDeadline ?? request.deadline, request.deadline)
        earliest = min(earliest ?? request.deadline, request.deadline)
    }

    /// Removes the request that an answer is for: the ID must have been sent to that node under that identity.
    mutating func take(_ id: UInt32, from sender: NodeID, as identity: IdentityID) -> PendingRequest? {
        guard
            let index = pending.firstIndex(where: {
                $0.id == id && $0.contact.id == sender && $0.identity == identity
            })
        else { return nil }
        return remove(at: index)
    }

    /// Removes a request whose deadline has passed, even one without an owner; nil when there is none.
    mutating func takeExpired(now: Instant) -> PendingRequest? {
        guard let earliest, earliest <= now else { return nil }
        return pending.firstIndex { $0.deadline <= now }.map { remove(at: $0) }
    }

    /// Removes all requests that were sent to a node under an identity, oldest first: its session is gone.
    mutating func takeAll(to node: NodeID, as identity: IdentityID) -> [PendingRequest] {
        let taken = pending.filter { $0.contact.id == node && $0.identity == identity }
        pending.removeAll { $0.contact.id == node && $0.identity == identity }
        findDeadlines()
        return taken.sorted { $0.sentAt < $1.sentAt }
    }

    /// The same for those that were sent at a time or later. Lost chunks are repeated by their transfers.
    mutating func takeSmall(to node: NodeID, as identity: IdentityID, since time: Instant) -> [PendingRequest] {
        func isTaken(_ request: PendingRequest) -> Bool {
            request.contact.id == node && request.identity == identity && request.sentAt >= time
                && !request.request.carriesChunk
        }
        let taken = pending.filter(isTaken)
        pending.removeAll(where: isTaken)
        findDeadlines()
        return taken.sorted { $0.sentAt < $1.sentAt }
    }

    /// Removes up to `count` requests that still have an owner, oldest first, as if they had not been sent yet: their
    /// answers can't come any more.
    mutating func takeWaiting(_ count: Int) -> [PendingRequest] {
        let waiting = pending.filter { $0.owner != .nobody && !$0.isReported }.sorted { $0.sentAt < $1.sentAt }
        let taken = Set(waiting.prefix(count).map(\.id))
        pending.removeAll { taken.contains($0.id) }
        findDeadlines()
        return waiting.prefix(count).map { request in
            var request = request
            request.attempt = 1
            return request
        }
    }

    /// Lets go of the requests of an operation that has ended.
    mutating func disown(_ operation: UInt64) {
        for index in pending.indices {
            if case .operation(operation, _) = pending[index].owner { pending[index].owner = .nobody }
        }
        findDeadlines()
    }

    /// How many pings are under way that belong to no operation.
    var pings: Int { pending.count { $0.isPing } }

    /// Whether a node is being pinged.
    func isPinging(_ node: NodeID) -> Bool { pending.contains { $0.isPing && $0.contact.id == node } }

    private mutating func remove(at index: Int) -> PendingRequest {
        let request = pending[index]
        pending.swapAt(index, pending.count - 1)
        pending.removeLast()
        // A burst, as when joining, leaves no room behind that is never filled again.
        if pending.capacity > 16, pending.count < 4 { pending = pending.map(\.self) }
        if pending.isEmpty, pending.capacity > 2 { pending = [] }
        if request.deadline == nextDeadline || request.deadline == earliest { findDeadlines() }
        return request
    }

    private mutating func findDeadlines() {
        earliest = pending.lazy.map(\.deadline).min()
        nextDeadline = pending.lazy.filter { $0.owner != .nobody }.map(\.deadline).min()
    }
}
