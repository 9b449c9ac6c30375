import Basics
import Discovery
import Testing

@Suite struct LocalDiscoveryTests {
    private let bench = LocalBench()
    private let service = DnsName("_roost._udp.local")!

    private func question(knowing answers: [DnsRecord] = [], isTruncated: Bool = false) -> [UInt8] {
        DnsMessage(
            isResponse: false, isTruncated: isTruncated, questions: [.init(service, type: 12)], answers: answers
        ).bytes
    }

    /// The instance that a machine has announced.
    private func instance(of number: Int) throws -> DnsName {
        let message = try #require(bench.sent(by: number, responses: true).first).message
        guard case .pointer(let name) = try #require(message.answers.first).content else {
            throw Failed()
        }
        return name
    }
    private struct Failed: Error {}

    private let asker = LocalBench.place(99, port: 5_353)

    // MARK: Finding each other

    @Test func nodesOfOneNetworkFindEachOther() {
        for host in [1, 2, 3] as [UInt32] { bench.start(LocalBench.link(host)) }
        bench.run(for: .milliseconds(500))
        for number in 0..<3 {
            let others = Set([1, 2, 3].map { LocalBench.place($0) }).subtracting([LocalBench.place(UInt32(number + 1))])
            #expect(Set(bench.machines[number].found) == others)
        }
    }

    @Test func aNewcomerIsHeardAndHears() {
        bench.start(LocalBench.link(1))
        bench.run(for: .seconds(7_200))
        bench.start(LocalBench.link(2, port: 4_000))
        bench.run(for: .milliseconds(500))
        #expect(bench.machines[0].found == [LocalBench.place(2, port: 4_000)])
        #expect(bench.machines[1].found == [LocalBench.place(1)])
    }

    @Test func nodesOfOtherNetworksAreNot() {
        bench.start(LocalBench.link(1), network: "aa55")
        bench.start(LocalBench.link(2), network: "55aa")
        bench.run(for: .seconds(60))
        #expect(bench.machines.allSatisfy { $0.found.isEmpty })
    }

    @Test func twoNodesOfOneMachineFindEachOther() {
        bench.start(LocalBench.link(1, port: 7_337))
        bench.start(LocalBench.link(1, port: 7_338))
        bench.run(for: .seconds(1))
        #expect(bench.machines.map(\.found) == [[LocalBench.place(1, port: 7_338)], [LocalBench.place(1)]])
    }

    @Test func whoEndsIsForgottenAtOnceAndWhoIsKilledAfterTwoMinutes() {
        for host in [1, 2, 3] as [UInt32] { bench.start(LocalBench.link(host)) }
        bench.run(for: .seconds(2))
        bench.end(1)
        #expect(bench.machines[0].found == [LocalBench.place(3)])
        bench.end(2, inOrder: false)
        bench.run(for: .seconds(110))
        #expect(bench.machines[0].found == [LocalBench.place(3)])
        bench.run(for: .seconds(11))
        #expect(bench.machines[0].found.isEmpty)
    }

    @Test func aNodeAtNoAddressSaysNothing() {
        #expect(bench.start(LocalLink(interface: 2, isIPv4: true, addresses: [], port: 7_337)) == nil)
    }

    // MARK: What is said

    @Test func nothingSaidTellsWhoItIs() throws {
        bench.start(LocalBench.link(1))
        bench.run(for: .seconds(10))
        let message = try #require(bench.sent(by: 0, responses: true).first).message
        let label = try #require(instance(of: 0).hostText?.prefix { $0 != "." })
        #expect(label.count == 16)
        // Of the same machine at the same place, another run has another name.
        bench.start(LocalBench.link(1), seed: 77)
        bench.run(for: .seconds(2))
        #expect(try instance(of: 1) != instance(of: 0))
        let texts = (message.answers + message.additional).compactMap { record -> [[UInt8]]? in
            if case .text(let strings) = record.content { strings } else { nil }
        }
        #expect(texts == [[Array("network=aa55".utf8)]])
        #expect(message.answers.count == 1 && message.additional.count == 3)
        #expect(message.bytes.count < 300)
    }

    @Test func itIsAnnouncedTwiceASecondApart() throws {
        bench.start(LocalBench.link(1))
        bench.run(for: .seconds(7_200))
        let times = bench.sent(by: 0, responses: true).map(\.at)
        #expect(times.count == 2)
        #expect(times[0] >= .milliseconds(20) && times[0] <= .milliseconds(120))
        #expect(times[1] - times[0] == .seconds(1))
    }

    @Test func questionsComeSeldomer() {
        bench.start(LocalBench.link(1))
        bench.run(for: .seconds(20_000))
        let times = bench.sent(by: 0, responses: false).map(\.at)
        let pauses = zip(times.dropFirst(), times).map { $0 - $1 }
        #expect(
            pauses.prefix(9).map(\.components.seconds) == [1, 3, 9, 27, 81, 243, 729, 2_187, 3_600])
        #expect(pauses.dropFirst(8).allSatisfy { $0 == .seconds(3_600) })
    }

    @Test func whoIsAloneAsksAnew() {
        bench.start(LocalBench.link(1))
        bench.run(for: .seconds(3_000))
        let before = bench.sent(by: 0, responses: false).count
        bench.seek(0)
        bench.run(for: .seconds(5))
        #expect(bench.sent(by: 0, responses: false).count == before + 3)
        // It does so already.
        bench.seek(0)
        bench.run(for: .milliseconds(200))
        #expect(bench.sent(by: 0, responses: false).count == before + 3)
    }

    @Test func anAnswerTakesTwentyToOneHundredAndTwentyMilliseconds() throws {
        bench.start(LocalBench.link(1))
        bench.run(for: .seconds(10))
        bench.give(question(), from: asker)
        bench.run(for: .seconds(1))
        let answers = bench.sent(by: 0, responses: true)
        #expect(answers.count == 3)
        let delay = answers[2].at - .seconds(10)
        #expect(delay >= .milliseconds(20) && delay <= .milliseconds(120))
    }

    @Test func manyQuestionsHaveOneAnswerASecond() {
        bench.start(LocalBench.link(1))
        bench.run(for: .seconds(10))
        for _ in 0..<100 {
            bench.give(question(), from: asker)
            bench.run(for: .milliseconds(50))
        }
        let times = bench.sent(by: 0, responses: true).map(\.at)
        #expect(zip(times.dropFirst(), times).allSatisfy { $0 - $1 >= .seconds(1) })
        #expect((6...8).contains(times.count))
    }

    @Test func whatIsKnownIsNotAnswered() throws {
        bench.start(LocalBench.link(1))
        bench.run(for: .seconds(10))
        let name = try instance(of: 0)
        for (lifetime, isAnswered) in [(119, false), (60, false), (59, true)] as [(UInt32, Bool)] {
            let before = bench.sent(by: 0, responses: true).count
            bench.give(question(knowing: [DnsRecord(service, .pointer(name), lifetime: lifetime)]), from: asker)
            bench.run(for: .seconds(2))
            #expect(bench.sent(by: 0, responses: true).count == before + (isAnswered ? 1 : 0), "\(lifetime)")
        }
    }

    @Test func whatIsKnownMayBeSaidInAFurtherMessageOfTheSameAskerOnly() throws {
        bench.start(LocalBench.link(1))
        bench.run(for: .seconds(10))
        let known = DnsMessage(
            isResponse: false, answers: [DnsRecord(service, .pointer(try instance(of: 0)), lifetime: 100)]
        ).bytes
        for (source, isAnswered) in [(asker, false), (LocalBench.place(98, port: 5_353), true)] {
            let before = bench.sent(by: 0, responses: true).count
            bench.give(question(isTruncated: true), from: asker)
            bench.run(for: .milliseconds(300))
            bench.give(known, from: source)
            bench.run(for: .seconds(1))
            #expect(bench.sent(by: 0, responses: true).count == before + (isAnswered ? 1 : 0))
        }
    }

    @Test func questionsNameWhatIsKnown() throws {
        bench.start(LocalBench.link(1))
        bench.start(LocalBench.link(2))
        bench.run(for: .seconds(5))
        let last = try #require(bench.sent(by: 0, responses: false).last).message
        #expect(last.answers.map(\.content) == [.pointer(try instance(of: 1))])
        // And so they are not answered.
        #expect(bench.sent(by: 1, responses: true).count <= 3)
    }

    // MARK: What is believed

    private func announcement(
        _ label: String, at address: Endpoint, port: UInt16 = 7_337, network: String = "aa55", lifetime: UInt32 = 120
    ) -> [UInt8] {
        let instance = DnsName("\(label)._roost._udp.local")!
        let host = DnsName("\(label).local")!
        return DnsMessage(
            isResponse: true, answers: [DnsRecord(service, .pointer(instance), lifetime: lifetime)],
            additional: [
                DnsRecord(
                    instance, .service(priority: 0, weight: 0, port: port, target: host), lifetime: lifetime),
                DnsRecord(instance, .text([Array("network=\(network)".utf8)]), lifetime: lifetime),
                DnsRecord(host, .address(address), lifetime: lifetime),
            ]
        ).bytes
    }

    @Test func onlyWhatComesFromTheNetworkIsBelieved() {
        bench.start(LocalBench.link(1))
        let good = announcement("a", at: LocalBench.place(7))
        bench.give(good, from: Endpoint(ipv4: 0xc0a8_0207, port: 5_353))
        bench.give(good, from: LocalBench.place(7, port: 4_000))
        bench.give(good, from: Endpoint(high: 0xfe80 << 48, low: 7, port: 5_353))
        #expect(bench.machines[0].found.isEmpty)
        bench.give(good, from: LocalBench.place(7, port: 5_353))
        #expect(bench.machines[0].found == [LocalBench.place(7)])
    }

    @Test(arguments: [
        Endpoint(ipv4: 0x0808_0808, port: 0), Endpoint(ipv4: 0xc0a8_0207, port: 0),
        Endpoint(ipv4: 0x7f00_0001, port: 0),
        Endpoint(ipv4: 0xe000_00fb, port: 0), Endpoint(ipv4: 0xc0a8_01ff, port: 0),
        Endpoint(ipv4: 0xc0a8_0100, port: 0),
        Endpoint(high: 0x2001_0db8 << 32, low: 1, port: 0),
        Endpoint(high: 0xfe80 << 48, low: 1, port: 0),
    ])
    func onlyAddressesOfTheNetworkAreBelieved(address: Endpoint) {
        bench.start(LocalBench.link(1))
        bench.give(announcement("a", at: address), from: LocalBench.place(7, port: 5_353))
        #expect(bench.machines[0].found.isEmpty)
    }

    @Test func aPortOfZeroIsNone() {
        bench.start(LocalBench.link(1))
        bench.give(announcement("a", at: LocalBench.place(7), port: 0), from: LocalBench.place(7, port: 5_353))
        #expect(bench.machines[0].found.isEmpty)
    }

    @Test func oneMachineNamesFourAndAllTogetherSixteen() {
        bench.start(LocalBench.link(1))
        for host in 2..<20 as Range<UInt32> {
            for port in 1..<10 as Range<UInt16> {
                bench.give(
                    announcement("h\(host)p\(port)", at: LocalBench.place(host), port: port),
                    from: LocalBench.place(host, port: 5_353))
            }
            let expected = min(16, Int(host - 1) * 4)
            if host <= 6 { bench.run(for: .seconds(11)) }
            #expect(bench.machines[0].found.count == expected)
        }
    }

    /// Who names others without end has few of them asked; who goes is known to have gone at once.
    @Test func newNeighboursAreToldInRounds() {
        bench.start(LocalBench.link(1))
        func say(_ host: UInt32, lifetime: UInt32 = 120) {
            bench.give(
                announcement("h\(host)", at: LocalBench.place(host), lifetime: lifetime),
                from: LocalBench.place(host, port: 5_353))
        }
        for host in 2..<12 as Range<UInt32> { say(host) }
        #expect(bench.machines[0].found == (2..<6).map { LocalBench.place($0) })
        say(3, lifetime: 0)
        #expect(bench.machines[0].found == [2, 4, 5].map { LocalBench.place($0) })
        bench.run(for: .seconds(9))
        #expect(bench.machines[0].found.count == 3)
        bench.run(for: .seconds(2))
        #expect(bench.machines[0].found.count == 9)
    }

    @Test func onlyItsSourceSaysMoreOfANode() {
        bench.start(LocalBench.link(1))
        let (own, other) = (LocalBench.place(7, port: 5_353), LocalBench.place(8, port: 5_353))
        bench.give(announcement("a", at: LocalBench.place(7)), from: own)
        bench.give(announcement("a", at: LocalBench.place(9), port: 9), from: other)
        bench.give(announcement("a", at: LocalBench.place(7), lifetime: 0), from: other)
        #expect(bench.machines[0].found == [LocalBench.place(7)])
        bench.give(announcement("a", at: LocalBench.place(7), port: 8), from: own)
        #expect(bench.machines[0].found == [LocalBench.place(7, port: 8)])
    }

    @Test func aLifetimeIsBelievedForTwoMinutesAtMost() {
        bench.start(LocalBench.link(1))
        bench.give(announcement("a", at: LocalBench.place(7), lifetime: .max), from: LocalBench.place(7, port: 5_353))
        bench.run(for: .seconds(121))
        #expect(bench.machines[0].found.isEmpty)
    }

    @Test func overIPv6AddressesOfTheNetworkAreFoundThatCanBeWrittenDown() throws {
        func address(_ low: UInt64) -> Endpoint { Endpoint(high: 0x2001_0db8_0000_0007, low: low, port: 0) }
        func link(_ low: UInt64) -> LocalLink {
            LocalLink(interface: 2, isIPv4: false, addresses: [.init(address(low), prefix: 64)], port: 7_337)
        }
        bench.start(link(1))
        bench.start(link(2))
        bench.run(for: .seconds(1))
        #expect(bench.machines[0].found == [address(2).with(port: 7_337)])
        // Over IPv6 machines send to a group from their link-local addresses.
        bench.give(announcement("a", at: address(3)), from: Endpoint(high: 0xfe80 << 48, low: 9, port: 5_353))
        bench.give(
            announcement("b", at: Endpoint(high: 0xfe80 << 48, low: 4, port: 0)),
            from: Endpoint(high: 0xfe80 << 48, low: 9, port: 5_353))
        #expect(bench.machines[0].found == [address(2), address(3)].map { $0.with(port: 7_337) })
    }

    @Test func aFloodIsReadInPartOnly() {
        bench.start(LocalBench.link(1))
        for number in 0..<1_000 {
            // Of others, so that nothing is displaced by it.
            bench.give(
                announcement("n\(number)", at: LocalBench.place(5), network: "ff"),
                from: LocalBench.place(5, port: 5_353))
        }
        let good = announcement("a", at: LocalBench.place(7))
        bench.give(good, from: LocalBench.place(7, port: 5_353))
        #expect(bench.machines[0].found.isEmpty)
        bench.run(for: .seconds(1))
        bench.give(good, from: LocalBench.place(7, port: 5_353))
        #expect(bench.machines[0].found == [LocalBench.place(7)])
    }

    @Test func oneMessageNamesFourNodesAtMost() {
        bench.start(LocalBench.link(1))
        var all = DnsMessage(isResponse: true)
        for port in 1...9 as ClosedRange<UInt16> {
            let one = DnsMessage(announcement("p\(port)", at: LocalBench.place(7), port: port))!
            all.answers += one.answers
            all.additional += one.additional
        }
        for source in [7, 8] as [UInt32] { bench.give(all.bytes, from: LocalBench.place(source, port: 5_353)) }
        #expect(bench.machines[0].found.map(\.port) == [1, 2, 3, 4])
    }

    @Test func garbageChangesNothing() {
        bench.start(LocalBench.link(1))
        let good = announcement("a", at: LocalBench.place(7))
        for length in 0..<good.count {
            bench.give(Array(good.prefix(length)), from: LocalBench.place(7, port: 5_353))
            bench.run(for: .milliseconds(50))
        }
        bench.give(good + [0], from: LocalBench.place(7, port: 5_353))
        bench.give([UInt8](repeating: 0xc0, count: 2_000), from: LocalBench.place(7, port: 5_353))
        #expect(bench.machines[0].found.isEmpty)
    }
}
