import Basics
import Testing

struct AddressScopeTests {
    @Test(arguments: [
        ("127.0.0.1", AddressScope.machine), ("127.255.255.254", .machine), ("[::1]", .machine),
        ("10.0.0.0", .site), ("10.255.255.255", .site), ("172.16.0.1", .site), ("172.31.255.255", .site),
        ("192.168.255.1", .site), ("169.254.1.1", .site), ("100.64.0.1", .site), ("100.127.255.255", .site),
        ("[fe80::1]", .site), ("[febf::1]", .site), ("[fc00::1]", .site), ("[fdff::1]", .site),
        ("9.255.255.255", .world), ("11.0.0.0", .world), ("126.255.255.255", .world), ("128.0.0.1", .world),
        ("172.15.255.255", .world), ("172.32.0.0", .world), ("192.167.255.255", .world), ("192.169.0.0", .world),
        ("169.253.255.255", .world), ("169.255.0.0", .world), ("100.63.255.255", .world), ("100.128.0.0", .world),
        ("[::2]", .world), ("[2001:db8::1]", .world), ("[fbff::1]", .world), ("[fe00::1]", .world),
        ("[fec0::1]", .world),
    ])
    func isThatOfTheRFCs(_ host: String, _ scope: AddressScope) throws {
        let endpoint = try #require(Endpoint(host: host, port: 7_337))
        #expect(endpoint.scope == scope)
        #expect(endpoint.isLocal == (scope != .world))
        #expect(endpoint.isLoopback == (scope == .machine))
    }

    @Test func blocksOverlapByFamily() throws {
        func contact(_ ipv4: String?, _ ipv6: String?) throws -> Contact {
            Contact(
                id: NodeID(.zero), key: PublicKey(.zero), ipv4: ipv4.flatMap { Endpoint(host: $0, port: 1) },
                ipv6: ipv6.flatMap { Endpoint(host: $0, port: 1) })
        }
        let one = try contact("8.8.8.1", "[2001:db8:1:2::1]").blocks
        #expect(one.overlaps(try contact("8.8.8.250", nil).blocks))
        #expect(one.overlaps(try contact("9.9.9.9", "[2001:db8:1:ffff::9]").blocks))
        #expect(!one.overlaps(try contact("8.8.9.1", "[2001:db8:2::1]").blocks))
        #expect(try contact("192.168.0.1", "[fe80::1]").blocks.isEmpty)
        #expect(!one.overlaps(try contact(nil, nil).blocks))
        #expect(!(try contact(nil, nil).blocks).overlaps(try contact(nil, nil).blocks))
    }
}
