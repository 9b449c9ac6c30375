import Basics
import Discovery
import RoostService
import Testing

/// In which local networks a node says where it listens.
@Suite struct LocalLinksTests {
    private func endpoint(_ text: String) -> Endpoint { Endpoint(text)! }

    /// A loopback (1), a cable (2), a tunnel to one other host (3), a network of containers (4) and a cable that is not plugged in (5).
    private var machine: NetworkSnapshot {
        var machine = NetworkSnapshot()
        machine.interfaces = [
            .init(index: 1, isUp: true, isLoopback: true), .init(index: 4, isUp: true), .init(index: 2, isUp: true),
            .init(index: 3, isUp: true, reachesMany: false), .init(index: 5, isUp: false),
        ]
        let addresses: [(String, UInt32, Int)] = [
            ("127.0.0.1:0", 1, 8), ("192.168.1.5:0", 2, 24), ("[fe80::5]:0", 2, 64), ("[fd00::5]:0", 2, 64),
            ("10.8.0.2:0", 3, 24), ("172.17.0.1:0", 4, 16), ("192.168.9.9:0", 5, 24),
        ]
        machine.addresses = addresses.map { .init(endpoint($0.0), on: $0.1, prefix: $0.2) }
        machine.routes = [.init(.ipv4, on: 2)]
        return machine
    }

    private func links(_ sockets: String...) -> [LocalLink] {
        machine.localLinks(ofSocketsAt: sockets.map(endpoint))
    }

    @Test func whoListensEverywhereIsInEachNetworkOfManyMachines() {
        let found = links("0.0.0.0:7337", "[::]:7338")
        #expect(
            found == [
                LocalLink(
                    interface: 2, isIPv4: true, addresses: [.init(endpoint("192.168.1.5:0"), prefix: 24)], port: 7_337),
                LocalLink(
                    interface: 4, isIPv4: true, addresses: [.init(endpoint("172.17.0.1:0"), prefix: 16)], port: 7_337),
                LocalLink(
                    interface: 2, isIPv4: false, addresses: [.init(endpoint("[fd00::5]:0"), prefix: 64)], port: 7_338),
            ])
    }

    @Test func whoListensAtAnAddressIsInItsNetworkAlone() {
        #expect(links("172.17.0.1:9").map(\.interface) == [4])
        #expect(links("172.17.0.2:9").isEmpty)
    }

    @Test func whoListensOnTheLoopbackIsInNone() { #expect(links("127.0.0.1:7337", "[::1]:7337").isEmpty) }

    @Test func anAddressThatNeedsAnInterfaceIsNone() {
        var machine = machine
        machine.addresses.removeAll { $0.endpoint == endpoint("[fd00::5]:0") }
        #expect(machine.localLinks(ofSocketsAt: [endpoint("[::]:7337")]).isEmpty)
    }

    @Test func ofManyNetworksThoseThatLeadOutComeFirst() {
        var machine = NetworkSnapshot()
        for index in 1...50 as ClosedRange<UInt32> {
            machine.interfaces.append(.init(index: index, isUp: true))
            machine.addresses.append(.init(Endpoint(ipv4: 0x0a00_0001 | index << 8, port: 0), on: index, prefix: 24))
        }
        machine.routes = [.init(.ipv4, on: 50)]
        let found = machine.localLinks(ofSocketsAt: [endpoint("0.0.0.0:1")])
        #expect(found.count == LocalLimits.links && found.first?.interface == 50)
    }
}
