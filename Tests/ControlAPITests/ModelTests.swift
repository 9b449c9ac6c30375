import ControlAPI
import Foundation
import Testing

/// The names that scripts rely on.
@Suite struct ModelTests {
    private func keys(_ value: some Encodable) throws -> Set<String> {
        let json = try JSONSerialization.jsonObject(with: ControlJSON.encode(value))
        return Set(try #require(json as? [String: Any]).keys)
    }

    private let sent = SentMessage(
        message: "m", to: "t", state: .stored, via: nil, buddies: 3, of: 5, reason: nil,
        acceptedAt: Date(timeIntervalSince1970: 0), expiresAt: Date(timeIntervalSince1970: 1_700_000_000))

    @Test func namesAreThoseOfTheInterface() throws {
        #expect(
            try keys(sent) == ["message", "to", "state", "via", "buddies", "of", "reason", "acceptedAt", "expiresAt"])
        #expect(
            try keys(FakeBackend.received(1)).isSuperset(of: [
                "message", "seq", "from", "text", "sentAt", "receivedAt", "via",
            ])
        )
        #expect(
            try keys(FakeBackend.status).isSuperset(of: [
                "state", "id", "node", "version", "endpoints", "contacts", "mailboxes", "envelopes", "bytes", "outbox",
                "uptimeSeconds",
            ]))
        #expect(
            try keys(NodeReport(node: "", endpoint: "", bucket: 0, lastSeenSeconds: 0))
                == ["node", "endpoint", "bucket", "lastSeenSeconds"])
        #expect(try keys(IdentityReport(id: "", node: "")) == ["id", "node"])
        #expect(try keys(PeerReport(name: "", id: "")) == ["name", "id"])
        let entry = LookupResult.Entry(node: "", endpoint: "", rttMilliseconds: 1)
        #expect(try keys(entry) == ["node", "endpoint", "rttMilliseconds"])
        #expect(
            try keys(LookupResult(target: "", closest: [entry], rounds: 1, rpcs: 1, milliseconds: 1))
                == ["target", "closest", "rounds", "rpcs", "milliseconds"])
        #expect(
            DeliveryState.allCases.map(\.rawValue) == ["queued", "stored", "collected", "delivered", "read", "failed"])
    }

    @Test func whatIsNotThereIsNullAndTimesAreUTC() throws {
        let json = String(decoding: try ControlJSON.encode(sent), as: UTF8.self)
        #expect(json.contains(#""via":null"#) && json.contains(#""reason":null"#))
        #expect(json.contains(#""acceptedAt":"1970-01-01T00:00:00Z""#))
        #expect(json.contains(#""expiresAt":"2023-11-14T22:13:20Z""#))
        #expect(try ControlJSON.decode(SentMessage.self, from: Data(json.utf8)) == sent)
    }

    /// What a terminal would act on, or an editor show as something else, is written as an escape and read as what it was.
    @Test(arguments: [
        "\u{7f}", "\u{80}", "\u{9b}31m", "\u{9f}", "\u{2028}", "\u{2029}", "\u{202a}", "\u{202e}", "\u{2066}",
        "\u{2069}",
        "a\u{85}b\u{202e}c\u{1}\u{7f}",
    ])
    func whatATerminalActsOnIsEscaped(text: String) throws {
        let json = try ControlJSON.encode([text, "é\u{a0}\u{2027}\u{202f}\u{2065}\u{206a}\u{1f980}"])
        #expect(try ControlJSON.decode([String].self, from: json).first == text)
        let written = String(decoding: json, as: UTF8.self)
        #expect(written.contains("é\u{a0}\u{2027}\u{202f}\u{2065}\u{206a}\u{1f980}"), "all else stays readable")
        let unsafe = written.unicodeScalars.filter {
            switch $0.value {
            case 0..<32, 0x7f...0x9f, 0x2028...0x202e, 0x2066...0x2069: true
            default: false
            }
        }
        #expect(unsafe.isEmpty)
    }

    @Test func goalsAreReachedByWhatComesLater() {
        let reached: [DeliveryGoal: [DeliveryState]] = [
            .queued: [.queued, .stored, .collected, .delivered, .read],
            .stored: [.stored, .collected, .delivered, .read],
            .delivered: [.delivered, .read],
        ]
        for goal in DeliveryGoal.allCases {
            #expect(DeliveryState.allCases.filter { goal.isReached(by: $0) } == reached[goal])
        }
    }

    @Test func errorOfANewerDaemonIsUnderstood() throws {
        let json = Data(#"{"code":"from_the_future","message":"Hm."}"#.utf8)
        #expect(try ControlJSON.decode(ControlError.self, from: json) == ControlError(.internalError, "Hm."))
        for code in ControlError.Code.allCases {
            let error = ControlError(code, "x")
            #expect(try ControlJSON.decode(ControlError.self, from: ControlJSON.encode(error)) == error)
        }
    }
}
