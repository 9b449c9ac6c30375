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
            try keys(FakeBackend.received(1)).isSuperset(of: ["message", "from", "text", "sentAt", "receivedAt", "via"])
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
