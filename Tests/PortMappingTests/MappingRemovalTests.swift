import Basics
import PortMapping
import Testing

/// When a router is told to forget a mapping, so that none is left behind: stories on a virtual clock.
@Suite struct MappingRemovalTests {
    private func removals(_ bench: RouterBench) -> [[UInt8]] {
        bench.sent.map(\.bytes).filter { RouterBench.lifetime($0) == 0 && !RouterBench.isSearch($0) }
    }

    private func text(_ bench: RouterBench) -> String {
        String(decoding: bench.questions.last?.bytes ?? [], as: UTF8.self)
    }

    /// Lets time pass until the router is asked to renew a mapping by UPnP.
    private func runToRenewal(_ bench: inout RouterBench) {
        let asked = bench.questions.count
        for _ in 0..<5_000 where bench.questions.count == asked { bench.run(for: .seconds(1)) }
    }

    @Test func whoeverLeavesANetworkHasTheMappingRemovedThere() {
        for var bench in [RouterBench.mapped(), .mappedByNATPMP()] {
            bench.sent = []
            bench.mapper.leave()
            bench.drain()
            #expect(removals(bench).count == 1 && bench.sent.allSatisfy { $0.to.with(port: 0) == RouterBench.gateway })
            bench.mapper.networkChanged(to: nil, now: bench.now)
            bench.drain()
            #expect(bench.sent.count == 1 && bench.told == [RouterBench.outer, nil])
        }
    }

    @Test func aRouterThatRefusesToRenewIsToForget() {
        var bench = RouterBench.mapped()
        bench.sent = []
        bench.run(for: .seconds(4_600)) { bytes, bench in
            guard RouterBench.isPCP(bytes), RouterBench.lifetime(bytes) != 0 else { return }
            bench.hear(bench.pcpAnswer(to: bytes, seconds: 600, result: 8))
        }
        #expect(bench.told == [RouterBench.outer, nil])
        #expect(removals(bench).count == 1)
        var other = RouterBench.mappedByNATPMP()
        other.sent = []
        other.run(for: .seconds(4_600)) { bytes, bench in
            if RouterBench.isAddressRequest(bytes) { bench.hear(bench.addressAnswer()) }
            if RouterBench.isPortRequest(bytes), RouterBench.lifetime(bytes) != 0 {
                bench.hear(bench.portAnswer(to: bytes, result: 4))
            }
        }
        #expect(removals(other).count == 1)
    }

    /// The answer may be on its way, or lost.
    @Test func aMappingThatARouterMayBeMakingIsRemovedAtTheEnd() {
        var bench = RouterBench()
        bench.run(for: .milliseconds(200))
        bench.mapper.end()
        bench.drain()
        #expect(bench.sent.map { RouterBench.lifetime($0.bytes) } == [7_200, 0])
        #expect(bench.sent[0].bytes[24..<36] == bench.sent[1].bytes[24..<36], "by the nonce that it was asked with")
        var other = RouterBench()
        other.run(for: .milliseconds(200)) { bytes, bench in
            if RouterBench.isPCP(bytes) { bench.hear([0, 129, 0, 1] + bench.epoch.bigEndianBytes) }
            if RouterBench.isAddressRequest(bytes) { bench.hear(bench.addressAnswer()) }
        }
        other.sent = []
        other.mapper.end()
        other.drain()
        #expect(other.sent.count == 1 && removals(other).allSatisfy { RouterBench.isPortRequest($0) })
    }

    @Test func byUPnPAMappingThatMovesIsRemovedWhereItWas() {
        var bench = IgdTests.mapped()
        runToRenewal(&bench)
        bench.reply(IgdTests.address("203.0.113.7"))
        bench.reply(IgdTests.fault(718))
        bench.reply(IgdTests.http(200, ""))
        #expect(text(bench).contains("DeletePortMapping") && text(bench).contains("<NewExternalPort>7337<"))
        #expect(bench.told.count == 2 && bench.told.last??.port != 7_337)
        let moved = bench.told.last??.port ?? 0
        bench.mapper.end()
        bench.drain()
        #expect(text(bench).contains("<NewExternalPort>\(moved)<"))
    }

    /// Before a mapping was granted, that port may be another machine's.
    @Test func byUPnPNothingIsRemovedThatMayBeAnothers() {
        var bench = IgdTests.found()
        bench.reply(IgdTests.http(200, IgdTests.description()))
        bench.reply(IgdTests.address("203.0.113.7"))
        bench.mapper.end()
        bench.drain()
        #expect(!text(bench).contains("DeletePortMapping"))
    }

