import Basics
import Kademlia
import NodeCore
import Testing

/// Which locations a node keeps things for.
@Suite struct ResponsibilityTests {
    /// k is 4, so that 6 count. Four contacts differ from the node in the first bit, of which two have an IPv6 address only; four
    /// share that bit and differ in the second. Whoever differs from the node where the location does is closer.
    private func table() -> RoutingTable {
        var table = RoutingTable(own: NodeID(.zero), bucketSize: 4)
        for number in 0..<4 as Range<UInt64> {
            let far = NodeID(Bytes32(words: (1 << 63, 0, 0, number + 1)))
            let near = NodeID(Bytes32(words: (1 << 62, 0, 0, number + 1)))
            let (ipv4, ipv6) = (
                Endpoint(ipv4: 0x0a00_0001 + UInt32(number), port: 7_337),
                Endpoint(high: 0xfd00 << 48, low: number + 1, port: 7_337)
            )
            let places = [(far, number < 2 ? ipv4 : ipv6), (near, ipv4.with(port: 7_338))]
            for (id, endpoint) in places {
                let contact = Contact(id: id, key: PublicKey(id.bytes), endpoint: endpoint)
                let outcome = table.observe(contact, roundTrip: nil, now: .origin)
                #expect(outcome == .inserted)
            }
        }
        return table
    }

    private func location(_ head: UInt64) -> Location { Location(Bytes32(words: (head << 60, 0, 0, 0))) }

    @Test func aServerKeepsWhatFewAreCloserTo() {
        let responsibility = Responsibility(in: .server, among: table())
        #expect(responsibility.covers(location(0b0000), over: .both), "nobody is closer")
        #expect(responsibility.covers(location(0b1000), over: .both), "four are closer")
        #expect(responsibility.covers(location(0b0100), over: .both), "four others are")
        #expect(!responsibility.covers(location(0b1100), over: .both), "all eight are")
    }

    /// Who comes over one family can't reach the others.
    @Test func onlyThoseCountThatTheAskerReaches() {
        let responsibility = Responsibility(in: .server, among: table())
        #expect(!responsibility.covers(location(0b1100), over: .ipv4), "six are closer")
        #expect(responsibility.covers(location(0b1100), over: .ipv6), "two are")
    }

    @Test func aClientKeepsNothing() {
        let responsibility = Responsibility(in: .client, among: table())
        for head in 0..<16 as Range<UInt64> { #expect(!responsibility.covers(location(head), over: .both)) }
    }
}
