import Basics
import Conversations
import Cryptography
import Testing
import Wire

@Suite struct ContentTests {
    @Test(arguments: [
        Samples.text("Grüße"),
        Samples.text(""),
        Content(id: MessageID(1), sentAt: Samples.now, body: .receipt(delivered: [MessageID(2)], read: [])),
        Content(
            id: MessageID(1), sentAt: Samples.now, body: .text("a"),
            deliverySecret: DeliverySecret(SecretKey(Samples.bytes(7)))),
        Content(id: MessageID(1), sentAt: Samples.now, body: .text("a"), name: NameClaim("Åsa", version: 7)),
        Content(
            id: MessageID(.max), sentAt: UnixTime(seconds: Limits.latestTime),
            body: .receipt(delivered: [], read: [MessageID(3), MessageID(4)])),
    ])
    func roundTrip(_ content: Content) throws {
        #expect(try Content(content.encoded.span.bytes) == content)
    }

    @Test func knownAnswer() {
        let content = Content(id: MessageID(0xff), lamport: 2, sentAt: UnixTime(seconds: 3), body: .text("hi"))
        let expected = [
            "01 000000000000000000000000000000ff 000000000002 0000000003",
            "06 00000002 6869",
        ].joined().replacing(" ", with: "")
        #expect(Hexadecimal.encode(content.encoded) == expected)
    }

    @Test func unknownFieldsAreSkipped() throws {
        let known = Samples.text("hi").encoded
        let (start, fields) = (Array(known[..<ContentTests.start]), Array(known[ContentTests.start...]))
        let extended = start + [200, 0, 0, 0, 2, 1, 2] + fields + [201, 0, 0, 0, 0]
        #expect(try Content(extended.span.bytes) == Samples.text("hi"))
    }

    /// The bytes before the fields.
    private static let start = 28

    /// What a later version put in is there for a later version to read.
    @Test(arguments: [0, 3, 255] as [UInt8])
    func anUnknownKindKeepsAllItsFields(_ kind: UInt8) throws {
        let made = Content(
            id: MessageID(1), lamport: Limits.lamport, sentAt: Samples.now, body: .unknown(kind, bytes: []))
        let bytes = made.encoded + [99, 0, 0, 0, 3, 1, 2, 3]
        let content = try Content(bytes.span.bytes)
        #expect(content.body == .unknown(kind, bytes: bytes))
        #expect(content.encoded == bytes)
        #expect(content.id == made.id && content.lamport == made.lamport)
    }

    @Test func aReceiptThatNamesNothingIsRefused() {
        let empty = Content(id: MessageID(1), sentAt: Samples.now, body: .receipt(delivered: [], read: []))
        #expect(throws: (any Error).self) { try Content(empty.encoded.span.bytes) }
    }

    @Test func malformedIsRefused() throws {
        let good = Samples.text("hi").encoded
        /// The content with another length and value of its text.
        func replaced(_ lengthAndValue: [UInt8]) -> [UInt8] { good[..<(ContentTests.start + 1)] + lengthAndValue }
        /// The content with another time.
        func sent(at seconds: Int64) -> [UInt8] {
            good[..<(ContentTests.start - 5)] + seconds.bigEndianBytes.suffix(5) + good[ContentTests.start...]
        }
        var bad: [[UInt8]] = (0..<good.count).map { Array(good[..<$0]) }
        bad.append(replaced([0, 0, 0, 1, 0xff]))
        bad.append(replaced([0xff, 0xff, 0xff, 0xff]))
        // Times that no calendar can show: after the year 9999.
        bad += [Limits.latestTime + 1, 1 << 40 - 1].map(sent)
        #expect((try? Content(sent(at: Limits.latestTime).span.bytes)) != nil)
        // A field that comes twice, known or not.
        bad.append(good + [6, 0, 0, 0, 2, 0x68, 0x69])
        bad.append(good + [200, 0, 0, 0, 0] + [200, 0, 0, 0, 0])
        bad.append(Samples.text(String(repeating: "x", count: Limits.textSize + 1)).encoded)
        for bytes in bad {
            // A cut between two fields leaves whole fields: then one that is needed is missing, or the text.
            #expect(throws: (any Error).self) { try Content(bytes.span.bytes) }
        }
    }

    @Test func noBytesTrap() {
        let seed: UInt64 = 0x5eed_0001
        var generator = SeededGenerator(seed: seed)
        let good = Samples.text("some text").encoded
        var read = 0
        for _ in 0..<20_000 {
            var bytes = good
            for _ in 0...generator.next() % 4 {
                bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: generator.next())
            }
            bytes = Array(bytes.prefix(Int(generator.next() % UInt64(bytes.count + 1)) + bytes.count / 2))
            if let content = try? Content(bytes.span.bytes) {
                read += 1
                #expect(content.lamport <= Limits.lamport, "seed \(seed)")
            }
        }
        #expect(read > 0, "seed \(seed)")
    }
}
