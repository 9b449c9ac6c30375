import Basics
import RoostService
import Testing

/// What is a change of this machine's network, and what is not.
@Suite struct NetworkWatchTests {
    private let everywhere = [Endpoint(ipv4: 0, port: 7_337), Endpoint(high: 0, low: 0, port: 7_337)]
    private let home = Endpoint(ipv4: 0xc0a8_0105, port: 0)
    private let router = Endpoint(ipv4: 0xc0a8_0101, port: 0)
    private let linkLocal = Endpoint(high: 0xfe80 << 48, low: 5, port: 0)
    private let global = Endpoint(high: 0x2001_0db8 << 32, low: 7, port: 0)

    /// The loopback, and a Wi-Fi with an address, a router and a link-local address.
    private var laptop: NetworkSnapshot {
        var snapshot = NetworkSnapshot()
        snapshot.interfaces = [
            NetworkSnapshot.Interface(index: 1, isUp: true, isLoopback: true),
            NetworkSnapshot.Interface(index: 2, isUp: true),
        ]
        snapshot.addresses = [
            NetworkSnapshot.Address(Endpoint(ipv4: 0x7f00_0001, port: 0), on: 1),
            NetworkSnapshot.Address(home, on: 2), NetworkSnapshot.Address(linkLocal, on: 2),
        ]
        snapshot.routes = [NetworkSnapshot.DefaultRoute(.ipv4, on: 2, gateway: router, metric: 600)]
        return snapshot
    }

    private func expect(
        _ expected: Bool, _ what: Comment, listening: [Endpoint]? = nil,
        sourceLocation: SourceLocation = #_sourceLocation, _ change: (inout NetworkSnapshot) -> Void
    ) {
        var next = laptop
        change(&next)
        let differs = next.differs(from: laptop, listening: listening ?? everywhere)
        #expect(differs == expected, what, sourceLocation: sourceLocation)
    }

    @Test func whatMattersIsAChange() {
        let tunnel = NetworkSnapshot.Address(Endpoint(ipv4: 0x0a08_0002, port: 0), on: 9)
        expect(true, "another lease") { $0.addresses[1] = .init(Endpoint(ipv4: 0xc0a8_0109, port: 0), on: 2) }
        expect(true, "no router") { $0.routes = [] }
        expect(true, "another router") { $0.routes[0].gateway = Endpoint(ipv4: 0xc0a8_01fe, port: 0) }
        expect(true, "no carrier") { $0.interfaces[1].isUp = false }
        expect(true, "IPv6") {
            $0.addresses.append(.init(global, on: 2))
        }
        expect(true, "a VPN that takes everything by two halves") {
            $0.interfaces.append(.init(index: 9, isUp: true))
            $0.addresses.append(tunnel)
            $0.routes.append(.init(.ipv4, on: 9, prefix: 1))
        }
        expect(true, "a VPN with a table of its own") {
            $0.interfaces.append(.init(index: 9, isUp: true))
            $0.addresses.append(tunnel)
            $0.routes.append(.init(.ipv4, on: 9, table: 51_820))
        }
    }

    @Test func whatMattersNothingIsNone() {
        expect(false, "nothing") { _ in }
        expect(false, "another order") { $0.addresses.reverse() }
        expect(false, "another link-local address") {
            $0.addresses.append(.init(Endpoint(high: 0xfe80 << 48, low: 99, port: 0), on: 2))
        }
        expect(false, "the loopback's") { $0.addresses.append(.init(Endpoint(ipv4: 0x7f00_0002, port: 0), on: 1)) }
        expect(false, "still being checked, or about to go") {
            $0.addresses.append(.init(global, on: 2, isPreferred: false))
        }
        expect(false, "a container's bridge and its link") {
            $0.interfaces.append(.init(index: 7, isUp: true))
            $0.addresses.append(.init(Endpoint(ipv4: 0xac11_0001, port: 0), on: 7))
            $0.addresses.append(.init(Endpoint(high: 0xfe80 << 48, low: 7, port: 0), on: 7))
        }
        expect(false, "a lease, to who listens on the loopback", listening: [Endpoint(ipv4: 0x7f00_0001, port: 1)]) {
            $0.addresses[1] = .init(router, on: 2)
        }
    }

    @Test func withoutADefaultRouteEveryAddressCounts() {
        var before = laptop
        before.routes = []
        var after = before
        after.addresses[1] = .init(Endpoint(ipv4: 0xc0a8_0109, port: 0), on: 2)
        #expect(after.differs(from: before, listening: everywhere))
        after = before
        after.interfaces[1].isUp = false
        #expect(after.differs(from: before, listening: everywhere))
        #expect(before.families(listening: everywhere) == .ipv4)
        #expect(after.families(listening: everywhere) == [])
    }

    @Test func familiesAreThoseWithAWayOut() {
        #expect(laptop.families(listening: everywhere) == .ipv4, "a link-local address leads nowhere")
        var dual = laptop
        dual.addresses.append(.init(global, on: 2))
        #expect(dual.families(listening: everywhere) == .both)
        #expect(dual.families(listening: [everywhere[1]]) == .ipv6)
        #expect(laptop.families(listening: [Endpoint(high: 0, low: 1, port: 5)]) == .ipv6, "the loopback is there")
        #expect(laptop.families(listening: [home.with(port: 5)]) == .ipv4)
        #expect(laptop.families(listening: [Endpoint(ipv4: 0xc0a8_0163, port: 5)]) == [], "not there at present")
    }

    @Test func aSpecificAddressThatComesBackIsAChange() {
        let listening = [Endpoint(ipv4: 0xc0a8_0163, port: 5)]
        var back = laptop
        back.addresses.append(.init(listening[0], on: 2))
        #expect(back.differs(from: laptop, listening: listening))
    }

    // MARK: When to look

    private func time(_ milliseconds: Int) -> Instant { .origin + .seconds(100) + .milliseconds(milliseconds) }

    @Test func aBurstIsOneLookAndOneThatNeverEndsIsLookedAt() {
        var watch = NetworkWatch(listening: everywhere, snapshot: laptop)
        let looks = (0..<20).map { watch.notice(now: time($0 * 100)) }
        #expect(looks[..<5] == [time(150), time(250), time(350), time(450), time(500)])
        #expect(looks[19] == time(500))
        let isNothing = watch.look(laptop, now: time(500))
        #expect(!isNothing, "nothing is other than it was")
        let next = watch.notice(now: time(600))
        #expect(next == time(750), "another burst")
        var moved = laptop
        moved.addresses[1] = .init(Endpoint(ipv4: 0xc0a8_0109, port: 0), on: 2)
        let changes = [watch.look(moved, now: time(750)), watch.look(moved, now: time(900))]
        #expect(changes == [true, false], "once")
    }

    @Test func whereTheSystemSaysNothingEachSignCountsNowAndThen() {
        var watch = NetworkWatch(listening: everywhere, snapshot: nil)
        #expect(watch.families == .both)
        let changes = [0, 4_900, 5_000].map { watch.look(nil, now: time($0)) }
        #expect(changes == [true, false, true])
    }
}
