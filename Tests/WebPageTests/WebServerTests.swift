import ControlAPI
import Foundation
import Testing
import WebPage

/// The page over real sockets on the loopback.
@Suite struct WebServerTests {
    @Test func nothingListensBeforeItIsAskedForAndAfterItsEnd() async throws {
        try await withPage { server, _ in
            let (port, _) = try Visitor.parts(await server.link())
            #expect(await Visitor.listens(on: port))
            _ = try await Visitor.signedIn(server)
            #expect(await server.endAll() == 1)
            #expect(await !Visitor.listens(on: port))
            #expect(await server.endAll() == 0)
        }
    }

    @Test func everyAnswerIsSecured() async throws {
        try await withPage { server, _ in
            let visitor = try await Visitor.signedIn(server)
            let paths =
                PageFiles.paths + ["/v1/status", "/v1/shutdown", "/nowhere", "/session", "/proof", "/v1/nowhere"]
            for path in paths {
                for changes in [[:], ["Host": "evil.example"], ["Origin": "http://evil.example"], ["Cookie": nil]]
                    as [[String: String?]]
                {
                    let answer = try await visitor.ask("GET", path, changes)
                    let policy = answer.headers["content-security-policy"]?.first ?? ""
                    for rule in [
                        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:",
                        "connect-src 'self'",
                        "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
                    ] { #expect(policy.contains(rule), "\(path)") }
                    #expect(answer.headers["x-content-type-options"] == ["nosniff"])
                    #expect(answer.headers["referrer-policy"] == ["no-referrer"])
                    #expect(answer.headers["cross-origin-opener-policy"] == ["same-origin"])
                    #expect(answer.headers["cross-origin-resource-policy"] == ["same-origin"])
                    #expect(answer.headers["cache-control"] == ["no-store"])
                    #expect(answer.headers["access-control-allow-origin"] == nil)
                }
            }
        }
    }

    @Test func whatIsNoHTTPIsSecuredAsWell() async throws {
        try await withPage { server, _ in
            let (port, _) = try Visitor.parts(await server.link())
            let answer = try await Visitor.say("NONSENSE\r\n\r\n", port: port)
            #expect(answer.hasPrefix("HTTP/1.1 501 ") && answer.contains("Content-Security-Policy: default-src 'none'"))
        }
    }

    @Test func filesNeedNoSessionAndTellNothing() async throws {
        try await withPage { server, _ in
            let (port, token) = try Visitor.parts(await server.link())
            let stranger = Visitor(port: port)
            let page = try await stranger.ask("GET", "/", ["Sec-Fetch-Site": "none"])
            #expect(
                page.status == 200 && page.headers["content-type"] == ["text/html; charset=utf-8"]
                    && page.body.contains("<!doctype html>"))
            #expect(
                try await stranger.ask("GET", "/main.js").headers["content-type"] == ["text/javascript; charset=utf-8"])
            #expect(try await stranger.ask("GET", "/base.css").headers["content-type"] == ["text/css; charset=utf-8"])
            for path in [
                "/../Package.swift", "/index.html", "//main.js", "/main.js/", "/healthz", "/metrics", "/%6dain.js",
            ] {
                #expect(try await stranger.ask("GET", path).status == 404, "\(path)")
            }
            #expect(try await stranger.ask("POST", "/").status == 404)
            #expect(try await stranger.ask("GET", "/", ["Host": "localhost:\(port)"]).status == 421)
            #expect(try await stranger.ask("GET", "/main.js", ["Sec-Fetch-Site": "cross-site"]).status == 403)
            #expect(!page.body.contains(token))
        }
    }

    @Test func aLinkGivesACookieAndATabOnce() async throws {
        let file = MemoryFile()
        try await withPage(file) { server, _ in
            let (port, token) = try Visitor.parts(await server.link())
            let stranger = Visitor(port: port)
            for changes in [["Origin": "http://evil.example"], ["Sec-Fetch-Site": "cross-site"], ["Origin": nil]]
                as [[String: String?]]
            {
                let refused = try await stranger.ask("POST", "/session", changes, body: "{\"token\":\"\(token)\"}")
                #expect(refused.status == 403)
            }
            #expect(try await stranger.exchange(String(token.dropLast())).status == 403)
            let welcome = try await stranger.exchange(token)
            #expect(welcome.status == 201)
            let cookie = try #require(welcome.headers["set-cookie"]?.first)
            #expect(cookie.firstMatch(of: /^roost-[0-9]+=[0-9a-f]{64}; Path=\/; HttpOnly; SameSite=Strict$/) != nil)
            #expect(cookie.hasPrefix("roost-\(port)="))
            #expect(try await stranger.exchange(token).status == 403)
            // Nothing secret is kept.
            #expect(!file.text.contains(token) && !file.text.contains(cookie.dropFirst(12).prefix(64)))
            #expect(file.text.contains("\"port\":\(port)"))
        }
    }

    @Test func aSessionNeedsBothSecretsEachTime() async throws {
        try await withPage { server, backend in
            let visitor = try await Visitor.signedIn(server)
            #expect(try await visitor.ask("GET", "/v1/status").status == 200)
            for changes in [
                ["Cookie": nil], ["Roost-Tab": nil], ["Roost-Tab": String(repeating: "0", count: 64)],
                ["Cookie": "roost-\(visitor.port)=\(String(repeating: "0", count: 64))"],
                ["Cookie": visitor.cookie.map { "\($0); \($0)" }],
            ] as [[String: String?]] {
                #expect(try await visitor.ask("GET", "/v1/status", changes).status == 401, "\(changes)")
            }
            let body = "{\"to\":\"roost1x\",\"text\":\"hello\"}"
            for changes in [["Origin": nil], ["Origin": "http://127.0.0.1:1"], ["Sec-Fetch-Site": "same-site"]]
                as [[String: String?]]
            {
                #expect(try await visitor.ask("POST", "/v1/messages", changes, body: body).status == 403)
            }
            #expect(await backend.sent.isEmpty)
            #expect(try await visitor.ask("POST", "/v1/messages", body: body).status == 201)
            #expect(await backend.sent.count == 1)
            // Other cookies of this host don't disturb.
            let both = "a=b; \(visitor.cookie ?? ""); roost-1=c"
            #expect(try await visitor.ask("GET", "/v1/status", ["Cookie": both]).status == 200)
        }
    }

    @Test(arguments: [
        ("POST", "/v1/shutdown"), ("POST", "/v1/web"), ("DELETE", "/v1/web"), ("DELETE", "/v1/unopened"),
        ("POST", "/v1/messages/delete"),
        ("GET", "/v1/messages"), ("GET", "/v1/lookup?target=roost1x"), ("DELETE", "/v1/messages/0"),
        ("POST", "/v1/status"),
        ("POST", "/v1/identity"),
    ])
    func whatIsNotOnTheListIsRefused(method: String, path: String) async throws {
        try await withPage { server, backend in
            let visitor = try await Visitor.signedIn(server)
            let answer = try await visitor.ask(method, path)
            #expect(answer.status == 403 && answer.body.contains("not_permitted"))
            #expect(await !backend.isShutDown)
            #expect(await backend.links == 0)
        }
    }

    @Test(arguments: [
        ("GET", "/v1/identity", nil, 200), ("GET", "/v1/peers", nil, 200),
        ("PUT", "/v1/peers/bob", "{\"id\":\"roost1x\"}", 200),
        ("DELETE", "/v1/peers/bob", nil, 404), ("GET", "/v1/conversations", nil, 200), ("GET", "/v1/blocked", nil, 200),
        ("GET", "/v1/conversations/roost1x/messages?limit=60", nil, 200),
        ("GET", "/v1/conversations/roost1x/safety", nil, 200),
        ("PUT", "/v1/conversations/roost1x/safety", "{\"compared\":true}", 204), ("GET", "/v1/nodes", nil, 200),
        ("PUT", "/v1/conversations/roost1x/standing", "{\"standing\":\"blocked\"}", 204),
        ("POST", "/v1/messages/read", "{\"messages\":[]}", 204), ("DELETE", "/v1/conversations/roost1x", nil, 200),
    ])
    func whatThePageNeedsIsAnswered(method: String, path: String, body: String?, status: Int) async throws {
        try await withPage { server, _ in
            let visitor = try await Visitor.signedIn(server)
            #expect(try await visitor.ask(method, path, body: body).status == status)
        }
    }

    @Test func signingOutEndsTheSession() async throws {
        try await withPage { server, _ in
            let visitor = try await Visitor.signedIn(server)
            #expect(try await visitor.ask("DELETE", "/session", ["Roost-Tab": nil]).status == 401)
            #expect(try await visitor.ask("GET", "/session").status == 204)
            #expect(try await visitor.ask("GET", "/session", ["Sec-Fetch-Site": "cross-site"]).status == 403)
            let answer = try await visitor.ask("DELETE", "/session")
            #expect(answer.status == 204 && answer.headers["set-cookie"]?.first?.contains("Max-Age=0") == true)
            #expect(try await visitor.ask("GET", "/v1/status").status == 401)
        }
    }

    @Test func newsEndsWithTheSession() async throws {
        try await withPage { server, backend in
            let visitor = try await Visitor.signedIn(server)
            async let news = visitor.ask("GET", "/v1/events")
            while await !backend.isWatched { await Task.yield() }
            #expect(try await visitor.ask("DELETE", "/session").status == 204)
            // What happens now is not told any more: the stream ends instead.
            await backend.decide(.blocked, about: "roost1late")
            let told = try await news.body
            #expect(told.contains("id: 7") && !told.contains("roost1late"))
        }
    }

    @Test func aDaemonThatRunsAgainProvesItselfAndGoesOn() async throws {
        let file = MemoryFile()
        var visitor: Visitor?
        try await withPage(file) { server, _ in visitor = try await Visitor.signedIn(server) }
        let former = try #require(visitor)
        #expect(await !Visitor.listens(on: former.port))
        try await withPage(file) { _, _ in
            #expect(try await former.ask("GET", "/v1/status").status == 200)
            let challenge = String(repeating: "ab", count: 32)
            let unknown = try await former.ask(
                "GET", "/proof?tab=00&challenge=\(challenge)", ["Cookie": nil, "Roost-Tab": nil])
            #expect(unknown.status == 401)
            #expect(try await former.ask("GET", "/proof?tab=00&challenge=ab").status == 400)
        }
    }

    @Test func whereAnotherHasThePortAllAreSignedOut() async throws {
        let file = MemoryFile()
        var visitor: Visitor?
        try await withPage(file) { server, _ in visitor = try await Visitor.signedIn(server) }
        let former = try #require(visitor)
        // Another daemon takes the port: one that remembers the same.
        let others = MemoryFile()
        others.memory.write(Array(file.text.utf8))
        try await withPage(others) { _, _ in
            #expect(await Visitor.listens(on: former.port))
            try await withPage(file) { server, _ in
                let (port, _) = try Visitor.parts(await server.link())
                #expect(port != former.port)
            }
        }
        try await withPage(file) { server, _ in
            let again = Visitor(
                port: try Visitor.parts(await server.link()).port, cookie: former.cookie, tab: former.tab)
            #expect(try await again.ask("GET", "/v1/status").status == 401)
        }
    }

    /// What a browser keeps of a port may be of somebody who had it meanwhile.
    @Test func whoeverIsSignedOutGetsALinkToAnotherPort() async throws {
        let file = MemoryFile()
        var visitor: Visitor?
        try await withPage(file) { server, _ in
            visitor = try await Visitor.signedIn(server)
            _ = await server.endAll()
        }
        let former = try #require(visitor)
        try await withPage(file) { server, _ in
            let port = try Visitor.parts(await server.link()).port
            #expect(port != former.port)
        }
    }

    @Test func damagedMemoryIsNoMemory() async throws {
        for text in [
            "", "{}", "{\"port\":0,\"sessions\":[]}", "{\"port\":70000,\"sessions\":[]}", "[1]",
            "{\"port\":1,\"sessions\":[{}]}",
        ] {
            let file = MemoryFile()
            file.memory.write(Array(text.utf8))
            try await withPage(file) { server, _ in _ = try await Visitor.signedIn(server) }
        }
    }

    /// Any number is a time in a file that somebody has damaged. The session of such a time has ended.
    @Test(arguments: ["-9223372036854775808", "9223372036854775807"])
    func damagedTimesAreNoReasonNotToStart(time: String) async throws {
        let file = MemoryFile()
        try await withPage(file) { server, _ in _ = try await Visitor.signedIn(server) }
        let text = file.text.replacing(/"(used|began)":[0-9]+/) { "\"\($0.1)\":\(time)" }
        #expect(text != file.text && text.contains(time))
        file.memory.write(Array(text.utf8))
        try await withPage(file) { server, _ in _ = try await Visitor.signedIn(server) }
    }

    // MARK: Ends that stay ends

    /// The API's socket is there before the page has looked at what it remembers.
    @Test func aLinkThatIsAskedForTooSoonWaits() async throws {
        let file = MemoryFile()
        var visitor: Visitor?
        try await withPage(file) { server, _ in visitor = try await Visitor.signedIn(server) }
        let former = try #require(visitor)
        let server = WebServer(memory: file.memory)
        async let link = server.link()
        await Task.yield()
        await server.begin(StubBackend())
        let port = try Visitor.parts(await link).port
        #expect(port == former.port, "and those who were signed in still are")
        #expect(try await former.ask("GET", "/v1/status").status == 200)
        await server.stop()
        let ended = WebServer(memory: file.memory)
        async let tooLate = ended.link()
        await Task.yield()
        await ended.stop()
        do {
            _ = try await tooLate
            Issue.record("there is a link")
        } catch let error as ControlError { #expect(error.code == .unavailable) }
    }

    @Test func endingIsNotOvertakenByTheBeginning() async throws {
        let file = MemoryFile()
        var visitor: Visitor?
        try await withPage(file) { server, _ in visitor = try await Visitor.signedIn(server) }
        let former = try #require(visitor)
        let server = WebServer(memory: file.memory)
        async let count = server.endAll()
        await Task.yield()
        await server.begin(StubBackend())
        let ended = await count
        #expect(ended == 1)
        #expect(await !Visitor.listens(on: former.port))
        #expect(file.text.contains("\"sessions\":[]"))
        await server.stop()
    }

    /// Two requests are answered at once, and the first one's write is slow.
    @Test func aWriteThatComesLateBringsNothingBack() async throws {
        let file = MemoryFile()
        let gate = WriteGate()
        let memory = WebServer.Memory(read: { nil }, write: { gate.write($0, to: file) })
        let server = WebServer(memory: memory)
        await server.begin(StubBackend())
        // Signing in writes at once; the first use after that writes when it was.
        let visitor = try await Visitor.signedIn(server)
        gate.holdNext()
        async let used = visitor.ask("GET", "/session", ["Roost-Active": "1"])
        await gate.waitUntilHeld()
        async let ended = visitor.ask("DELETE", "/session")
        let statuses = try await [used.status, ended.status]
        #expect(statuses == [204, 204])
        #expect(file.text.contains("\"sessions\":[]"), "\(file.text)")
        await server.stop()
    }

    @Test func aPageThatOnlyListensIsNotUsed() async throws {
        var limits = WebLimits()
        limits.idleSeconds = 3
        try await withPage(limits: limits) { server, _ in
            let visitor = try await Visitor.signedIn(server)
            let end = ContinuousClock.now + .seconds(20)
            var status = 200
            while status == 200, ContinuousClock.now < end {
                status = try await visitor.ask("GET", "/v1/status").status
                try await Task.sleep(for: .milliseconds(100))
            }
            #expect(status == 401)
        }
    }
}
