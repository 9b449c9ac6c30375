import ControlAPI
import Foundation
import Testing

/// What clients may use up that are slow, silent or too many.
@Suite(.timeLimit(.minutes(1))) struct BoundsTests {
    /// A connection that can be kept with others.
    private final class Held {
        let connection: RawConnection
        init(_ path: String) throws { connection = try RawConnection(path) }
    }

    private func limits(_ change: (inout ControlLimits) -> Void) -> ControlLimits {
        var limits = ControlLimits()
        change(&limits)
        return limits
    }

    @Test func ofTooManyIdleConnectionsTheOldestGo() async throws {
        let crowded = limits {
            $0.waiting = 16
            $0.patience = .seconds(600)
        }
        try await withServer(limits: crowded) { client, _, server in
            let path = server.socketPath
            let idle = try (0..<300).map { _ in try Held(path) }
            try await expectAnswer(client)
            for held in idle.prefix(200) {
                let answer = await held.connection.receiveAll()
                #expect(answer.isEmpty)
            }
            await idle[299].connection.send("GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n")
            let answer = await idle[299].connection.receiveAll()
            #expect(answer.hasSuffix("ok\n"))
        }
    }

    @Test(arguments: ["", "GET /v1/st", "POST /v1/messages HTTP/1.1\r\nContent-Length: 100000\r\n\r\n{"])
    func silenceEnds(request: String) async throws {
        try await withServer(limits: limits { $0.patience = .milliseconds(200) }) { client, _, server in
            let connection = try RawConnection(server.socketPath)
            await connection.send(request)
            let answer = await connection.receiveAll()
            #expect(!answer.hasPrefix("HTTP/1.1 2"))
            try await expectAnswer(client)
        }
    }

    @Test func waitingIsNoSilence() async throws {
        try await withServer(limits: limits { $0.patience = .milliseconds(200) }) { client, _, _ in
            let sent = try await client.send(NewMessage(to: "roost1you", text: ""))
            let shown = try await client.sentMessage(sent.message, reaching: .stored, seconds: 1)
            #expect(shown == sent)
        }
    }

    @Test func whoDoesNotReadTheEventsLosesThem() async throws {
        let limits = limits {
            $0.patience = .milliseconds(200)
            $0.streams = 1
        }
        try await withServer(limits: limits) { client, backend, server in
            let sleeper = try RawConnection(server.socketPath)
            await sleeper.send("GET /v1/events HTTP/1.1\r\n\r\n")
            let begin = await sleeper.receive()
            #expect(begin.hasPrefix("HTTP/1.1 200"))
            let text = String(repeating: "x", count: 60_000)
            for number in 0..<20 { await backend.receive(FakeBackend.received(number, text: text)) }
            while try await !canWatch(client) {}
            let end = await sleeper.receiveAll()
            #expect(!end.contains("\"m19\""))
        }
    }

    @Test func requestsUnderWayAreBounded() async throws {
        try await withServer(limits: limits { $0.requests = 2 }) { client, _, server in
            let sent = try await client.send(NewMessage(to: "roost1you", text: ""))
            let path = server.socketPath
            let waiting = try (0..<2).map { _ in try Held(path) }
            for held in waiting {
                await held.connection.send("GET /v1/outbox/\(sent.message)?until=stored&wait=30 HTTP/1.1\r\n\r\n")
            }
            var refusal: ControlError?
            while refusal == nil {
                do throws(ControlError) { _ = try await client.status() } catch { refusal = error }
            }
            #expect(refusal?.code == .unavailable && refusal?.message.contains("try again") == true)
        }
    }

    /// Whether there is a place for one more stream, which is given back at once.
    private func canWatch(_ client: ControlClient) async throws -> Bool {
        struct Connected: Error {}
        do {
            try await client.events {
                throw Connected()
            } _: { _ in
            }
            return false
        } catch is Connected {
            return true
        } catch let error as ControlError where error.code == .unavailable {
            return false
        }
    }
}
