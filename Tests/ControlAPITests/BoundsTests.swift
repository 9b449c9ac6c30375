import Basics
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
            let sent = try await client.send(NewMessage(to: "roost1you", text: "x"))
            let shown = try await client.sentMessage(sent.id.hex, reaching: .stored, seconds: 1)
            #expect(shown == sent)
        }
    }

    @Test func whoDoesNotReadTheEventsCostsNoMemoryAndGoesOnWhereTheyWere() async throws {
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
            for number in 0..<4_000 { await backend.receive(FakeBackend.received(number, text: text)) }
            while try await !canWatch(client) {}
            let read = await sleeper.receiveAll()
            #expect(!read.contains("xxx") && !read.contains("\"m3999\""))
            // It comes back with the ID of the last event that it read whole.
            let end = try #require(read.range(of: "\n\n", options: .backwards))
            let lines = read[..<end.lowerBound].split(separator: "\n")
            let last = try #require(lines.last { $0.hasPrefix("id: ") }.flatMap { Int($0.dropFirst(4)) })
            let again = try RawConnection(server.socketPath)
            await again.send("GET /v1/events HTTP/1.1\r\nLast-Event-ID: \(last)\r\n\r\n")
            var rest = ""
            for _ in 0..<10 where !rest.contains("event:") { rest += await again.receive() }
            let first = try #require(rest.range(of: "event: received\n"))
            #expect(rest[..<first.lowerBound].hasSuffix("id: \(last + 1)\n"))
        }
    }

    @Test func changesThatNobodyReadsAreLostVisibly() async throws {
        let watch = MessageWatch {}
        let sent = SentMessage(
            id: MessageID(1), to: FakeBackend.peer, acceptedAt: UnixTime(seconds: 0), expiresAt: UnixTime(seconds: 1),
            text: "secret")
        for _ in 0..<MessageWatch.capacity { watch.changed(sent) }
        var news = await watch.next()
        #expect(news.changed.count == MessageWatch.capacity && !news.isIncomplete)
        #expect(news.changed.allSatisfy { $0.text == nil })
        for _ in 0...MessageWatch.capacity { watch.changed(sent) }
        news = await watch.next()
        #expect(news.changed.count == MessageWatch.capacity && news.isIncomplete)
        watch.end()
        #expect(await watch.next().isOver)
    }

    @Test(arguments: [
        "GET /v1/status HTTP/1.1\r\nX: " + String(repeating: "a", count: 300_000),
        "GET /v1/status HTTP/1.1\r\n" + String(repeating: "X: y\r\n", count: 20_000),
        "GET /" + String(repeating: "a", count: 300_000),
        "GET /v1/status HTTP/1.1\r\nX:" + String(repeating: " ", count: 300_000),
    ])
    func headsAreBounded(head: String) async throws {
        try await withServer { client, _, server in
            let connection = try RawConnection(server.socketPath)
            let start = ContinuousClock.now
            await connection.send(head)
            let answer = await connection.receiveAll()
            #expect(answer.hasPrefix("HTTP/1.1 431 ") && answer.contains("\"too_large\""))
            #expect(ContinuousClock.now - start < .seconds(5))
            try await expectAnswer(client)
        }
    }

    /// A byte now and then is no progress.
    @Test(arguments: ["GET /v1/status HTTP/1.1\r\nX: ", "POST /v1/messages HTTP/1.1\r\nContent-Length: 9999\r\n\r\n"])
    func dripsEnd(begin: String) async throws {
        try await withServer(limits: limits { $0.patience = .milliseconds(200) }) { client, _, server in
            let connection = try RawConnection(server.socketPath)
            await connection.send(begin)
            while await connection.send("x") {}
            try await expectAnswer(client)
        }
    }

    /// Each holds a part of an answer: the bytes of all are bounded, and those who wait longest go.
    @Test func answersThatNobodyReadsAreBounded() async throws {
        try await withServer { client, backend, server in
            let text = String(repeating: "\u{1}", count: 65_536)
            for number in 0..<50 { await backend.receive(FakeBackend.received(number, text: text)) }
            let path = server.socketPath
            let silent = try (0..<120).map { _ in try Held(path) }
            for held in silent { await held.connection.send("GET /v1/messages HTTP/1.1\r\n\r\n") }
            while !silent.contains(where: { $0.connection.hasEnded }) { try await Task.sleep(for: .milliseconds(10)) }
            let page = try await client.inboxPage(InboxQuery())
            #expect(page.messages.count == 50)
        }
    }

    @Test func placesOfThoseWhoLeaveAreFree() async throws {
        let few = limits {
            $0.requests = 2
            $0.streams = 2
        }
        try await withServer(limits: few) { client, _, server in
            let sent = try await client.send(NewMessage(to: "roost1you", text: "x"))
            for _ in 0..<10 {
                let path = server.socketPath
                for target in ["/v1/outbox/\(sent.id)?until=stored&wait=30", "/v1/events"] {
                    let leavers = try (0..<2).map { _ in try Held(path) }
                    for held in leavers { await held.connection.send("GET \(target) HTTP/1.1\r\n\r\n") }
                }
            }
            while try await !canWatch(client) {}
            try await expectAnswer(client)
        }
    }

    @Test func requestsUnderWayAreBounded() async throws {
        try await withServer(limits: limits { $0.requests = 2 }) { client, _, server in
            let sent = try await client.send(NewMessage(to: "roost1you", text: "x"))
            let path = server.socketPath
            let waiting = try (0..<2).map { _ in try Held(path) }
            for held in waiting {
                await held.connection.send("GET /v1/outbox/\(sent.id)?until=stored&wait=30 HTTP/1.1\r\n\r\n")
            }
            var refusal: ControlError?
            while refusal == nil {
                do throws(ControlError) { _ = try await client.status() } catch { refusal = error }
            }
            // Whoever leaves gives the place back.
            withExtendedLifetime(waiting) {}
            #expect(refusal?.code == .unavailable && refusal?.message.contains("try again") == true)
        }
    }

    /// Whether there is a place for one more stream, which is given back at once.
    private func canWatch(_ client: ControlClient) async throws -> Bool {
        struct Connected: Error {}
        do {
            try await client.events(connected: { _ in throw Connected() }, { _ in })
            return false
        } catch is Connected {
            return true
        } catch let error as ControlError where error.code == .unavailable {
            return false
        }
    }
}
