import Basics
import Discovery
import Testing

@Suite struct HostListTests {
    private func answer(_ records: [DnsRecord.Content]) -> [UInt8] {
        let name = DnsName("_roost._udp.example.org")!
        return DnsMessage(isResponse: true, answers: records.map { DnsRecord(name, $0, lifetime: 60) }).bytes
    }

    private func service(_ host: String, port: UInt16 = 7_337) -> DnsRecord.Content {
        .service(priority: 1, weight: 2, port: port, target: DnsName(host)!)
    }

    @Test func hostsAreThoseThatCanBeAsked() {
        let odd = DnsRecord.Content.service(priority: 0, weight: 0, port: 1, target: DnsName("a b.example.org")!)
        let none = DnsRecord.Content.service(priority: 0, weight: 0, port: 1, target: DnsName(labels: [])!)
        #expect(
            HostList.entries(in: answer([service("A.example.org"), service("b.example.org", port: 0), odd, none]))
                == [.init(host: "a.example.org", port: 7_337, priority: 1, weight: 2)])
        #expect(HostList.entries(in: [1, 2, 3]) == nil)
        #expect(HostList.entries(in: answer([])) == [])
    }

    @Test func textsAreThoseThatAreTexts() {
        let records: [DnsRecord.Content] = [.text([Array("key=a".utf8), [0xff]]), .text([Array("b".utf8)])]
        #expect(HostList.texts(in: answer(records)) == ["key=a", "b"])
        #expect(HostList.texts(in: []) == nil)
    }

    @Test func lowPrioritiesComeFirstAndHeavyOnesMoreOften() {
        let entries = [
            HostList.Entry(host: "last", port: 1, priority: 9, weight: 100),
            .init(host: "light", port: 1, priority: 1, weight: 0),
            .init(host: "heavy", port: 1, priority: 1, weight: 30),
            .init(host: "heavy", port: 1, priority: 1, weight: 30),
        ]
        var random = SeededGenerator(seed: 3)
        var firsts: [String: Int] = [:]
        for _ in 0..<1_000 {
            let drawn = HostList.drawn(from: entries, using: &random).map(\.host)
            #expect(drawn.count == 3 && drawn.last == "last")
            firsts[drawn[0], default: 0] += 1
        }
        // 31 of 32.
        #expect((940...995).contains(firsts["heavy"] ?? 0))
        #expect(firsts["last"] == nil)
    }

    @Test func noMoreThanEightAreAsked() {
        var random = SeededGenerator(seed: 3)
        let entries = (0..<100).map { HostList.Entry(host: "h\($0)", port: 1) }
        #expect(Set(HostList.drawn(from: entries, using: &random).map(\.host)).count == 8)
    }
}