    @Test func byUPnPAMappingWithoutAnEndIsRemovedWhereItIsNotRenewed() {
        var bench = IgdTests.mapped(lifetimeRefused: true)
        runToRenewal(&bench)
        bench.reply(IgdTests.address(""))
        #expect(bench.mapper.standing == .refused(.noNetwork, .igd) && bench.told == [RouterBench.outer, nil])
        #expect(text(bench).contains("DeletePortMapping"))
    }

    // MARK: What others say in the router's name

    /// The port for announcements is known to everybody, and a router's address can be forged.
    @Test func nothingThatComesToThePortForAnnouncementsIsAnAnswer() {
        var bench = RouterBench.mappedByNATPMP()
        bench.run(for: .seconds(3_590))
        func forge(_ bench: inout RouterBench) {
            let request = NatPmp.mapRequest(innerPort: 7_337, outerPort: 7_337, lifetime: 7_200)
            bench.hearAnnouncement(bench.portAnswer(to: request, result: 2))
            bench.hearAnnouncement(bench.portAnswer(to: request, port: 1))
            bench.hearAnnouncement([0, 129, 0, 3] + bench.epoch.bigEndianBytes)
            bench.hearAnnouncement(bench.addressAnswer(Endpoint(ipv4: 0x0808_0808, port: 0)))
            bench.hearAnnouncement(bench.addressAnswer(result: 3))
        }
        bench.run(for: .seconds(1_000)) { bytes, bench in
            forge(&bench)
            if RouterBench.isAddressRequest(bytes) { bench.hear(bench.addressAnswer()) }
            if RouterBench.isPortRequest(bytes) {
                forge(&bench)
                bench.hear(bench.portAnswer(to: bytes))
            }
        }
        #expect(bench.told == [RouterBench.outer] && bench.mapper.standing == .opened(RouterBench.outer, .natPmp))
        var other = RouterBench.mapped()
        other.run(for: .seconds(4_600)) { bytes, bench in
            guard RouterBench.isPCP(bytes) else { return }
            bench.hearAnnouncement(bench.pcpAnswer(to: bytes, result: 8))
            bench.hear(bench.pcpAnswer(to: bytes))
        }
        #expect(other.told == [RouterBench.outer])
    }

    /// A forged count must not make the router's own look as if it had begun anew.
    @Test func whatIsAnnouncedIsNotRemembered() {
        var bench = RouterBench.mapped()
        bench.run(for: .seconds(600))
        let announcement: [UInt8] = [2, 0x80, 0, 0, 0, 0, 0, 0]
        bench.hearAnnouncement(announcement + [0xff, 0, 0, 0] + [UInt8](repeating: 0, count: 12))
        bench.run(for: .seconds(70)) { bytes, bench in bench.hear(bench.pcpAnswer(to: bytes)) }
        bench.sent = []
        bench.hearAnnouncement(announcement + bench.epoch.bigEndianBytes + [UInt8](repeating: 0, count: 12))
        bench.run(for: .seconds(70)) { bytes, bench in bench.hear(bench.pcpAnswer(to: bytes)) }
        #expect(bench.sent.isEmpty, "the router's count goes on")
    }

    /// Whoever guesses the port from which a router is asked still doesn't know the nonce.
    @Test func aRefusalWithoutTheNonceEndsNoMapping() {
        var bench = RouterBench.mapped()
        bench.run(for: .seconds(4_600)) { bytes, bench in
            guard RouterBench.isPCP(bytes) else { return }
            bench.hear(Array(bench.pcpAnswer(to: bytes, result: 8).prefix(24)))
            bench.hear(bench.pcpAnswer(to: bytes))
        }
        #expect(bench.told == [RouterBench.outer])
    }

    // MARK: UPnP takes its time

    /// Third nodes that are asked too soon find nobody, and don't look again for two minutes.
    @Test func theNodeIsToldToWaitAtEachStepByUPnP() {
        var bench = IgdTests.found()
        for answer in [
            IgdTests.http(200, IgdTests.description()), IgdTests.address("203.0.113.7"), IgdTests.http(200, ""),
        ] {
            bench.run(for: .seconds(2))
            bench.reply(answer)
        }
        #expect(bench.told == [RouterBench.outer])
        let moments = bench.expected + [bench.now - .origin]
        // As long as `Reachability` waits.
        for (one, next) in zip(moments, moments.dropFirst()) { #expect(next - one <= .milliseconds(2_500)) }
        #expect(bench.expected.count == 4)
        let renewed = bench.expected.count
        bench.run(for: .seconds(5_000))
        #expect(bench.expected.count == renewed, "and not when a mapping is renewed")
    }
}
