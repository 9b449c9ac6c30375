import Basics
import RoostService
import Testing

/// At what endpoints of its machine's a node may be reached.
struct OwnEndpointsTests {
    private func endpoint(_ text: String) -> Endpoint { Endpoint(text)! }

    /// A machine with one interface that leads out, and those addresses on it.
    private func snapshot(_ addresses: [Endpoint]) -> NetworkSnapshot {
        var snapshot = NetworkSnapshot()
        snapshot.interfaces = [
            NetworkSnapshot.Interface(index: 1, isUp: true, isLoopback: true),
            NetworkSnapshot.Interface(index: 2, isUp: true),
        ]
        snapshot.addresses = addresses.map { NetworkSnapshot.Address($0, on: 2) }
        snapshot.addresses.append(NetworkSnapshot.Address(endpoint("127.0.0.1:0"), on: 1))
        return snapshot
    }

    @Test func aSocketThatListensEverywhereIsAtEachInterface() {
        let machine = snapshot(
            ["10.1.0.2:0", "[2a10::5]:0", "[fd00::5]:0", "8.8.8.8:0", "169.254.3.4:0", "[fe80::1]:0"].map(endpoint))
        let sockets = ["0.0.0.0:7337", "[::]:7338"].map(endpoint)
        #expect(
            machine.ownEndpoints(ofSocketsAt: sockets)
                == ["8.8.8.8:7337", "[2a10::5]:7338", "10.1.0.2:7337", "[fd00::5]:7338"].map(endpoint))
    }

    @Test func aSocketWithAnAddressIsThereAlone() {
        let sockets = ["127.0.0.1:4000", "[2a10::9]:4001"].map(endpoint)
        #expect(
            snapshot([endpoint("[2a10::5]:0")]).ownEndpoints(ofSocketsAt: sockets)
                == ["[2a10::9]:4001", "127.0.0.1:4000"].map(endpoint))
    }

    @Test func networksOfContainersAreNotTold() {
        var machine = snapshot([endpoint("10.1.0.2:0")])
        machine.routes = [NetworkSnapshot.DefaultRoute(.ipv4, on: 2)]
        machine.interfaces.append(NetworkSnapshot.Interface(index: 3, isUp: true))
        machine.addresses.append(NetworkSnapshot.Address(endpoint("172.17.0.1:0"), on: 3))
        #expect(machine.ownEndpoints(ofSocketsAt: [endpoint("0.0.0.0:7337")]) == [endpoint("10.1.0.2:7337")])
    }

    @Test func thereAreNeverMany() {
        let machine = snapshot((1...50).map { Endpoint(high: 0x2a10 << 48, low: $0, port: 0) })
        #expect(machine.ownEndpoints(ofSocketsAt: [endpoint("[::]:1")]).count == 8)
    }
}
