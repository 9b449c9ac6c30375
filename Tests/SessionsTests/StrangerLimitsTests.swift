import Basics
import Sessions
import Testing

/// How much is sent to addresses that haven't answered.
@Suite struct StrangerLimitsTests {
    private func host(_ number: UInt32) -> Endpoint { Endpoint(ipv4: 0x0808_0800 + number, port: 1) }
    private let now = Instant(sinceOrigin: .seconds(1_000))

    /// A host that lives in a victim's block answers as often as it likes: the block is given back only what it was charged.
    @Test func aHostWithASessionMakesNoRoomForOthersOfItsBlock() {
        var limits = StrangerLimits()
        func sends(to hosts: Range<UInt32>) -> Int {
            hosts.count { limits.takes(host($0), isKnown: false, at: now) }
        }
        #expect(sends(to: 1..<200) == Limits.unansweredPerBlock)
        for _ in 0..<50 {
            _ = limits.takes(host(1), isKnown: true, at: now)
            limits.recordAnswer(from: host(1), after: Limits.initiationSends, isKnown: true)
        }
        #expect(sends(to: 200..<250) == 0)
        // Who hadn't answered before was charged to the block.
        limits.recordAnswer(from: host(1), after: 3, isKnown: false)
        #expect(sends(to: 200..<250) == 3)
    }
}
