import ControlAPI
import Foundation
import Testing

@Suite(.timeLimit(.minutes(1))) struct ControlServerTests {
    @Test func socketIsItsOwnersOnlyAndGoesWithTheServer() async throws {
        try await withServer { client, _, server in
            var status = stat()
            #expect(stat(server.socketPath, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
            try await expectAnswer(client)
            await server.stop()
            #expect(stat(server.socketPath, &status) != 0)
            let error = await #expect(throws: ControlError.self) { try await client.status() }
            #expect(error?.code == .unreachable)
        }
    }

    @Test func aSocketThatSomebodyRemovedIsMadeAnew() async throws {
        try await withServer { client, _, server in
            try FileManager.default.removeItem(atPath: server.socketPath)
            await server.restoreSocket()
            try await expectAnswer(client)
            // One that is there is left as it is.
            await server.restoreSocket()
            try await expectAnswer(client)
        }
    }

    /// The stop comes at each of several moments of the repair.
    @Test(arguments: 0..<20) func aServerThatStopsMeanwhileMakesNoSocket(moment: Int) async throws {
        try await withServer { _, _, server in
            try FileManager.default.removeItem(atPath: server.socketPath)
            async let restored: Void = server.restoreSocket()
            for _ in 0..<moment { await Task.yield() }
            await server.stop()
            await restored
            #expect(!FileManager.default.fileExists(atPath: server.socketPath))
        }
    }

    /// As when a backup was put in the place of a directory whose daemon still runs.
    @Test func theSocketOfAnotherDaemonIsLeftAlone() async throws {
        try await withServer { client, _, server in
            let path = server.socketPath
            try FileManager.default.moveItem(atPath: path, toPath: path + ".old")
            let other = ControlServer(socketPath: path, backend: FakeBackend())
            try await other.start()
            await server.restoreSocket()
            await server.stop()
            try await expectAnswer(client)
            await other.stop()
        }
    }

    @Test func socketOfADeadDaemonIsReplaced() async throws {
        try await withDirectory { directory in
            let path = directory + "/roost.sock"
            #expect(FileManager.default.createFile(atPath: path, contents: nil))
            let dead = await #expect(throws: ControlError.self) { try await ControlClient(socketPath: path).status() }
            #expect(dead?.code == .unreachable)
            let server = ControlServer(socketPath: path, backend: FakeBackend())
            try await server.start()
            try await expectAnswer(ControlClient(socketPath: path))
            await server.stop()
        }
    }

    #if os(Linux)
        @Test(arguments: [80, 103, 104, 107, 108, 200])
        func socketWorksAtAnyDepth(length: Int) async throws {
            // "/tmp/roost-test-XXXXXX" + "/" + name + "/roost.sock"
            let name = "/" + String(repeating: "d", count: length - 22 - 1 - 11)
            try await withServer(under: name) { client, _, server in
                #expect(server.socketPath.utf8.count == length)
                try await expectAnswer(client)
            }
        }
    #endif

    @Test func directoryThatIsMissingIsSaid() async throws {
        try await withDirectory { directory in
            let server = ControlServer(socketPath: directory + "/missing/roost.sock", backend: FakeBackend())
            let error = await #expect(throws: ControlError.self) { try await server.start() }
            #expect(error?.code == .storage)
        }
    }

    @Test func slowClientsHoldUpNobody() async throws {
        try await withServer { client, _, server in
            let header = try RawConnection(server.socketPath)
            await header.send("POST /v1/messages HT")
            let body = try RawConnection(server.socketPath)
            await body.send("POST /v1/messages HTTP/1.1\r\nContent-Length: 100000\r\n\r\n{")
            for _ in 0..<20 {
                try await expectAnswer(client)
            }
        }
    }

    @Test func bodiesAreBounded() async throws {
        try await withServer { client, _, server in
            let announced = try RawConnection(server.socketPath)
            await announced.send(
                "POST /v1/messages HTTP/1.1\r\nConnection: close\r\nContent-Length: 999999999999\r\n\r\n{}")
            #expect(await announced.receiveAll().contains("larger than"))

            let chunked = try RawConnection(server.socketPath)
            let chunk = "10000\r\n" + String(repeating: "x", count: 65_536) + "\r\n"
            await chunked.send("POST /v1/messages HTTP/1.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in 0..<7 { await chunked.send(chunk) }
            #expect(await chunked.receiveAll().contains("larger than"))
            try await expectAnswer(client)
        }
    }

    @Test(arguments: [
        ("GET /v1/nothing HTTP/1.1", "404", "not_found"),
        ("PUT /v1/status HTTP/1.1", "405", "bad_request"),
        ("DELETE /v1/messages/m0 HTTP/1.1", "404", "not_found"),
        ("GET / HTTP/1.1", "404", "not_found"),
        ("GET /v1/messages?limit=51 HTTP/1.1", "400", "bad_request"),
        ("GET /v1/messages?unread=yes HTTP/1.1", "400", "bad_request"),
        ("GET /v1/outbox/s0?until=read HTTP/1.1", "400", "bad_request"),
        ("GET /v1/outbox/s0?until=stored&wait=-1 HTTP/1.1", "400", "bad_request"),
        ("GET /v1/outbox/s0 HTTP/1.1", "404", "not_found"),
        ("GET /v1/messages?unreed=true HTTP/1.1", "400", "bad_request"),
        ("GET /v1/messages?limit=1&limit=2 HTTP/1.1", "400", "bad_request"),
        ("GET /v1/messages?limit=-1 HTTP/1.1", "400", "bad_request"),
        ("GET /v1/messages?limit=%2B1 HTTP/1.1", "400", "bad_request"),
        ("GET /v1/messages?limit=99999999999999999999 HTTP/1.1", "400", "bad_request"),
        ("GET /v1/messages?since=1&after=0 HTTP/1.1", "400", "bad_request"),
        ("GET /v1/messages?since=-1 HTTP/1.1", "400", "bad_request"),
        ("GET /v1/messages?%zz HTTP/1.1", "400", "bad_request"),
        ("GET /v1/%ff HTTP/1.1", "400", "bad_request"),
        ("GET /v1/status?verbose HTTP/1.1", "400", "bad_request"),
        ("GET /v1/events?since=x HTTP/1.1", "400", "bad_request"),
        ("GET /v1/events HTTP/1.1\r\nLast-Event-ID: x", "400", "bad_request"),
        ("OPTIONS * HTTP/1.1", "404", "not_found"),
        ("TRACE /v1/status HTTP/1.1", "405", "bad_request"),
        ("QUERY /v1/status HTTP/1.1", "405", "bad_request"),
        ("BREW /v1/status HTTP/1.1", "501", "bad_request"),
        ("GET /v1/status HTTP/2.0", "400", "bad_request"),
        ("GET /v1/status", "400", "bad_request"),
        ("GET /v1/status HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2", "400", "bad_request"),
        ("GET /v1/status HTTP/1.1\r\nContent-Length: -1", "400", "bad_request"),
        ("GET /v1/status HTTP/1.1\r\nExpect: a miracle", "417", "bad_request"),
        ("POST /v1/messages HTTP/1.1\r\nContent-Length: 99999999\r\nExpect: 100-continue", "413", "too_large"),
        ("GET /v1/lookup HTTP/1.1", "400", "bad_request"),
        ("POST /v1/messages HTTP/1.1", "400", "bad_request"),
        ("POST /v1/messages/read HTTP/1.1", "400", "bad_request"),
    ])
    func whatIsAskedWronglyIsSaid(request: String, status: String, code: String) async throws {
        try await withServer { _, _, server in
            let connection = try RawConnection(server.socketPath)
            await connection.send(request + "\r\nConnection: close\r\n\r\n")
            let answer = await connection.receiveAll()
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
            let body = try #require(answer.split(separator: "\r\n\r\n").last)
            let json = try #require(
                try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: [String: String]])
            #expect(json["error"]?["code"] == code)
            #expect(json["error"]?["message"]?.hasSuffix(".") == true)
        }
    }

    @Test(arguments: [
        (#"{"to":"roost1you","text":"x","Key":"k"}"#, "\\\"Key\\\""),
        (#"{"to":"roost1you","text":"x","text":"y"}"#, "twice"),
        (#"{"to":"roost1you","text":"","x":{"to":1}}"#, "\\\"x\\\""), (#"{"to":"roost1you","text":""}"#, "empty"),
        (#"{"to":"roost1you","text":" \n\t\u00a0\u200b\ufeff"}"#, "empty"), (#"{"to":"roost1you"}"#, "JSON"),
        (#"{"to":"roost1you","text":null}"#, "JSON"), (#"{"to":"roost1you","text":["x"]}"#, "JSON"),
        (#"["to","text"]"#, "JSON"), ("", "JSON"), (String(repeating: "[", count: 100_000), "JSON"),
    ])
    func bodiesThatSaySomethingElseAreRefused(body: String, reason: String) async throws {
        try await withServer { client, backend, server in
            let connection = try RawConnection(server.socketPath)
            await connection.send(
                "POST /v1/messages HTTP/1.1\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
            let answer = await connection.receiveAll()
            #expect(answer.hasPrefix("HTTP/1.1 400 ") && answer.contains(reason), "\(answer)")
            #expect(await backend.sent.isEmpty)
        }
    }

    @Test(arguments: [
        ("application/json", "201"), ("Application/JSON; charset=utf-8", "201"),
        ("application/merge-patch+json", "201"),
        ("text/plain", "400"), ("application/x-www-form-urlencoded", "201"), ("application/jsonx", "400"),
    ])
    func bodiesAreJSON(type: String, status: String) async throws {
        try await withServer { _, _, server in
            let connection = try RawConnection(server.socketPath)
            let body = #" {"to":"roost1you","text":"a \"key\": [{1","key":"k"}"#
            await connection.send(
                """
                POST /v1/messages HTTP/1.1\r
                Connection: close\r
                Content-Type: \(type)\r
                Content-Length: \(body.utf8.count)\r
                \r
                \(body)
                """)
            #expect(await connection.receiveAll().hasPrefix("HTTP/1.1 \(status) "))
        }
    }

    @Test func requestsFollowEachOtherOnOneConnection() async throws {
        try await withServer { _, _, server in
            let connection = try RawConnection(server.socketPath)
            let requests = (0..<500).map { _ in "GET /healthz HTTP/1.1\r\n\r\n" }
            await connection.send(requests.joined() + "GET /v1/nothing HTTP/1.1\r\nConnection: close\r\n\r\n")
            let answers = await connection.receiveAll()
            #expect(answers.split(separator: "\r\n\r\nok\n").count == 501)
            #expect(answers.contains("404 Not Found"))
        }
    }

    @Test func whoHasSaidAllIsAnswered() async throws {
        try await withServer { client, backend, server in
            let sent = try await client.send(NewMessage(to: "roost1you", text: "x")).id
            for target in ["/healthz", "/v1/outbox/\(sent)?until=stored&wait=1"] {
                let connection = try RawConnection(server.socketPath)
                await connection.send("GET \(target) HTTP/1.1\r\n\r\n")
                connection.endSending()
                #expect(await connection.receiveAll().hasPrefix("HTTP/1.1 200 OK\r\n"))
            }
            let half = try RawConnection(server.socketPath)
            await half.send("POST /v1/messages HTTP/1.1\r\nContent-Length: 10\r\n\r\n{")
            half.endSending()
            #expect(await half.receiveAll().hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test func whoAsksWhetherToGoOnIsTold() async throws {
        try await withServer { _, backend, server in
            let connection = try RawConnection(server.socketPath)
            let body = #"{"to":"roost1you","text":"x"}"#
            await connection.send(
                """
                POST /v1/messages HTTP/1.1\r
                Connection: close\r
                Expect: 100-continue\r
                Content-Length: \(body.utf8.count)\r
                \r

                """)
            #expect(await connection.receive() == "HTTP/1.1 100 Continue\r\n\r\n")
            await connection.send(body)
            #expect(await connection.receiveAll().hasPrefix("HTTP/1.1 201 Created\r\n"))
            #expect(await backend.sent.count == 1)
        }
    }

    @Test func headsAloneAreAnsweredByHeadsAlone() async throws {
        try await withServer { _, backend, server in
            for number in 0..<50 {
                await backend.receive(FakeBackend.received(number, text: String(repeating: "x", count: 60_000)))
            }
            for target in ["/healthz", "/v1/status", "/v1/messages", "/v1/events", "/metrics"] {
                let connection = try RawConnection(server.socketPath)
                await connection.send("HEAD \(target) HTTP/1.1\r\nConnection: close\r\n\r\n")
                let answer = await connection.receiveAll()
                #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.hasSuffix("\r\n\r\n"))
                #expect(answer.split(separator: "\r\n\r\n").count == 1)
            }
        }
    }

    @Test func whatOlderClientsSayIsUnderstood() async throws {
        try await withServer { _, backend, server in
            for number in 0..<50 {
                await backend.receive(FakeBackend.received(number, text: String(repeating: "x", count: 60_000)))
            }
            let old = try RawConnection(server.socketPath)
            await old.send("GET http://roost/v1/messages?limit=3 HTTP/1.0\r\n\r\n")
            let answer = await old.receiveAll()
            #expect(!answer.contains("chunked") && answer.hasSuffix("]}\n"))
            let upgrade = try RawConnection(server.socketPath)
            await upgrade.send("GET /healthz HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
            #expect(await upgrade.receiveAll().hasSuffix("\r\n\r\nok\n"))
        }
    }

    @Test func garbageEndsOnlyItsOwnConnection() async throws {
        try await withServer { client, _, server in
            let connection = try RawConnection(server.socketPath)
            await connection.send("\u{0}\u{1}\u{2}\r\n\r\n")
            #expect(await connection.receiveAll().hasPrefix("HTTP/1.1 501 "), "it begins with no method")
            try await expectAnswer(client)
        }
    }

    @Test func metricsAndHealthAreText() async throws {
        try await withServer { _, _, server in
            let health = try RawConnection(server.socketPath)
            await health.send("GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n")
            #expect(await health.receiveAll().hasSuffix("\r\n\r\nok\n"))
            let metrics = try RawConnection(server.socketPath)
            await metrics.send("GET /metrics HTTP/1.1\r\nConnection: close\r\n\r\n")
            let text = await metrics.receiveAll()
            #expect(text.contains("text/plain; version=0.0.4"))
            #expect(text.hasSuffix("# TYPE roost_ready gauge\nroost_ready 1\n"))
        }
    }
}
