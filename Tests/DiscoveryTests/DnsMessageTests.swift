import Basics
import Discovery
import Testing

@Suite struct DnsMessageTests {
    /// The answer of a responder of another make (avahi-daemon 0.8) for a service of its own, with names that point back to others.
    private static let compressed: [UInt8] = Array(
        [
            0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 2,
        ] + [6] + Array("_roost".utf8) + [4] + Array("_udp".utf8) + [5] + Array("local".utf8) + [0]
            + [0, 12, 0, 1, 0, 0, 0, 120, 0, 4, 1, 0x61, 0xc0, 12]  // a._roost._udp.local at 41
            + [0xc0, 41, 0, 33, 0x80, 1, 0, 0, 0, 120, 0, 10, 0, 0, 0, 0, 0x1c, 0xa9, 1, 0x68, 0xc0, 24]
            + [0xc0, 41, 0, 16, 0x80, 1, 0, 0, 0, 120, 0, 4, 3, 0x61, 0x3d, 0x62])

    @Test func namesThatPointBackAreRead() throws {
        let message = try #require(DnsMessage(Self.compressed))
        let instance = DnsName("a._roost._udp.local")!
        #expect(message.isResponse)
        #expect(message.answers.map(\.content) == [.pointer(instance)])
        #expect(
            message.additional.map(\.content) == [
                .service(priority: 0, weight: 0, port: 7_337, target: DnsName("h.local")!),
                .text([Array("a=b".utf8)]),
            ])
        #expect(message.additional.allSatisfy { $0.name == instance && $0.isUnique && $0.lifetime == 120 })
    }

    @Test func whatIsWrittenIsReadTheSame() throws {
        let name = DnsName("x.example.org")!
        let message = DnsMessage(
            isResponse: true, isTruncated: true, questions: [.init(name, type: 33)],
            answers: [
                DnsRecord(name, .address(Endpoint(ipv4: 0xc000_0201, port: 0)), lifetime: 1),
                DnsRecord(name, .address(Endpoint(high: 1, low: 2, port: 0)), lifetime: 2, isUnique: true),
            ],
            additional: [DnsRecord(name, .text([[], [1, 2]]), lifetime: 3)])
        #expect(DnsMessage(message.bytes) == message)
    }

    @Test func lettersOfBothSizesAreTheSame() {
        #expect(DnsName("_Roost._UDP.Local") == DnsName("_roost._udp.local."))
        #expect(DnsName("a.b") != DnsName("ab"))
    }

    @Test(arguments: ["", ".", "a..b", String(repeating: "a", count: 64), String(repeating: "a.", count: 128)])
    func whatIsNoNameIsRefused(text: String) { #expect(DnsName(text) == nil) }

    private static func head(_ counts: [UInt8], flags: UInt8 = 0x84, code: UInt8 = 0) -> [UInt8] {
        [0, 0, flags, code] + counts.flatMap { [0, $0] }
    }

    @Test(
        arguments: [
            head([1, 0, 0, 0]) + [0xc0, 12, 0, 12, 0, 1],  // a name that leads to itself
            head([1, 0, 0, 0]) + [0xc0, 40, 0, 12, 0, 1],  // and one that leads ahead
            head([1, 0, 0, 0]) + [1, 0x61, 0xc0, 12, 0, 12, 0, 1],  // round in a circle
            head([1, 0, 0, 0]) + [0x41, 0x61, 0, 0, 12, 0, 1],  // a label of no known kind
            head([0, 0, 0, 0], flags: 0x8c),  // another kind of message
            head([0, 0, 0, 0], code: 3),  // an error
            head([33, 0, 0, 0]) + Array(repeatElement([1, 0x61, 0, 0, 12, 0, 1], count: 33).joined()),
            head([0, 1, 0, 0]) + [1, 0x61, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 5, 1, 2, 3, 4, 5],  // an address of five bytes
            head([0, 1, 0, 0]) + [1, 0x61, 0, 0, 16, 0, 1, 0, 0, 0, 1, 0, 2, 3, 1],  // a string that goes on beyond
            head([0, 1, 0, 0]) + [1, 0x61, 0, 0, 12, 0, 1, 0, 0, 0, 1, 0, 2, 1, 0x61, 0],  // a name that goes on beyond
        ] as [[UInt8]])
    func whatIsMalformedIsRefused(bytes: [UInt8]) { #expect(DnsMessage(bytes) == nil) }

    @Test func recordsOfOtherTypesAndClassesArePassedOver() throws {
        let record: [UInt8] = [1, 0x61, 0, 0, 99, 0, 1, 0, 0, 0, 1, 0, 3, 9, 9, 9]
        let chaos: [UInt8] = [1, 0x61, 0, 0, 1, 0, 3, 0, 0, 0, 1, 0, 1, 9]
        let message = try #require(DnsMessage(Self.head([0, 2, 0, 0]) + record + chaos))
        #expect(message.answers.map(\.content) == [.other, .other])
    }

    /// By pointers a short message has names without end.
    @Test func theNamesOfAMessageAreBounded() {
        let long =
            Array(repeatElement([63] + [UInt8](repeating: 0x61, count: 63), count: 3).joined()) + [0, 0, 1, 0, 1]
        for (count, isRead) in [(80, true), (127, false)] {
            let pointers = Array(
                repeatElement([0xc0, 12, 0, 99, 0, 1, 0, 0, 0, 1, 0, 0] as [UInt8], count: count).joined())
            let bytes = Self.head([1, UInt8(count), 0, 0]) + long + pointers
            #expect((DnsMessage(bytes) != nil) == isRead && bytes.count < 2_000)
        }
    }

    /// As resolvers add one to say which extensions they know (RFC 6891).
    @Test func aRecordOfTheRootIsPassedOver() throws {
        let option: [UInt8] = [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0]
        let record: [UInt8] = [1, 0x61, 0, 0, 99, 0, 1, 0, 0, 0, 1, 0, 0]
        #expect(try #require(DnsMessage(Self.head([0, 1, 0, 1]) + record + option)).answers.count == 1)
    }

    @Test func aMessageBeyondTheLimitIsRefused() {
        let record: [UInt8] = [1, 0x61, 0, 0, 99, 0, 1, 0, 0, 0, 1, 0x0f, 0xff] + [UInt8](repeating: 0, count: 4_095)
        #expect(DnsMessage(Self.head([0, 1, 0, 0]) + record) == nil)
    }
}
