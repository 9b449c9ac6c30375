import Basics
import Testing
import Wire

/// The field by which a node says where it is in the other address family.
struct AlternateEndpointTests {
    private let ipv4 = Endpoint("203.0.113.7:7337")!
    private let ipv6 = Endpoint("[2001:db8::1]:7337")!
    private let ping: [UInt8] = [1, 1, 2, 3, 4]

    private func payload(_ alternate: Endpoint?, paddedTo minimum: Int = 0) -> [UInt8] {
        written {
            HandshakePayload.encode(
                mode: .server, body: ping.span.bytes, alternate: alternate, paddedTo: minimum, into: &$0)
        }
    }

    private func read(_ payload: [UInt8]) throws -> Endpoint? {
        try HandshakePayload(decoding: payload.span.bytes).alternate
    }

    private func readField(_ body: [UInt8]) -> Endpoint? { AlternateEndpoint.read(from: body.span.bytes) }

    @Test func standsBehindTheBodyOfAHandshakesPayload() throws {
        let fixtures = try Fixtures("rpc")
        for (name, minimum) in [("alternate", 0), ("alternate padded", 33)] {
            let expected = try fixtures["handshake payload \(name)"]
            #expect(payload(ipv6, paddedTo: minimum) == expected)
            let read = try HandshakePayload(decoding: expected.span.bytes)
            #expect(read.alternate == ipv6 && read.body.count == 5 && read.mode == .server)
        }
        #expect(try read(payload(nil, paddedTo: 99)) == nil)
    }

    @Test func standsBehindAllOtherFieldsOfAPingAndItsAnswer() throws {
        let fixtures = try Fixtures("rpc")
        let request = try fixtures["alternate ping"]
        #expect(
            written {
                Request.ping.encode(requestID: 0x0102_0304, into: &$0)
                $0.alternate(ipv6)
            } == request)
        let decoded = try Request.decode(request.span.bytes).request
        #expect(decoded == .ping, "who doesn't know it skips it")
        #expect(readField(request) == ipv6)

        let response = try fixtures["alternate pong"]
        let header = try RPCHeader(decoding: ping.span.bytes)
        let pong = Response.pong(observed: ipv6, time: UnixTime(seconds: 1_795_222_800))
        #expect(
            written {
                pong.encode(answering: header, into: &$0)
                $0.alternate(ipv4)
            } == response)
        let answer = try Response.decode(response.span.bytes).response
        #expect(answer == pong)
        #expect(readField(response) == ipv4)
        #expect(readField(ping) == nil)
    }

    /// A handshake is good whatever stands behind its body.
    @Test func whatIsMalformedCountsAsNothing() throws {
        let plain = payload(nil)
        let field = Array(payload(ipv6)[plain.count...])
        for cut in 1..<field.count {
            #expect(try read(plain + field[..<cut]) == nil)
        }
        let unusable = field[..<19] + [0, 0]
        let short: [UInt8] = [28, 0, 6, 203, 0, 113, 7, 0, 80]
        for tail in [Array(unusable), short, [28, 0xff, 0xff], [0] + field, [7, 0, 3, 1]] {
            #expect(try read(plain + tail) == nil)
        }
        // Behind a field of a later version it is found.
        #expect(try read(plain + [27, 0, 1, 9] + field) == ipv6)
        #expect(readField(ping + short) == nil)
    }
}
