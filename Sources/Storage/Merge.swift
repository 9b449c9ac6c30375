import Basics

/// Merges the pending writes of a table into the committed entries, in the order of keys or in the opposite one.
struct Merge {
    /// What to do with the current committed value.
    enum Step {
        case goOn
        /// A pending write replaces it.
        case skip
        case stop
    }

    private let pending: [PendingWrite]
    private var next: Int
    /// 1, or -1 where keys descend.
    private let direction: Int
    private(set) var hasStopped = false

    /// In ascending order, from this pending write on.
    init(pending: [PendingWrite], from first: Int) {
        (self.pending, next, direction) = (pending, first, 1)
    }

    /// In descending order, from the last pending write before `end` on.
    init(pending: [PendingWrite], before end: Int) {
        (self.pending, next, direction) = (pending, end - 1, -1)
    }

    /// Visits the pending values that come before a committed key, and the one of that key.
    mutating func visitPending(before key: RawSpan, _ body: (RawSpan, RawSpan) -> Bool) -> Step {
        while pending.indices.contains(next) {
            let order = pending[next].compare(with: key) * direction
            if order > 0 { break }
            let entry = pending[next]
            next += direction
            if let value = entry.value, !goesOn(body(entry.key.span.bytes, value.span.bytes)) { return .stop }
            if order == 0 { return .skip }
        }
        return .goOn
    }

    /// Remembers whether the visitor wants more.
    mutating func goesOn(_ goesOn: Bool) -> Bool {
        if !goesOn { hasStopped = true }
        return goesOn
    }

    /// Visits the pending values after the last committed one.
    mutating func visitRest(prefix: [UInt8], _ body: (RawSpan, RawSpan) -> Bool) {
        while !hasStopped, pending.indices.contains(next), pending[next].key.starts(with: prefix) {
            let entry = pending[next]
            next += direction
            if let value = entry.value { _ = goesOn(body(entry.key.span.bytes, value.span.bytes)) }
        }
    }
}
