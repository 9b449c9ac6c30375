import Basics
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
        id: MessageID(1), to: FakeBackend.peer, state: .stored, buddies: 3, of: 5, acceptedAt: UnixTime(seconds: 0),
        expiresAt: UnixTime(seconds: 1_700_000_000))

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
        #expect(try keys(IdentityReport(id: "", node: "", key: "")) == ["id", "key", "node"])
        #expect(try keys(PeerReport(name: "", id: "")) == ["name", "id"])
        let entry = LookupResult.Entry(node: "", endpoint: "", rttMilliseconds: 1)
        #expect(try keys(entry) == ["node", "endpoint", "rttMilliseconds"])
        #expect(
            try keys(LookupResult(target: "", closest: [entry], rounds: 1, rpcs: 1, milliseconds: 1))
                == ["target", "closest", "rounds", "rpcs", "milliseconds"])
        #expect(
            MessageState.allCases.map(\.name) == ["queued", "stored", "collected", "delivered", "read", "failed"])
    }

    @Test func whatIsNotThereIsNullAndTimesAreUTC() throws {
        let json = String(decoding: try ControlJSON.encode(sent), as: UTF8.self)
        #expect(json.contains(#""via":null"#) && json.contains(#""reason":null"#))
        #expect(json.contains(#""acceptedAt":"1970-01-01T00:00:00Z""#))
        #expect(json.contains(#""expiresAt":"2023-11-14T22:13:20Z""#))
        #expect(try ControlJSON.decode(SentMessage.self, from: Data(json.utf8)) == sent)
    }

    /// What daemons of version 0.1.0 wrote, when a sent message and a status were several types: not a byte may differ.
    @Test(arguments: [
        #"""
        {"acceptedAt":"2026-11-28T11:05:05Z","buddies":0,"expiresAt":"2026-12-14T00:00:00Z",\#
        "message":"440a9bdb431f90acab839aa0765a493d","of":0,"reason":null,"state":"queued",\#
        "to":"roost1tvmhfa5ny387ewzcqhefker6t85tc03v5lhlp9esqsy3lqple7fqeghdww","via":null}
        """#,
        #"""
        {"acceptedAt":"2026-11-28T11:05:04Z","buddies":0,"expiresAt":"2026-12-14T00:00:00Z",\#
        "message":"08b3dc04f54231959d8037d27d4b2398","of":0,"reason":null,"state":"delivered",\#
        "text":"Hello “x” / \\ é",\#
        "to":"roost1tvmhfa5ny387ewzcqhefker6t85tc03v5lhlp9esqsy3lqple7fqeghdww","via":"direct"}
        """#,
        #"""
        {"acceptedAt":"2026-11-28T11:05:05Z","buddies":3,"expiresAt":"2026-12-14T00:00:00Z",\#
        "message":"685b720512d60189bafa9c9571c703c8","of":3,"reason":"You cancelled it.","state":"failed",\#
        "to":"roost1tpcg3tt6rpdyeqzhfyw34ftmce2yvgrtdjzh3mtr8gzxy3f804vq04hl6z","via":"mailbox"}
        """#,
    ])
    func sentMessagesAreWrittenAsBefore(json: String) throws {
        let message = try ControlJSON.decode(SentMessage.self, from: Data(json.utf8))
        #expect(String(decoding: try ControlJSON.encode(message), as: UTF8.self) == json)
    }

    @Test(arguments: [
        #"""
        {"bytes":0,"contacts":4,"damagedReads":0,"disk":"ok","endpoints":["127.0.0.1:27402"],"envelopes":0,\#
        "external":["127.0.0.1:27402"],"id":"roost1fcvmsstvtv5yqtyzhjkt3m6mgxea9jyu6qnnycq0rq78xwxn4sxsfuxnfj",\#
        "mailboxes":0,"networkSize":5,"node":"e53044791bca9ca666fa9845b6ad2975e8a007be559d759465597d17d954354d",\#
        "outbox":1,"outboxByState":{"collected":0,"queued":0,"stored":1},"state":"ready",\#
        "traffic":{"receivedBytes":56645,"receivedDatagrams":187,"sentBytes":69086,"sentDatagrams":171},\#
        "uptimeSeconds":6,"version":"0.1.0","warnings":[]}
        """#,
        #"""
        {"bytes":0,"contacts":0,"damagedReads":0,"disk":"ok","endpoints":["[::1]:27411"],"envelopes":0,"external":[],\#
        "id":"roost1f3tl3gkrqp32jfn2n2fl5p90mv0c5v8vfxzn2lewz53zxxypqn0st9853z","mailboxes":0,"networkSize":1,\#
        "node":"5762f06a42266d8c212a06f968d9eab421df01e8aab8f946ada521e71b4fe73d","oldestQueuedSeconds":1,"outbox":1,\#
        "outboxByState":{"collected":0,"queued":1,"stored":0},"state":"ready",\#
        "traffic":{"receivedBytes":0,"receivedDatagrams":0,"sentBytes":0,"sentDatagrams":0},"uptimeSeconds":3,\#
        "version":"0.1.0","warnings":[{"advice":"Name one.","code":"no-bootstrap-given","message":"It is alone."}]}
        """#,
    ])
    func aStatusIsWrittenAsBefore(json: String) throws {
        let report = try ControlJSON.decode(StatusReport.self, from: Data(json.utf8))
        #expect(String(decoding: try ControlJSON.encode(report), as: UTF8.self) == json)
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
        let reached: [DeliveryGoal: [MessageState]] = [
            .queued: [.queued, .stored, .collected, .delivered, .read],
            .stored: [.stored, .collected, .delivered, .read],
            .delivered: [.delivered, .read],
        ]
        for goal in DeliveryGoal.allCases {
            #expect(MessageState.allCases.filter { goal.isReached(by: $0) } == reached[goal])
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
