import Basics
import ControlAPI
import Foundation
import Testing

/// Conversations in the API: what a request says reaches the backend whole, what it says wrongly is refused, and what happens is
/// told.
@Suite(.timeLimit(.minutes(1))) struct ConversationTests {
    /// What a server answers to the head of a request.
    private func answer(_ server: ControlServer, _ request: String) async throws -> String {
        let connection = try RawConnection(server.socketPath)
        await connection.send(request + "\r\nConnection: close\r\n\r\n")
        return await connection.receiveAll()
    }

    /// The body of an answer.
    private func json<Value: Decodable>(_ type: Value.Type, _ answer: String) throws -> Value {
        let body = try #require(answer.split(separator: "\r\n\r\n").last)
        return try ControlJSON.decode(Value.self, from: Data(body.utf8))
    }

    // MARK: Requests

    @Test(arguments: [
        ("GET /v1/conversations?limit=0", "400", "bad_request"),
        ("GET /v1/conversations?limit=101", "400", "bad_request"),
        ("GET /v1/conversations?limit=-1", "400", "bad_request"),
        ("GET /v1/conversations?limit=%2B1", "400", "bad_request"),
        ("GET /v1/conversations?limit=1&limit=1", "400", "bad_request"),
        ("GET /v1/conversations?unread=true", "400", "bad_request"),
        ("GET /v1/conversations?search=x", "400", "bad_request"),
        ("GET /v1/conversations/p", "405", "bad_request"), ("POST /v1/conversations", "405", "bad_request"),
        ("DELETE /v1/conversations", "405", "bad_request"), ("PUT /v1/conversations/p", "405", "bad_request"),
        ("DELETE /v1/conversations/p?search=x", "400", "bad_request"),
        ("GET /v1/conversations/p/letters", "404", "not_found"),
        ("GET /v1/conversations/p/messages/1/text", "404", "not_found"),
        ("GET /v1/conversations/p/messages/1", "405", "bad_request"),
        ("POST /v1/conversations/p/messages", "405", "bad_request"),
        ("DELETE /v1/conversations/p/messages", "405", "bad_request"),
        ("DELETE /v1/conversations/p/messages/1?limit=1", "400", "bad_request"),
        ("DELETE /v1/conversations/p/messages/1", "404", "not_found"),
        ("GET /v1/conversations/p/messages?limit=0", "400", "bad_request"),
        ("GET /v1/conversations/p/messages?limit=201", "400", "bad_request"),
        ("GET /v1/conversations/p/messages?limit=ten", "400", "bad_request"),
        ("GET /v1/conversations/p/messages?before=1&after=2", "400", "bad_request"),
        ("GET /v1/conversations/p/messages?before=1&after=", "400", "bad_request"),
        ("GET /v1/conversations/p/messages?after=1&after=2", "400", "bad_request"),
        ("GET /v1/conversations/p/messages?unread=true", "400", "bad_request"),
        ("GET /v1/conversations/p/messages?Search=x", "400", "bad_request"),
        ("GET /v1/conversations/p/messages?search=%ff", "400", "bad_request"),
        ("GET /v1/conversations/p/messages?since=", "400", "bad_request"),
        ("GET /v1/conversations/p/messages?since=yesterday", "400", "bad_request"),
        ("GET /v1/conversations/p/messages?since=7", "400", "bad_request"),
        ("GET /v1/conversations/p/messages?since=2026-11-28", "400", "bad_request"),
        ("GET /v1/conversations/p/messages?since=2026-02-30T09:30:00Z", "400", "bad_request"),
        ("GET /v1/conversations/p/messages?since=2026-11-28T25:30:00Z", "400", "bad_request"),
        ("GET /v1/conversations/p/messages?since=2026-11-28T09:30:00", "400", "bad_request"),
        ("GET /v1/conversations/p/messages?since=2026-11-28T09:30:00Zulu", "400", "bad_request"),
        ("GET /v1/conversations/p/messages?since=2026-11-28T09:30:00%2B01:00", "400", "bad_request"),
    ])
    func whatIsAskedWronglyIsSaid(request: String, status: String, code: String) async throws {
        try await withServer { _, backend, server in
            let answer = try await answer(server, request + " HTTP/1.1")
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
            let said = try json([String: ControlError].self, answer)["error"]
            #expect(said?.code.rawValue == code && said?.message.hasSuffix(".") == true, "\(answer)")
            #expect(await backend.lastQuery == nil)
        }
    }

    @Test func whatIsSearchedForIsBoundedInBytes() async throws {
        try await withServer { client, backend, _ in
            var query = ConversationQuery(peer: "roost1odd", search: String(repeating: "é", count: 512))
            _ = try await client.conversation(query)
            #expect(await backend.lastQuery == query)
            query.search?.append("x")
            let error = await #expect(throws: ControlError.self) { try await client.conversation(query) }
            #expect(error?.code == .badInput && error?.message.contains("1024 bytes") == true)
        }
    }

    @Test(arguments: [
        ConversationQuery(peer: "roost1odd"),
        ConversationQuery(peer: "a/b?c=d&e#f %2F+é\u{0}", before: "1.2/3&after=4"),
        ConversationQuery(peer: "..", after: "", limit: 1),
        ConversationQuery(peer: ".", after: "7.ab.cd", search: "\"x\"&limit=3\r\n+ %41", limit: 200),
        ConversationQuery(peer: "p", search: "", since: Date(timeIntervalSince1970: 1_795_858_200)),
    ])
    func whatIsAskedArrivesWhole(query: ConversationQuery) async throws {
        try await withServer { client, backend, _ in
            _ = try await client.conversation(query)
            #expect(await backend.lastQuery == query)
        }
    }

    @Test func withoutAWordTheLastFiftyAreAskedFor() async throws {
        try await withServer { _, backend, server in
            let answer = try await answer(server, "GET /v1/conversations/p/messages HTTP/1.1")
            #expect(answer.hasPrefix("HTTP/1.1 200 "))
            #expect(await backend.lastQuery == ConversationQuery(peer: "p"))
            #expect(await backend.lastQuery?.limit == 50)
        }
    }

    @Test func headsAloneAreAnsweredByHeadsAlone() async throws {
        try await withServer { _, backend, server in
            await backend.receive(FakeBackend.received(1))
            for target in ["/v1/conversations", "/v1/conversations/roost1odd/messages"] {
                let answer = try await answer(server, "HEAD \(target) HTTP/1.1")
                #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.hasSuffix("\r\n\r\n"))
                #expect(answer.split(separator: "\r\n\r\n").count == 1)
            }
        }
    }

    // MARK: Answers

    @Test func conversationsAreListedPageByPage() async throws {
        try await withServer { client, backend, server in
            #expect(try await client.conversations() == ConversationList(conversations: []))
            for number in 1...4 { await backend.receive(FakeBackend.received(number)) }
            let all = try await client.conversations()
            #expect(all.conversations.map(\.peer) == ["roost1even", "roost1odd"] && all.next == nil)
            #expect(all.conversations.map(\.seq) == [4, 4])
            let first = try json(
                ConversationList.self, await answer(server, "GET /v1/conversations?limit=1 HTTP/1.1"))
            #expect(first.conversations == Array(all.conversations.prefix(1)))
            let next = try #require(first.next)
            let rest = try await client.conversations(after: next)
            #expect(rest.conversations == Array(all.conversations.suffix(1)))
        }
    }

    /// The names that scripts rely on.
    @Test func aMessageIsWrittenByTheNamesOfTheInterface() async throws {
        let sent = ConversationMessage(
            message: "m", seq: 1, position: "p", from: "a", to: "b", text: "x", sentAt: Date(timeIntervalSince1970: 0),
            state: .stored, via: nil, buddies: 3, of: 5, reason: "wait")
        let expected = #"""
            {"buddies":3,"from":"a","message":"m","of":5,"position":"p","reason":"wait","sentAt":"1970-01-01T00:00:00Z",\#
            "seq":1,"state":"stored","text":"x","to":"b"}
            """#
        #expect(String(decoding: try ControlJSON.encode(sent), as: UTF8.self) == expected)
        #expect(!sent.isReceived)
        try await withServer { client, backend, server in
            await backend.receive(FakeBackend.received(1, text: "\u{1b}[31m\u{202e}", read: true))
            let page = try await client.conversation(ConversationQuery(peer: "roost1odd"))
            let message = try #require(page.messages.first)
            #expect(message.isReceived && message.state == .read && message.text == "\u{1b}[31m\u{202e}")
            let answer = try await answer(server, "GET /v1/conversations/roost1odd/messages HTTP/1.1")
            #expect(answer.contains(#""text":"\u001b[31m\u202e""#) && !answer.contains("\"earlier\""))
        }
    }

    @Test func whatIsDeletedIsCountedAndGone() async throws {
        try await withServer { client, backend, server in
            for number in 1...5 { await backend.receive(FakeBackend.received(number)) }
            let one = "DELETE /v1/conversations/roost1odd/messages/3 HTTP/1.1"
            let (first, again) = (try await answer(server, one), try await answer(server, one))
            #expect(first.hasPrefix("HTTP/1.1 204 ") && again.hasPrefix("HTTP/1.1 404 "))
            // It is a message of another conversation.
            let other = "DELETE /v1/conversations/roost1odd/messages/2 HTTP/1.1"
            #expect(try await answer(server, other).hasPrefix("HTTP/1.1 404 "))
            try await client.setDraft("begun", to: "roost1odd")
            #expect(try await client.deleteConversation("roost1odd") == DeletedConversation(deleted: 2, draft: true))
            #expect(try await client.deleteConversation("roost1odd") == DeletedConversation(deleted: 0))
            let plain = try await answer(server, "DELETE /v1/conversations/roost1odd HTTP/1.1")
            #expect(plain.hasSuffix("\r\n\r\n{\"deleted\":0}\n"), "what isn't there isn't named: \(plain)")
            let introducer = try await answer(server, "DELETE /v1/conversations/roost1alice HTTP/1.1")
            #expect(introducer.hasSuffix("{\"deleted\":0,\"introductions\":1}\n"), "\(introducer)")
            #expect(try await client.inboxPage(InboxQuery()).messages.map(\.message) == ["m2", "m4"])
        }
    }

    // MARK: Events

    private static let outgoing = SentMessage(
        id: MessageID(9), to: FakeBackend.peer, acceptedAt: UnixTime(seconds: 0), expiresAt: UnixTime(seconds: 1),
        text: "secret")

    /// What a stream says until a conversation with nobody else changes, which is made to happen at once: `roost1end` and a number.
    private func events(
        _ server: ControlServer, _ backend: FakeBackend, _ head: String
    ) async throws -> String {
        let connection = try RawConnection(server.socketPath)
        await connection.send(head + "\r\n\r\n")
        var text = await connection.receive()
        // What changes is told before the messages of the same look: those are there once another change is told.
        for _ in 0..<2 {
            let end = "roost1end\(UInt32.random(in: 0...UInt32.max))"
            _ = await backend.deleteConversation(end)
            while !text.contains("\(end)\"}\n\n") {
                let more = await connection.receive()
                try #require(!more.isEmpty, "The stream ended: \(text)")
                text += more
            }
        }
        return text
    }

    @Test func bothDirectionsComeInOneOrder() async throws {
        try await withServer { _, backend, server in
            await backend.receive(FakeBackend.received(1))
            await backend.accept(ConversationTests.outgoing)
            await backend.receive(FakeBackend.received(2))
            let all = ["0 begins", "1 event: received", "2 event: sent", "3 event: received"]
            for (head, expected) in [
                ("?since=0 HTTP/1.1", all),
                ("?since=1 HTTP/1.1", ["1 begins", "2 event: sent", "3 event: received"]),
                // The header comes before the parameter, and says nothing where it is empty.
                ("?since=0 HTTP/1.1\r\nLast-Event-ID: 2", ["2 begins", "3 event: received"]),
                ("?since=0 HTTP/1.1\r\nLast-Event-ID: ", all),
                (" HTTP/1.1", ["3 begins"]), ("?since=99 HTTP/1.1", ["3 begins"]),
            ] {
                let text = try await events(server, backend, "GET /v1/events" + head)
                #expect(!text.contains("secret") && !text.contains("\"text\""))
                let found = text.matches(of: /id: (\d+)\r?\n(event: \w+)?/).map { "\($0.1) \($0.2 ?? "begins")" }
                #expect(found == expected, "\(head): \(text)")
            }
        }
    }

    /// Who comes back is told what changed of what they know, and not what they were told of before a later message.
    @Test func whatChangedMeanwhileIsToldToWhoComesBack() async throws {
        try await withServer { client, backend, server in
            let sent = try await client.send(NewMessage(to: "roost1x", text: "secret"))
            try await client.setDraft("old", to: "roost1old")
            await backend.receive(FakeBackend.received(1))
            await backend.receive(FakeBackend.received(2))
            try await client.setDraft("begun", to: "roost1even")
            _ = await backend.deleteConversation("roost1odd")
            await backend.change(sent.id, to: .delivered)
            func told(_ head: String) async throws -> Set<String> {
                let text = try await events(server, backend, "GET /v1/events" + head)
                #expect(!text.contains("secret"))
                let all = text.matches(of: /event: (\w+)\ndata: ({[^\n]*})/).map { match in
                    let peer = match.2.firstMatch(of: /"peer":"(roost1[a-z]+)/)?.1 ?? ""
                    return "\(match.1) \(peer)"
                }
                return Set(all)
            }
            let missed: Set = ["conversation roost1odd", "draft roost1even", "changed "]
            let end = "conversation roost1end"
            #expect(try await told(" HTTP/1.1\r\nLast-Event-ID: 2") == missed.union([end]))
            #expect(try await told("?since=2 HTTP/1.1") == [end], "who begins has missed nothing")
            // What changed before a message was told before it.
            let (late, early) = (await backend.changes(since: 1), await backend.changes(since: 0))
            #expect(late?.drafts == ["roost1even"] && early?.drafts == ["roost1even", "roost1old"])
        }
    }

    /// A message comes after a reader has asked for messages and before it asks for changes: it is looked at, without anything else.
    @Test(.timeLimit(.minutes(1))) func whatComesDuringALookIsLookedAt() async {
        let watch = MessageWatch {}
        watch.arrived()
        _ = watch.take()
        let news = await watch.next()
        #expect(news.changed.isEmpty && !news.isOver)
    }

    /// A message is told as it was when messages were asked for, and a change since then has the last word.
    @Test func aChangeDuringALookIsToldLast() async throws {
        try await withServer { client, backend, server in
            let sent = try await client.send(NewMessage(to: "roost1x", text: "secret"))
            await backend.accept(sent)
            await backend.changeWhenListed(sent.id, to: .failed)
            let text = try await events(server, backend, "GET /v1/events?since=0 HTTP/1.1")
            let states = text.matches(of: /event: (sent|changed)\ndata: {[^\n]*"state":"(\w+)"/).map {
                "\($0.1) \($0.2)"
            }
            #expect(states.first == "changed failed" && states.last == "changed failed", "\(states)")
            #expect(states.count == 3)
        }
    }

    @Test func numbersOfAnotherStoreAreSaidToBeLost() async throws {
        try await withServer { _, backend, server in
            await backend.receive(FakeBackend.received(1))
            let foreign = try await events(server, backend, "GET /v1/events HTTP/1.1\r\nLast-Event-ID: 500")
            #expect(foreign.contains("event: lost"))
            let own = try await events(server, backend, "GET /v1/events HTTP/1.1\r\nLast-Event-ID: 1")
            #expect(!own.contains("event: lost"))
        }
    }

    @Test func moreChangesThanAreRememberedAreSaidToBeLost() {
        let log = ChangeLog(after: 40)
        log.note(.conversation("a"), at: 41)
        #expect(log.changes(since: 40) == nil, "what was before isn't known")
        #expect(log.changes(since: 41) == [.conversation("a")])
        log.note(.conversation("a"), at: 43)
        #expect(log.changes(since: 42) == [.conversation("a")] && log.changes(since: 44) == [])
        for number in 0..<ChangeLog.capacity { log.note(.draft("\(number)"), at: 50 + number) }
        #expect(log.changes(since: 49) == nil)
        let rest = log.changes(since: 50 + ChangeLog.capacity / 2)
        #expect(rest?.count == ChangeLog.capacity / 2, "\(rest?.count ?? 0)")
    }

    @Test func clientsAreToldWhatWasSentReadAndDeleted() async throws {
        try await withServer { client, backend, server in
            await backend.receive(FakeBackend.received(1))
            var seen: [ControlEvent] = []
            let end = await #expect(throws: ControlError.self) {
                try await client.events(
                    connected: { last in
                        #expect(last == 1)
                        await backend.accept(ConversationTests.outgoing)
                    },
                    { event in
                        seen.append(event)
                        switch event {
                        case .sent: _ = await backend.deleteConversation("roost1odd")
                        default: Task { await server.stop() }
                        }
                    })
            }
            #expect(end?.isOfDaemonsEnd == true)
            #expect(seen == [.sent(ConversationTests.outgoing.withoutText, seq: 2), .conversation("roost1odd")])
        }
    }

    /// Readers of the inbox are not held up by what was sent.
    @Test func whoFollowsTheInboxPassesOverWhatWasSent() async throws {
        try await withServer { client, backend, server in
            var query = InboxQuery(since: 0)
            var seen: [String] = []
            _ = await #expect(throws: ControlError.self) {
                try await client.follow(
                    &query,
                    connected: {
                        for number in 1...3 {
                            await backend.accept(ConversationTests.outgoing)
                            await backend.receive(FakeBackend.received(number))
                        }
                    },
                    received: { messages in
                        seen += messages.map(\.message)
                        if seen.count == 3 { Task { await server.stop() } }
                    })
            }
            #expect(seen == ["m1", "m2", "m3"] && query.since == 6)
        }
    }

    @Test func conversationsThatNobodyReadsOfAreLostVisibly() async throws {
        let watch = MessageWatch {}
        for _ in 0..<3 { watch.conversationChanged("a") }
        #expect(await watch.next().conversations == ["a"])
        for number in 0..<MessageWatch.capacity { watch.conversationChanged("\(number)") }
        var news = await watch.next()
        #expect(news.conversations.count == MessageWatch.capacity && !news.isIncomplete)
        for number in 0...MessageWatch.capacity { watch.conversationChanged("\(number)") }
        news = await watch.next()
        #expect(news.conversations.count == MessageWatch.capacity && news.isIncomplete)
    }
}
