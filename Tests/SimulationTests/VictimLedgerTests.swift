import Basics
import Simulation
import Testing

/// What goes to addresses that never answered is bounded, and more is found.
@Suite struct VictimLedgerTests {
    private static let host = HostID(index: 3)
    private static func victim(_ number: UInt32, block: UInt32 = 0, port: UInt16 = 7_337) -> Endpoint {
        Endpoint(ipv4: 40 << 24 | block << 8 | number, port: port)
    }

    private func at(_ seconds: Int) -> Instant { .origin + .seconds(seconds) }

    @Test func whoFloodsAnAddressIsFoundWhateverThePort() {
        var ledger = VictimLedger()
        for number in 0..<VictimLedger.mostPerAddress {
            let port = UInt16(1_024 + number)
            ledger.send(from: Self.host, to: Self.victim(1, port: port), isDial: false, at: at(60))
        }
        #expect(ledger.findings.count == 0 && ledger.mostOfOne == VictimLedger.mostPerAddress)
        ledger.send(from: Self.host, to: Self.victim(1), isDial: false, at: at(119))
        #expect(ledger.findings.count == 1)
    }

    @Test func eachMinuteIsAnother() {
        var ledger = VictimLedger()
        for second in 0..<600 where second % 60 < VictimLedger.mostPerAddress {
            ledger.send(from: Self.host, to: Self.victim(1), isDial: false, at: at(second))
        }
        #expect(ledger.findings.count == 0 && ledger.sent == 10 * VictimLedger.mostPerAddress)
    }

    @Test func whoFloodsABlockIsFound() {
        var ledger = VictimLedger()
        for number in 0..<UInt32(VictimLedger.mostPerBlock) {
            ledger.send(from: Self.host, to: Self.victim(number), isDial: false, at: at(1))
            ledger.send(from: Self.host, to: Self.victim(1, block: 1 + number), isDial: false, at: at(1))
        }
        #expect(ledger.findings.count == 0)
        ledger.send(from: Self.host, to: Self.victim(200), isDial: false, at: at(1))
        #expect(ledger.findings.count == 1)
    }

    @Test func dialsAreBoundedOverTwoMinutes() {
        var ledger = VictimLedger()
        for number in 0..<VictimLedger.mostDials {
            ledger.send(from: Self.host, to: Self.victim(1), isDial: true, at: at(number))
        }
        #expect(ledger.findings.count == 0)
        ledger.send(from: Self.host, to: Self.victim(1), isDial: true, at: at(100))
        #expect(ledger.findings.count == 1)
    }

    /// Whoever has answered takes part; a node that begins anew may ask anew.
    @Test func onlyStrangersCount() {
        var ledger = VictimLedger()
        ledger.hear(Self.host, from: Self.victim(1, port: 9))
        for _ in 0..<1_000 { ledger.send(from: Self.host, to: Self.victim(1), isDial: false, at: at(1)) }
        #expect(ledger.findings.count == 0 && ledger.sent == 0)
        for _ in 0..<3 {
            for _ in 0..<VictimLedger.mostPerAddress {
                ledger.send(from: Self.host, to: Self.victim(2), isDial: false, at: at(1))
            }
            ledger.startOver(Self.host)
        }
        #expect(ledger.findings.count == 0)
    }
}
