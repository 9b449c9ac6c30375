import Basics
import Testing
import Wire

@Suite struct DatagramTests {
    private func error(_ bytes: [UInt8]) -> DecodeError? {
        decodeError { () throws(DecodeError) in _ = try DatagramKind(of: bytes.span.bytes) }
    }

    private func datagram(_ kind: UInt8, _ count: Int) -> [UInt8] { [kind] + Array(repeating: 0, count: count - 1) }

    @Test func kindsHaveTheLengthsOfTheirLayouts() {
        let bounds: [(kind: UInt8, shortest: Int, longest: Int)] = [
            (1, 1_200, 1_200), (2, 61, 1_200), (3, 29, 1_200), (4, 21, 21), (5, 64, 1_200), (6, 60, 60), (7, 21, 21),
        ]
        for (kind, shortest, longest) in bounds {
            #expect(error(datagram(kind, shortest)) == nil, "kind \(kind)")
            #expect(error(datagram(kind, longest)) == nil, "kind \(kind)")
            #expect(error(datagram(kind, shortest - 1)) != nil, "kind \(kind)")
            #expect(error(datagram(kind, longest + 1)) != nil, "kind \(kind)")
        }
        #expect(error([]) == .truncated)
        #expect(error(datagram(0, 100)) == .unknownDatagram)
        #expect(error(datagram(8, 100)) == .unknownDatagram)
        #expect(error(datagram(3, 1_201)) == .oversized)
    }

    /// Whoever is not proven may get an answer of the size of what was sent: the largest body fits both ways.
    @Test func theLargestBodiesFit() {
        #expect(InitiationLayout.payloadByteCount == 1_083)
        #expect(HandshakePayload.byteCount + Limits.bodySize <= InitiationLayout.payloadByteCount)
        #expect(ResponseLayout.overhead + Limits.bodySize <= InitiationLayout.byteCount)
        #expect(TransportLayout.overhead + Limits.bodySize <= Limits.datagramSize)
        #expect(HelloAnswerLayout.byteCount <= HelloLayout.byteCount)
        #expect(UnknownSessionLayout.byteCount <= TransportLayout.minimumByteCount)
        #expect(CookieLayout.byteCount <= InitiationLayout.byteCount)
    }

    @Test func handshakePayloads() throws {
        let fixtures = try Fixtures("rpc")
        let body = try fixtures["request ping"]
        for (name, mode, minimum) in [("", NodeMode.client, 0), (" padded", .server, 24)] {
            let expected = try fixtures["handshake payload\(name)"]
            let bytes = written {
                HandshakePayload.encode(mode: mode, body: body.span.bytes, paddedTo: minimum, into: &$0)
            }
            #expect(bytes == expected)
            let payload = try HandshakePayload(decoding: expected.span.bytes)
            #expect(payload.mode == mode && payload.body.copy(of: expected.span.bytes) == body)
        }
    }

    @Test func handshakePayloadsThatAreNone() {
        func error(_ bytes: [UInt8]) -> DecodeError? {
            decodeError { () throws(DecodeError) in _ = try HandshakePayload(decoding: bytes.span.bytes) }
        }
        #expect(error([1, 0, 0, 0]) == nil)
        #expect(error([2, 1, 0, 1, 9, 9, 9]) == nil, "a later version adds")
        #expect(error([0, 0, 0, 0]) == .unknownVersion)
        #expect(error([1, 2, 0, 0]) == .outOfRange)
        #expect(error([1, 0, 0]) == .truncated)
        #expect(error([1, 0, 0, 2, 9]) == .truncated)
        let long = Array(repeating: UInt8(0), count: 1_001)
        #expect(error([1, 0, 3, 232] + long) == nil)
        #expect(error([1, 0, 3, 233] + long) == .oversized)
    }

    @Test func chunks() {
        #expect(Chunks.count(of: 1) == 1 && Chunks.count(of: 896) == 1 && Chunks.count(of: 897) == 2)
        #expect(Chunks.range(2, of: 2_048) == ByteRange(offset: 1_792, count: 256))
        #expect(Chunks.all(of: 2_048) == 0b111)
        #expect(Chunks.all(of: Chunks.largestSize) == .max)
        let largest = Limits.sizeClasses.max() ?? 0
        #expect(Chunks.count(of: largest) == 78 && Chunks.count(of: largest) <= Limits.chunksPerTransfer)
        for size in [1, 895, 896, 897, 4_096, largest] {
            var next = 0
            for index in 0..<Chunks.count(of: size) {
                let range = Chunks.range(index, of: size)
                #expect(range.offset == next && range.count > 0)
                next = range.end
            }
            #expect(next == size)
        }
    }
}
