import ControlAPI
import Foundation
import HTTPTransport
import Testing

/// How bytes are read that come in any pieces, and from anybody.
@Suite struct ReadingTests {
    @Test(arguments: ["", "a b", "grüße/?&=%+\u{0}", "../", String(repeating: "\u{1f980}", count: 100)])
    func percentEncodingGoesBothWays(text: String) {
        let encoded = PercentEncoding.encode(text)
        #expect(PercentEncoding.decode(encoded) == text)
        #expect(encoded.utf8.allSatisfy { $0 < 128 } && !encoded.contains { " /?&=+".contains($0) })
    }

    @Test(arguments: ["%", "%4", "%zz", "%ff", "a%c3", "%-1"])
    func whatIsNoPercentEncodingIsSaid(text: String) { #expect(PercentEncoding.decode(text) == nil) }

    @Test(arguments: 1...40) func eventsAreFoundInAnyPieces(size: Int) throws {
        let body = Array(
            ":\n\nid: 7\n\nid: 8\nevent: received\ndata: {\"a\":1}\n\n:\n\n\nevent: changed\ndata: {}\n\nevent: cut"
                .utf8)
        var frames = EventFrames()
        var found: [EventFrame] = []
        for start in stride(from: 0, to: body.count, by: size) {
            try frames.append(Array(body[start..<min(body.count, start + size)]))
            while let frame = frames.next() { found.append(frame) }
        }
        #expect(found.map(\.name) == ["", "received", "changed"])
        #expect(found.map(\.id) == [7, 8, nil])
        #expect(found[1].data == Data("{\"a\":1}".utf8))
    }

    @Test func anEventWithoutAnEndIsNotReadForEver() throws {
        var frames = EventFrames()
        #expect(throws: HTTPExchange.Failure.self) {
            for _ in 0..<100 { try frames.append([UInt8](repeating: 120, count: 65_536)) }
        }
    }

    @Test(arguments: [
        ("{}", []), (#"{"a":1,"b":{"c":2},"a":[{"d":"e"}]}"#, ["a", "b", "a"]),
        (#"{"a":"\"b\":{","c\"":"\\"}"#, ["a", #"c\""#]), (#"["a",{"b":1}]"#, []), ("7", []),
        (#" { "a" : null } "#, ["a"]),
    ])
    func fieldsAreFound(json: String, names: [String]) {
        #expect(JSONFields.names(in: Array(json.utf8)) == names)
    }
}
