import Basics
import Testing

@testable import RoostService

struct OwnAddressesTests {
    private func endpoint(_ text: String) -> Endpoint { Endpoint(text)! }

    @Test func aSocketThatListensEverywhereIsAtEachInterface() {
        let interfaces = ["10.1.0.2:0", "[2a10::5]:0", "[fd00::5]:0", "8.8.8.8:0"].map(endpoint)
        let bound = ["0.0.0.0:7337", "[::]:7338"].map { Endpoint($0)! }
        #expect(
            OwnAddresses.candidates(bound: bound, interfaces: interfaces)
                == ["8.8.8.8:7337", "[2a10::5]:7338", "10.1.0.2:7337", "[fd00::5]:7338"].map(endpoint))
    }

    @Test func aSocketWithAnAddressIsThereAlone() {
        let bound = ["127.0.0.1:4000", "[2a10::9]:4001"].map(endpoint)
        let candidates = OwnAddresses.candidates(bound: bound, interfaces: [endpoint("[2a10::5]:0")])
        #expect(candidates == ["[2a10::9]:4001", "127.0.0.1:4000"].map(endpoint))
    }

    @Test func thereAreNeverMany() {
        let interfaces = (1...50).map { Endpoint(high: 0x2a10 << 48, low: $0, port: 0) }
        #expect(OwnAddresses.candidates(bound: [endpoint("[::]:1")], interfaces: interfaces).count == 8)
    }

    @Test func whatTheSystemSaysIsOfUse() {
        for address in SystemCalls.interfaceAddresses() {
            #expect(address.port == 0 && !address.isLoopback && address.with(port: 1).isUsable)
        }
    }
}
