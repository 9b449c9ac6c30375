import ControlAPI
import Foundation
import Testing

@Suite struct ControlServerTests {
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

    @Test func garbageEndsOnlyItsOwnConnection() async throws {
        try await withServer { client, _, server in
            let connection = try RawConnection(server.socketPath)
            await connection.send("\u{0}\u{1}\u{2}\r\n\r\n")
            _ = await connection.receiveAll()
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
