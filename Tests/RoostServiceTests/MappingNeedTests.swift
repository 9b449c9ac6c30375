import Basics
import PortMapping
import Reports
import RoostService
import Testing

/// Whether a router is to be asked to open a port, which, and how people read what came of it.
@Suite struct MappingNeedTests {
    private let source = Endpoint(ipv4: 0xc0a8_0102, port: 0)
    private let gateway = Endpoint(ipv4: 0xc0a8_0101, port: 0)
    private let everywhere = [Endpoint(ipv4: 0, port: 7_337), Endpoint(high: 0, low: 0, port: 7_337)]

    private var home: NetworkSnapshot {
        var home = NetworkSnapshot()
        home.interfaces = [.init(index: 1, isUp: true, isLoopback: true), .init(index: 2, isUp: true)]
        home.addresses = [.init(source, on: 2)]
        home.routes = [.init(.ipv4, on: 2, gateway: gateway)]
        return home
    }

    private func need(
        _ setting: MappingSetting = .auto, in snapshot: NetworkSnapshot?, from source: Endpoint?,
        sockets: [Endpoint]? = nil, observed: Endpoint? = nil, isReachedAnyway: Bool = false
    ) -> MappingNeed {
        MappingNeed(
            setting, in: snapshot, from: source, sockets: sockets ?? everywhere, observed: observed,
            isReachedAnyway: isReachedAnyway)
    }

    @Test func behindARouterItIsAsked() {
        let place = PortMapper.Place(gateway: gateway, inner: source.with(port: 7_337))
        #expect(need(in: home, from: source) == .at(place))
        #expect(need(in: home, from: source, sockets: [source.with(port: 7_337)]) == .at(place))
        #expect(need(in: home, from: source, observed: Endpoint(ipv4: 0xcb00_7107, port: 7_337)) == .at(place))
    }

    @Test func whereItIsOfNoUseNobodyIsAsked() {
        #expect(need(.off, in: home, from: source) == .nobody(.off))
        #expect(need(in: home, from: source, isReachedAnyway: true) == .nobody(.unneeded))
        #expect(need(in: nil, from: source) == .nobody(.noRouter))
        #expect(need(in: home, from: nil) == .nobody(.noRouter))
        let loopback = Endpoint(ipv4: 0x7f00_0001, port: 7_337)
        #expect(need(in: home, from: source, sockets: [loopback]) == .nobody(.noRouter))
        #expect(need(in: home, from: source, sockets: [everywhere[1]]) == .nobody(.noRouter))
        #expect(need(in: home, from: loopback.with(port: 0)) == .nobody(.noRouter))
    }

    @Test func aPublicAddressNeedsNone() {
        let own = Endpoint(ipv4: 0xcb00_7102, port: 0)
        var snapshot = home
        snapshot.addresses = [.init(own, on: 2)]
        #expect(need(in: snapshot, from: own) == .nobody(.unneeded), "before others have said anything")
        #expect(need(in: snapshot, from: own, observed: own.with(port: 7_337)) == .nobody(.unneeded))
        let place = PortMapper.Place(gateway: gateway, inner: own.with(port: 7_337))
        #expect(need(in: snapshot, from: own, observed: Endpoint(ipv4: 0xcb00_7107, port: 1)) == .at(place))
    }

    @Test func throughAVPNNobodyIsAsked() {
        var vpn = home
        vpn.interfaces.append(.init(index: 3, isUp: true))
        vpn.addresses.append(.init(Endpoint(ipv4: 0x0a08_0002, port: 0), on: 3))
        vpn.routes += [.init(.ipv4, on: 3, prefix: 1), .init(.ipv4, on: 3, prefix: 1)]
        #expect(need(in: vpn, from: Endpoint(ipv4: 0x0a08_0002, port: 0)) == .nobody(.noRouter))
        #expect(need(in: vpn, from: source) == .nobody(.noRouter))
    }

    @Test func ofTwoRoutersTheUsedOneIsAsked() {
        var two = home
        two.interfaces.append(.init(index: 3, isUp: true))
        let other = Endpoint(ipv4: 0x0a00_0002, port: 0)
        two.addresses.append(.init(other, on: 3))
        two.routes = [
            .init(.ipv4, on: 2, gateway: gateway, metric: 600),
            .init(.ipv4, on: 3, gateway: Endpoint(ipv4: 0x0a00_0001, port: 0), metric: 100),
        ]
        #expect(need(in: two, from: source) == .nobody(.noRouter))
        let place = PortMapper.Place(gateway: Endpoint(ipv4: 0x0a00_0001, port: 0), inner: other.with(port: 7_337))
        #expect(need(in: two, from: other) == .at(place))
    }

    @Test func peopleReadHowItStands() {
        let outer = Endpoint(ipv4: 0xcb00_7107, port: 7_337)
        func text(_ standing: MappingStanding, _ isReached: Bool? = nil) -> String {
            PortMappingReport(standing, port: 7_337, isReached: isReached).message
        }
        #expect(text(.opened(outer, .pcp), true) == "Your router opened port 7337 (PCP).")
        #expect(text(.opened(outer, .igd)).contains("not confirmed"))
        #expect(text(.opened(outer, .natPmp), false).contains("nothing comes through"))
        #expect(text(.behindAnother(outer, .pcp)).contains("another router lies before yours"))
        #expect(text(.silent) == "Your router has no port mapping that answers.")
        let all =
            RouterRefusal.allCases.map { MappingStanding.refused($0, .pcp) } + IgdFault.allCases.map { .faulty($0) }
        for standing in all + [.asking, .silent] {
            let sentence = text(standing)
            #expect(sentence.hasSuffix(".") && sentence.hasPrefix("Your router"), "\(sentence)")
        }
    }
}
