import Basics

/// The addresses from which something came lately outside of any session, such as hellos: a NAT there may let in what this
/// node sends. (What came over sessions, these know.)
///
/// There are two generations, of which the older is forgotten when the newer has become as old as a NAT remembers. So an
/// address is remembered for one to two of these times.
package struct AddressesHeard: Sendable {
    private var current: Set<Account> = []
    private var previous: Set<Account> = []
    private var beganAt = Instant.origin

    package init() {}

    /// Something has come from an endpoint.
    package mutating func observe(_ endpoint: Endpoint, now: Instant) {
        age(now: now)
        guard current.count < Limits.addressesHeard else { return }
        current.insert(.host(of: endpoint))
    }

    /// Whether something may have come from an endpoint's address lately. It may where there are too many to remember.
    package func mayContain(_ endpoint: Endpoint, now: Instant) -> Bool {
        let (age, host) = (now - beganAt, Account.host(of: endpoint))
        func may(_ hosts: Set<Account>) -> Bool { hosts.contains(host) || hosts.count >= Limits.addressesHeard }
        return age < Limits.natMemory * 2 && may(current) || age < Limits.natMemory && may(previous)
    }

    private mutating func age(now: Instant) {
        let age = now - beganAt
        guard age >= Limits.natMemory else { return }
        previous = age < Limits.natMemory * 2 ? current : []
        current = []
        beganAt = now
    }
}
