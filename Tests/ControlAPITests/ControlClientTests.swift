import Basics
import ControlAPI
import Foundation
import Testing

@Suite(.timeLimit(.minutes(1))) struct ControlClientTests {
    @Test func messagesAreSentShownAndCancelled() async throws {
        try await withServer { client, _, _ in
            let sent = try await client.send(NewMessage(to: "roost1you", text: "grüße\u{0}\n", key: "k"))
            #expect(sent.state == .queued && sent.text == "grüße\u{0}\n")
            let listed = try await client.sentMessages()
            #expect(listed == [sent])
            let shown = try await client.sentMessage(sent.id.hex)
            #expect(shown == sent)
            let cancelled = try await client.cancel(sent.id.hex).state
            #expect(cancelled == .failed)
            let again = await #expect(throws: ControlError.self) { try await client.cancel(sent.id.hex) }
            #expect(again == ControlError(.conflict, "It has arrived."))
            let unknown = await #expect(throws: ControlError.self) { try await client.sentMessage("../s 0?") }
            #expect(unknown?.code == .notFound)
            let refused = await #expect(throws: ControlError.self) {
                try await client.send(NewMessage(to: "x", text: "x"))
            }
            #expect(refused == ControlError(.badInput, "That is no peer ID."))
        }
    }

    @Test func waitingEndsWithItsTimeOrItsGoal() async throws {
        try await withServer { client, _, _ in
            let sent = try await client.send(NewMessage(to: "roost1you", text: "x"))
            let start = ContinuousClock.now
            _ = try await client.sentMessage(sent.id.hex, reaching: .queued, seconds: 30)
            #expect(ContinuousClock.now - start < .seconds(5))
            _ = try await client.sentMessage(sent.id.hex, reaching: .stored, seconds: 1)
            #expect(ContinuousClock.now - start >= .seconds(1))
        }
    }

    @Test func largestTextsPassBothWays() async throws {
        try await withServer { client, backend, _ in
            let text = String(repeating: "\u{1}", count: 65_536)
            let echoed = try await client.send(NewMessage(to: "roost1you", text: text)).text
            #expect(echoed == text)
            await backend.receive(FakeBackend.received(0, text: text))
            let texts = try await client.receivedMessages(InboxQuery()).map(\.text)
            #expect(texts == [text])
        }
    }

    @Test func inboxIsReadPageByPage() async throws {
        try await withServer { client, backend, _ in
            for number in 0..<120 { await backend.receive(FakeBackend.received(number)) }
            var query = InboxQuery()
            var pages: [Int] = []
            var seen: [String] = []
            while case let page = try await client.receivedMessages(query), let last = page.last {
                pages.append(page.count)
                seen += page.map(\.message)
                query.after = last.position
            }
            #expect(pages == [50, 50, 20])
            #expect(seen == (0..<120).map { "m\($0)" })

            try await client.markRead(Array(seen[..<100]))
            let unread = try await client.receivedMessages(InboxQuery(unreadOnly: true)).count
            #expect(unread == 20)
            let unreadOdd = try await client.receivedMessages(InboxQuery(from: "roost1odd", unreadOnly: true)).count
            #expect(unreadOdd == 10)
        }
    }

    @Test func deletedMessagesAreGone() async throws {
        try await withServer { client, backend, _ in
            for number in 0..<1_200 { await backend.receive(FakeBackend.received(number)) }
            let count = try await client.delete((0..<1_100).map { "m\($0)" } + ["unknown"])
            #expect(count == 1_100, "in more than one request")
            let rest = try await client.receivedMessages(InboxQuery()).map(\.message)
            #expect(rest == (1_100..<1_150).map { "m\($0)" })
        }
    }

    @Test func whatCannotBeOpenedIsCountedAndThrownAway() async throws {
        try await withServer { client, _, _ in
            let before = try await client.unopened()
            #expect(before.envelopes == 2 && before.bytes == 4_096)
            #expect(before.until?.timeIntervalSince(before.since ?? .now) == 86_400)
            let count = try await client.discardUnopened()
            #expect(count == 2)
            let after = try await client.unopened()
            #expect(after == UnopenedReport(envelopes: 0, bytes: 0))
        }
    }

    @Test func listsAndReportsComeThrough() async throws {
        try await withServer { client, backend, _ in
            let buckets = try await client.nodes().map(\.bucket)
            #expect(buckets == [3])
            var rounds: [Int] = []
            try await client.lookup("ab") { step in
                switch step {
                case .round(let result): rounds.append(result.rounds)
                case .finished(let result): rounds.append(result.rounds * 100)
                case .failed: Issue.record("It failed.")
                }
            }
            #expect(rounds == [1, 2, 300])
            let error = await #expect(throws: ControlError.self) { try await client.lookup("busy") { _ in } }
            #expect(error == backend.busy)
            try await client.shutDown()
            while await !backend.isShutDown { await Task.yield() }
        }
    }

    /// The server ends with the daemon: the answer must have left before.
    @Test func whoEndsTheDaemonHearsThatItEnds() async throws {
        for _ in 0..<30 {
            try await withServer { client, backend, server in
                await backend.onShutDown { await server.stop() }
                try await client.shutDown()
            }
        }
    }

    @Test func newsComeAsTheyHappen() async throws {
        try await withServer { client, backend, server in
            let sent = try await client.send(NewMessage(to: "roost1you", text: "secret")).id
            var seen: [String] = []
            var states: [MessageState] = []
            // The server is stopped under it.
            let end = await #expect(throws: ControlError.self) {
                try await client.events(
                    connected: { last in
                        #expect(last == 0)
                        await backend.receive(FakeBackend.received(1))
                    },
                    { event in
                        switch event {
                        case .received(let notice):
                            #expect(notice.seq == seen.count + 1)
                            seen.append(notice.message)
                            if seen.count < 300 {
                                await backend.receive(FakeBackend.received(seen.count + 1))
                            } else {
                                await backend.change(sent, to: .delivered)
                            }
                        case .changed(let message):
                            states.append(message.state)
                            #expect(message.text == nil)
                            Task { await server.stop() }
                        case .sent, .conversation, .draft: break
                        }
                    })
            }
            #expect(end?.isOfDaemonsEnd == true)
            #expect(seen == (1...300).map { "m\($0)" })
            #expect(states == [.delivered])
        }
    }

    /// Some begin below what was read before in the order of conversations.
    @Test func whatArrivesIsFollowedByItsNumber() async throws {
        try await withServer { client, backend, server in
            for number in 1...3 { await backend.receive(FakeBackend.received(number)) }
            let page = try await client.inboxPage(InboxQuery())
            #expect(page.last == 3)
            await backend.receive(FakeBackend.received(4), comesFirst: true)
            _ = await backend.delete(["m2"])
            let since = try await client.receivedMessages(InboxQuery(since: 1)).map(\.message)
            #expect(since == ["m3", "m4"])
            var query = InboxQuery(since: page.last)
            var seen: [Int] = []
            await #expect(throws: ControlError.self) {
                try await client.follow(&query) { messages in
                    seen += messages.map(\.seq)
                    if seen == [4] {
                        for _ in 0..<60 { await backend.receive(FakeBackend.received(9), comesFirst: true) }
                    }
                    if seen.last == 64 { Task { await server.stop() } }
                }
            }
            #expect(seen == Array(4...64))
            #expect(query.since == 64)
        }
    }

    @Test func followingGoesOnWithTheNextDaemon() async throws {
        struct Enough: Error {}
        try await withDirectory { directory in
            let backend = FakeBackend()
            let path = directory + "/roost.sock"
            var server = ControlServer(socketPath: path, backend: backend)
            try await server.start()
            await backend.receive(FakeBackend.received(1))
            let client = ControlClient(socketPath: path)
            var query = InboxQuery()
            var seen: [Int] = []
            var standings: [Bool] = []
            var stopping: Task<Void, Never>?
            await #expect(throws: Enough.self) {
                try await client.followOn(&query, pause: .milliseconds(5)) { isAway in
                    standings.append(isAway)
                    guard isAway else { return }
                    // The first removes the socket when it ends: as between two daemons, the next begins after that.
                    await stopping?.value
                    await backend.receive(FakeBackend.received(3))
                    server = ControlServer(socketPath: path, backend: backend)
                    try await server.start()
                } received: { messages in
                    seen += messages.map(\.seq)
                    if seen == [1] {
                        await backend.receive(FakeBackend.received(2))
                        let first = server
                        stopping = Task { await first.stop() }
                    }
                    if seen.last == 3 { throw Enough() }
                }
            }
            #expect(seen == [1, 2, 3])
            #expect(standings == [true, false])
            await server.stop()
        }
    }

    @Test func aPageOfTheLargestTextsComesInParts() async throws {
        try await withServer { client, backend, _ in
            let text = String(repeating: "\u{1}", count: 65_536)
            for number in 0..<20 { await backend.receive(FakeBackend.received(number, text: text)) }
            for query in [InboxQuery(), InboxQuery(since: 0), InboxQuery(limit: 7)] {
                let page = try await client.inboxPage(query)
                #expect(page.messages.map(\.seq) == Array(1...min(20, query.limit)))
                #expect(page.messages.allSatisfy { $0.text == text } && page.last == 20)
            }
        }
    }

    @Test func daemonThatEndsHalfwayIsSaid() async throws {
        for answer in [
            "", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n",
        ] {
            try await withListener(answering: answer) { path in
                let error = await #expect(throws: ControlError.self) {
                    try await ControlClient(socketPath: path).status()
                }
                #expect(error?.code == .interrupted)
            }
        }
    }

    @Test(arguments: [
        "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n",
        "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n",
    ])
    func strangersAreNotBelieved(answer: String) async throws {
        try await withListener(answering: answer) { path in
            let error = await #expect(throws: ControlError.self) { try await ControlClient(socketPath: path).status() }
            #expect(error?.code == .internalError)
        }
    }
}
