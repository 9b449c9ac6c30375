import Basics
import PortMapping
import Testing

/// What a router is asked, and what is believed of its answers: stories on a virtual clock.
@Suite struct PortMapperTests {
    @Test func aRouterThatSpeaksPCPIsAskedOnce() {
        let bench = RouterBench.mapped()
        #expect(bench.hasExpected)
        #expect(bench.told == [RouterBench.outer])
        #expect(bench.sent.count == 1)
        #expect(bench.sent[0].to == RouterBench.gateway.with(port: 5_351))
        #expect(bench.mapper.standing == .opened(RouterBench.outer, .pcp))
    }

    /// PCP at once, after 250 ms and after 750; NAT-PMP beside it from the second time on, and a search; then nothing for an hour.
    @Test func aSilentRouterIsAskedInEachWay() {
        var bench = RouterBench()
        bench.run(for: .seconds(10))
        let start = bench.sent[0].at
        #expect(start < .milliseconds(100))
        let times = bench.sent.map { $0.at - start }
        let expected: [Duration] = [0, 250, 250, 250, 750, 750, 750, 1_750].map { .milliseconds($0) }
        #expect(times == expected)
        let kinds = bench.sent.map { RouterBench.isPCP($0.bytes) ? "p" : RouterBench.isSearch($0.bytes) ? "u" : "n" }
        #expect(kinds.joined() == "ppnupnuu")
        #expect(bench.mapper.standing == .silent)
        #expect(bench.told == [nil], "the node waits no longer")
        bench.sent = []
        bench.run(for: .seconds(3_500))
        #expect(bench.sent.isEmpty)
        bench.run(for: .seconds(600))
        #expect(bench.sent.count == 8, "once more after an hour")
    }

    @Test func aRouterThatKnowsNoPCPIsAskedByNATPMPAtOnce() {
        var bench = RouterBench()
        bench.run(for: .milliseconds(200)) { bytes, bench in
            if RouterBench.isPCP(bytes) { bench.hear([0, 129, 0, 1] + bench.epoch.bigEndianBytes) }
            if RouterBench.isAddressRequest(bytes) { bench.hear(bench.addressAnswer()) }
            if RouterBench.isPortRequest(bytes) { bench.hear(bench.portAnswer(to: bytes, port: 7_338)) }
        }
        #expect(bench.told == [RouterBench.outer.with(port: 7_338)])
        #expect(bench.sent.count == 3)
        #expect(bench.mapper.standing == .opened(RouterBench.outer.with(port: 7_338), .natPmp))
    }

    @Test func aRouterThatIgnoresPCPIsAskedByNATPMP() {
        var bench = RouterBench()
        bench.run(for: .seconds(1)) { bytes, bench in
            if RouterBench.isAddressRequest(bytes) { bench.hear(bench.addressAnswer()) }
            if RouterBench.isPortRequest(bytes) { bench.hear(bench.portAnswer(to: bytes)) }
        }
        #expect(bench.mapper.standing == .opened(RouterBench.outer, .natPmp))
    }

    @Test(arguments: [1, 2, 3] as [UInt64]) func aMappingIsRenewedAfterHalfItsTime(seed: UInt64) throws {
        var bench = RouterBench.mapped(seed: seed)
        bench.sent = []
        bench.run(for: .seconds(3_590))
        #expect(bench.sent.isEmpty)
        bench.run(for: .seconds(1_000)) { bytes, bench in bench.hear(bench.pcpAnswer(to: bytes)) }
        #expect(bench.sent.count == 1)
        let request = try #require(bench.sent.first?.bytes)
        #expect(request[42..<44].elementsEqual(UInt16(7_337).bigEndianBytes))
        #expect(request[40..<42].elementsEqual(UInt16(7_337).bigEndianBytes), "the inner port stays the node's")
        #expect(bench.told == [RouterBench.outer], "nothing is new")
    }

    @Test func aRenewalThatIsNotAnsweredIsRepeatedUntilTheMappingEnds() {
        var bench = RouterBench.mapped()
        bench.sent = []
        bench.run(for: .seconds(7_190))
        #expect(bench.told == [RouterBench.outer], "what was granted stands")
        #expect(bench.sent.count > 9 && bench.sent.count < 60)
        bench.run(for: .seconds(20))
        #expect(bench.told == [RouterBench.outer, nil])
    }

