import Basics
import Discovery
import RoostService
import Testing

@Suite struct BootstrapListTests {
    @Test func isRead() throws {
        let list = try BootstrapList("dns:Example.org.")
        #expect(list.domain == "example.org" && list.description == "dns:example.org")
        #expect(list.name == "_roost._udp.example.org")
        #expect(BootstrapList.isMeant("dns:") && !BootstrapList.isMeant("dns.example.org:53"))
    }

    @Test(arguments: ["dns:", "dns:.", "dns:a..b", "dns:two words", "dns:a@b", "dns:höst", "dns:a:7337", "example.org"])
    func saysWhatIsWrong(text: String) {
        let error = #expect(throws: ServiceError.self) { try BootstrapList(text) }
        #expect(error?.code == .bootstrapInvalid && error?.sentence.contains("dns:DOMAIN") == true)
    }

    private func message(_ records: [DnsRecord.Content]) -> [UInt8] {
        let name = DnsName("_roost._udp.example.org")!
        return DnsMessage(isResponse: true, answers: records.map { DnsRecord(name, $0, lifetime: 60) }).bytes
    }

    private func addresses(_ hosts: [String], texts: [String]?) -> [BootstrapAddress]? {
        var random = SeededGenerator(seed: 1)
        let services = hosts.map {
            DnsRecord.Content.service(priority: 0, weight: 0, port: 7_337, target: DnsName($0)!)
        }
        return BootstrapList.addresses(
            services: message(services), texts: texts.map { message($0.map { .text([Array($0.utf8)]) }) },
            using: &random)
    }

    private let key = String(repeating: "0a", count: 32)

    @Test func aKeyIsOfItsHostAndPortAlone() throws {
        let found = try #require(
            addresses(
                ["a.example", "b.example"], texts: ["v=1", "key=\(key)@A.example:7337", "key=\(key)@b.example:1"]))
        #expect(Set(found.map(\.description)) == ["\(key)@a.example:7337", "b.example:7337"])
    }

    @Test func aKeyThatIsNoneIsPassedOver() throws {
        let found = try #require(
            addresses(["a.example"], texts: ["key=", "key=1@a.example:7337", "key=a.example:7337"]))
        #expect(found.map(\.description) == ["a.example:7337"])
    }

    @Test func withoutKeysThereAreNone() { #expect(addresses(["a.example"], texts: nil)?.map(\.key) == [nil]) }

    @Test func garbageIsNoList() {
        var random = SeededGenerator(seed: 1)
        #expect(BootstrapList.addresses(services: [1], texts: nil, using: &random) == nil)
        #expect(BootstrapList.addresses(services: message([]), texts: [1], using: &random) == nil)
    }
}
