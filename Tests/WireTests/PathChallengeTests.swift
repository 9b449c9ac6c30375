import Basics
import Testing
import Wire

/// The field by which one side of a session asks over a path whether the other is there.
struct PathChallengeTests {
    private let nonce: UInt64 = 0x0001_0203_0405_0607

    private func read(_ body: [UInt8]) -> UInt64? { PathChallenge.read(from: body.span.bytes) }

    @Test func standsBehindAllOtherFieldsOfAPingAndItsAnswer() throws {
        let fixtures = try Fixtures("rpc")
        let request = try fixtures["challenge ping"]
        #expect(written { PathChallenge.encode(nonce, requestID: 0x0102_0304, into: &$0) } == request)
        #expect(request.count == PathChallenge.byteCount && read(request) == nonce)
        let (header, decoded) = try Request.decode(request.span.bytes)
        #expect(decoded == .ping, "who doesn't know it skips it")

        let response = try fixtures["challenge pong"]
        let observed = try #require(Endpoint("[2001:db8::1]:7337"))
        let alternate = try #require(Endpoint("203.0.113.7:7337"))
        let pong = Response.pong(observed: observed, time: UnixTime(seconds: 1_795_222_800))
        #expect(
            written {
                pong.encode(answering: header, into: &$0)
                $0.alternate(alternate)
                $0.challenge(nonce)
            } == response)
        let answer = try Response.decode(response.span.bytes).response
        #expect(answer == pong && read(response) == nonce)
        #expect(AlternateEndpoint.read(from: response.span.bytes) == alternate)
    }

    /// What has another length, or stands among malformed fields, is no challenge.
    @Test func whatIsMalformedCountsAsNothing() throws {
        let request = try Fixtures("rpc")["challenge ping"]
        for cut in 5..<request.count { #expect(read(Array(request[..<cut])) == nil) }
        #expect(read(Array(request[..<5]) + [34, 0, 7, 1, 2, 3, 4, 5, 6, 7]) == nil)
        #expect(read(Array(request[..<5]) + [34, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9]) == nil)
        #expect(read(request + [33, 0, 1, 1]) == nil, "not in order")
        #expect(read([]) == nil && read([1, 1, 2, 3, 4]) == nil)
    }
}