    @Test func whatOthersSayInTheRoutersPlaceDoesNotCount() {
        var bench = RouterBench()
        bench.run(for: .milliseconds(200))
        let answer = bench.pcpAnswer(to: bench.sent[0].bytes)
        bench.hear(answer, from: RouterBench.gateway.with(port: 5_352))
        bench.hear(answer, from: Endpoint(ipv4: 0xc0a8_0103, port: Pcp.port))
        var other = answer
        other[30] ^= 1
        bench.hear(other)
        var port = answer
        port[41] ^= 1
        bench.hear(port)
        #expect(bench.told.isEmpty)
        bench.hear(answer)
        #expect(bench.told == [RouterBench.outer])
        // An answer counts once.
        bench.hear(bench.pcpAnswer(to: bench.sent[0].bytes, outer: RouterBench.outer.with(port: 1)))
        #expect(bench.told == [RouterBench.outer])
    }

    @Test func anAddressThatIsNoneOfTheInternetCountsAsNone() {
        for address in [0x0a00_0001, 0x6440_0001, 0xc0a8_0001, 0x7f00_0001, 0xa9fe_0101, 0] as [UInt32] {
            let outer = Endpoint(ipv4: address, port: 7_337)
            var bench = RouterBench()
            bench.run(for: .seconds(1)) { bytes, bench in bench.hear(bench.pcpAnswer(to: bytes, outer: outer)) }
            #expect(bench.told == [nil], "\(outer)")
            #expect(bench.mapper.standing == .behindAnother(outer, .pcp))
            bench.sent = []
            bench.run(for: .seconds(5_000)) { bytes, bench in bench.hear(bench.pcpAnswer(to: bytes, outer: outer)) }
            #expect(bench.sent.count == 1, "it is kept")
        }
    }

    @Test func aRouterThatRestartedIsAskedAnew() {
        var bench = RouterBench.mapped()
        bench.run(for: .seconds(600))
        bench.sent = []
        let announcement: [UInt8] = [2, 0x80, 0, 0, 0, 0, 0, 0]
        bench.hearAnnouncement(announcement + bench.epoch.bigEndianBytes + [UInt8](repeating: 0, count: 12))
        bench.run(for: .seconds(10))
        #expect(bench.sent.isEmpty, "its count goes on")
        bench.bootedAt = bench.now
        bench.hearAnnouncement(announcement + bench.epoch.bigEndianBytes + [UInt8](repeating: 0, count: 12))
        bench.run(for: .seconds(6)) { bytes, bench in bench.hear(bench.pcpAnswer(to: bytes)) }
        #expect(bench.sent.count == 1)
        // Whoever forges that gains one question a minute.
        bench.sent = []
        for _ in 0..<50 {
            bench.hearAnnouncement(
                announcement + UInt32.random(in: 0...9).bigEndianBytes + [UInt8](repeating: 0, count: 12))
            bench.run(for: .seconds(1)) { bytes, bench in bench.hear(bench.pcpAnswer(to: bytes)) }
        }
        #expect(bench.sent.count <= 1)
    }

    @Test func aRouterThatTellsOfAnotherAddressIsAskedAnew() {
        var bench = RouterBench()
        func answer(_ bytes: [UInt8], _ bench: inout RouterBench) {
            if RouterBench.isAddressRequest(bytes) { bench.hear(bench.addressAnswer(address)) }
            if RouterBench.isPortRequest(bytes) { bench.hear(bench.portAnswer(to: bytes)) }
        }
        var address = RouterBench.outer
        bench.run(for: .seconds(1)) { answer($0, &$1) }
        bench.run(for: .seconds(100))
        address = Endpoint(ipv4: 0xcb00_7108, port: 0)
        bench.sent = []
        bench.hearAnnouncement(bench.addressAnswer(address))
        bench.run(for: .seconds(6)) { answer($0, &$1) }
        #expect(bench.told == [RouterBench.outer, address.with(port: 7_337)])
    }

    @Test func whatARouterRefusesByPCPItMayGrantByNATPMP() {
        var bench = RouterBench()
        bench.run(for: .seconds(1)) { bytes, bench in
            if RouterBench.isPCP(bytes) { bench.hear(bench.pcpAnswer(to: bytes, seconds: 30, result: 2)) }
            if RouterBench.isAddressRequest(bytes) { bench.hear(bench.addressAnswer()) }
            if RouterBench.isPortRequest(bytes) { bench.hear(bench.portAnswer(to: bytes, result: 2)) }
        }
        #expect(bench.mapper.standing == .refused(.notAuthorized, .natPmp))
        #expect(bench.told == [nil])
        #expect(bench.sent.count == 3 && !bench.sent.contains { RouterBench.isSearch($0.bytes) }, "it has answered")
        bench.sent = []
        bench.run(for: .seconds(590))
        #expect(bench.sent.isEmpty)
    }

