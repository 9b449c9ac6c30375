import Basics
import NodeCore
import Testing

/// From where something came outside of any session.
@Suite struct AddressesHeardTests {
    private static func endpoint(_ number: Int) -> Endpoint {
        Endpoint(ipv4: 0x2000_0001 + UInt32(number) << 8, port: 7_337)
    }

    @Test func addressesAreRememberedAsLongAsNATsDo() {
        var heard = AddressesHeard()
        var now = Instant.origin + .seconds(1_000)
        heard.observe(AddressesHeardTests.endpoint(1), now: now)
        now = now + Limits.natMemory
        #expect(heard.mayContain(AddressesHeardTests.endpoint(1).with(port: 1), now: now))
        #expect(!heard.mayContain(AddressesHeardTests.endpoint(2), now: now))
        now = now + Limits.natMemory
        #expect(!heard.mayContain(AddressesHeardTests.endpoint(1), now: now))
    }

    /// A flood makes a node say that it can't say, never that it has heard nothing.
    @Test func whoeverFloodsANodeMakesItForgetNobody() {
        var heard = AddressesHeard()
        let now = Instant.origin
        for number in 0..<Limits.addressesHeard { heard.observe(AddressesHeardTests.endpoint(number), now: now) }
        heard.observe(AddressesHeardTests.endpoint(5_000), now: now)
        #expect(heard.mayContain(AddressesHeardTests.endpoint(5_000), now: now))
    }
}
