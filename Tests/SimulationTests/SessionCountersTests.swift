import Simulation
import Testing

/// What the checker of nonces remembers of sessions.
@Suite struct SessionCountersTests {
    private let sender = HostID(index: 1)
    private let recipient = HostID(index: 2)

    @Test func manySessionsAreToldApart() {
        var counters = SessionCounters(of: sender)
        let names = (0..<200).map { SessionName(HostID(index: $0 % 50), UInt32($0 / 50) &* 0x1001_0001) }
        for counter in 1...3 as ClosedRange<UInt64> {
            for name in names { #expect(counters.count(counter, name) == nil) }
        }
        for name in names { #expect(counters.count(2, name) == 3) }
        counters.addKey(names[7], mark: 1)
        #expect(counters.count(0, names[7]) == nil && counters.count(0, names[8]) == 3)
    }

    /// Too many sessions: what is forgotten is not taken for something wrong, and what is in use is not forgotten.
    @Test func forgottenSessionsAreNotFoundAtFault() {
        var counters = SessionCounters(of: sender)
        let names = (0..<UInt32(3 * SessionCounters.followedSessions)).map { SessionName(recipient, $0) }
        for mark: UInt64 in 1...2 { counters.addKey(names[0], mark: mark) }
        for name in names.dropFirst() {
            counters.addKey(name, mark: 9)
            #expect(counters.count(0, name) == nil)
        }
        for counter: UInt64 in [0, 1, 2, 0] { #expect(counters.count(counter, names[0]) == nil) }
        let newest = names[names.count - 1]
        #expect(counters.count(0, newest) == 0, "a session in use is followed")
    }
}