    @Test func aRouterWithoutAnAddressIsAskedAgainWhenItSays() {
        var bench = RouterBench()
        bench.run(for: .seconds(1)) { bytes, bench in
            bench.hear(bench.pcpAnswer(to: bytes, seconds: 0, result: 7))
        }
        #expect(bench.mapper.standing == .refused(.noNetwork, .pcp))
        bench.sent = []
        bench.run(for: .seconds(59))
        #expect(bench.sent.isEmpty, "not as soon as it says")
        bench.run(for: .seconds(20)) { bytes, bench in bench.hear(bench.pcpAnswer(to: bytes)) }
        #expect(bench.told == [nil, RouterBench.outer])
    }

    /// A busy router may answer when it was thought silent.
    @Test func aLateAnswerCounts() {
        var bench = RouterBench()
        bench.run(for: .seconds(8))
        #expect(bench.mapper.standing == .silent)
        bench.hear(bench.pcpAnswer(to: bench.sent[0].bytes))
        #expect(bench.told == [nil, RouterBench.outer])
    }

    @Test func aMappingOverWhichNobodyIsReachedIsMadeAnewOnce() {
        var bench = RouterBench.mapped()
        bench.sent = []
        bench.find(false)
        #expect(bench.sent.map { RouterBench.lifetime($0.bytes) } == [0], "removed")
        bench.run(for: .seconds(1)) { bytes, bench in
            if RouterBench.lifetime(bytes) != 0 { bench.hear(bench.pcpAnswer(to: bytes)) }
        }
        #expect(bench.told == [RouterBench.outer, nil, RouterBench.outer])
        bench.sent = []
        bench.find(false)
        bench.run(for: .seconds(3_000))
        #expect(bench.sent.isEmpty, "and not again before it is renewed")
        bench.run(for: .seconds(1_700)) { bytes, bench in
            if RouterBench.lifetime(bytes) != 0 { bench.hear(bench.pcpAnswer(to: bytes)) }
        }
        #expect(bench.sent.map { RouterBench.lifetime($0.bytes) } == [0, 7_200])
    }

    @Test func aNodeThatEndsHasItsMappingRemoved() {
        var bench = RouterBench.mapped()
        bench.sent = []
        bench.mapper.end()
        bench.drain()
        #expect(bench.sent.count == 1)
        #expect(bench.sent.allSatisfy { RouterBench.isPCP($0.bytes) && RouterBench.lifetime($0.bytes) == 0 })
        #expect(bench.mapper.nextDeadline == nil)
        var silent = RouterBench()
        silent.run(for: .seconds(5))
        silent.sent = []
        silent.mapper.end()
        silent.drain()
        #expect(silent.sent.isEmpty, "there is none")
    }

    @Test func inAnotherNetworkAllBeginsAnew() {
        var bench = RouterBench.mapped()
        let first = bench.sent[0].bytes[24..<36]
        bench.sent = []
        let gateway = Endpoint(ipv4: 0x0a00_0001, port: 0)
        bench.mapper.networkChanged(
            to: .init(gateway: gateway, inner: Endpoint(ipv4: 0x0a00_0002, port: 7_337)), now: bench.now)
        bench.run(for: .milliseconds(200))
        #expect(bench.told == [RouterBench.outer, nil])
        #expect(bench.sent.first?.to == gateway.with(port: 5_351))
        #expect(bench.sent.first?.bytes[24..<36] != first, "by another nonce")
        bench.mapper.networkChanged(to: nil, now: bench.now)
        bench.sent = []
        bench.run(for: .seconds(10_000))
        #expect(bench.sent.isEmpty)
    }

    /// Whatever a router answers, it is asked seldom, and the node is told seldom.
    @Test(arguments: 1...40 as ClosedRange<UInt64>) func mutatedAnswersDoNoHarm(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var bench = RouterBench(seed: seed)
        let hours = 6
        bench.run(for: .seconds(3_600 * hours)) { bytes, bench in
            var answer =
                RouterBench.isPCP(bytes)
                ? bench.pcpAnswer(to: bytes)
                : RouterBench.isPortRequest(bytes) ? bench.portAnswer(to: bytes) : bench.addressAnswer()
            for _ in 0..<Int(random.next() % 3) {
                answer[Int(random.next() % UInt64(answer.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            if random.next() % 8 == 0 { answer.removeLast(Int(random.next() % UInt64(answer.count))) }
            bench.hear(answer)
            bench.find(random.next() % 2 == 0)
        }
        #expect(bench.sent.count < hours * 3_600 / 5)
        #expect(bench.told.count < hours * 200)
    }
}
