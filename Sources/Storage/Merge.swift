import Basics

/// What a merge does with the current committed value.
enum MergeStep {
    case goOn
    /// A pending write replaces it.
    case skip
    case stop
}

/// Merges the pending writes of a table into the committed entries, in the order of keys.
struct Merge {
    let pending: [PendingWrite]
    var next: Int
    private(set) var hasStopped = false

    init(pending: [PendingWrite], next: Int) {
        self.pending = pending
        self.next = next
    }

    /// Visits the pending values up to and including the key of a committed one.
    mutating func visitPending(before key: RawSpan, _ body: (RawSpan, RawSpan) -> Bool) -> MergeStep {
        while next < pending.count {
            let order = pending[next].compare(with: key)
            if order > 0 { break }
            let entry = pending[next]
            next += 1
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
        while !hasStopped, next < pending.count, pending[next].key.starts(with: prefix) {
            let entry = pending[next]
            next += 1
            if let value = entry.value { _ = goesOn(body(entry.key.span.bytes, value.span.bytes)) }
        }
    }
}

/// The same in descending order.
struct BackwardMerge {
    let pending: [PendingWrite]
    /// One beyond the next pending write to be visited.
    var next: Int
    private(set) var hasStopped = false

    init(pending: [PendingWrite], next: Int) {
        self.pending = pending
        self.next = next
    }

    /// Visits the pending values down to and including the key of a committed one.
    mutating func visitPending(after key: RawSpan, _ body: (RawSpan, RawSpan) -> Bool) -> MergeStep {
        while next > 0 {
            let order = pending[next - 1].compare(with: key)
            if order < 0 { break }
            next -= 1
            let entry = pending[next]
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

    /// Visits the pending values before the first committed one.
    mutating func visitRest(prefix: [UInt8], _ body: (RawSpan, RawSpan) -> Bool) {
        while !hasStopped, next > 0, pending[next - 1].key.starts(with: prefix) {
            next -= 1
            let entry = pending[next]
            if let value = entry.value { _ = goesOn(body(entry.key.span.bytes, value.span.bytes)) }
        }
    }
}
