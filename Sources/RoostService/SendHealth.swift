import Basics

/// Why the system didn't take a datagram.
package enum SendRefusal: String, Hashable, Sendable, CaseIterable {
    /// This machine has no route to where it was to go, or no interface that is up.
    case noRoute
    /// It was to leave from an address that this machine no longer has.
    case addressGone
    /// A firewall of this machine, or a policy, forbids it.
    case forbidden
    /// It is longer than the way out carries.
    case tooLong
    /// The system has no room for it at present.
    case full
    case other

    /// Its index among all cases.
    var place: Int {
        switch self {
        case .noRoute: 0
        case .addressGone: 1
        case .forbidden: 2
        case .tooLong: 3
        case .full: 4
        case .other: 5
        }
    }
}

/// How sending goes: what left this machine, and what the system refused.
package struct SendHealth: Hashable, Sendable {
    /// Datagrams that the system took, and their bytes without headers.
    package private(set) var sentDatagrams = 0
    package private(set) var sentBytes = 0
    /// Datagrams that it didn't take: they never left.
    package private(set) var refusedDatagrams = 0
    /// Why the last of them was refused; nil where none ever was.
    package private(set) var lastRefusal: SendRefusal?
    /// When the first datagram was refused after the last one that left; nil while datagrams leave.
    package private(set) var failingSince: Instant?
    /// Datagrams refused since the last one that left. A few may all be for one node that this machine has no route to.
    package private(set) var refusedInARow = 0

    package init() {}

    /// A datagram left. Returns how long none had left before, if there was such a time.
    @discardableResult
    package mutating func recordSent(bytes: Int, now: Instant) -> Duration? {
        sentDatagrams += 1
        sentBytes += bytes
        refusedInARow = 0
        guard let since = failingSince else { return nil }
        failingSince = nil
        return now - since
    }

    package mutating func recordRefused(_ reason: SendRefusal, now: Instant) {
        refusedDatagrams += 1
        refusedInARow += 1
        lastRefusal = reason
        if failingSince == nil { failingSince = now }
    }
}
