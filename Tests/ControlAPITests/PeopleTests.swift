import ControlAPI
import Foundation
import Testing

/// Names, safety numbers, one's own ID and the page, over a socket.
@Suite struct PeopleTests {
    func answer(_ server: ControlServer, _ method: String, _ path: String, _ body: String? = nil) async throws
        -> (status: String, body: String)
    {
        let connection = try RawConnection(server.socketPath)
        let length = body.map { "Content-Length: \($0.utf8.count)\r\n" } ?? ""
        await connection.send(
            "\(method) \(path) HTTP/1.1\r\nHost: roost\r\nConnection: close\r\n\(length)\r\n\(body ?? "")")
        let halves = await connection.receiveAll().components(separatedBy: "\r\n\r\n")
        return (String(halves[0].split(separator: " ")[1]), halves.dropFirst().joined())
    }

    @Test func namesAreGivenAndTaken() async throws {
        try await withServer { _, backend, server in
            let given = try await answer(server, "PUT", "/v1/peers/b%C3%B6b", "{\"id\":\"roost1one\"}")
            #expect(given.status == "200" && given.body == "{\"id\":\"roost1one\",\"name\":\"böb\"}\n")
            #expect(try await answer(server, "PUT", "/v1/peers/b%C3%B6b", "{\"id\":\"roost1two\"}").status == "409")
            let replaced = try await answer(
                server, "PUT", "/v1/peers/b%C3%B6b", "{\"id\":\"roost1two\",\"replace\":true}")
            #expect(replaced.status == "200")
            #expect(await backend.names == ["böb": "roost1two"])
            #expect(try await answer(server, "DELETE", "/v1/peers/b%C3%B6b").status == "204")
            #expect(try await answer(server, "DELETE", "/v1/peers/b%C3%B6b").status == "404")
            for body in ["{}", "{\"id\":\"a\",\"name\":\"b\"}", "{\"id\":\"a\",\"id\":\"b\"}", "[]", ""] {
                #expect(try await answer(server, "PUT", "/v1/peers/x", body).status == "400", "\(body)")
            }
            #expect(try await answer(server, "GET", "/v1/peers/x").status == "405")
        }
    }

    @Test func safetyNumbersAreShownAndMarked() async throws {
        try await withServer { _, backend, server in
            let path = "/v1/conversations/roost1x/safety"
            let plain = try await answer(server, "GET", path)
            #expect(
                plain.body
                    == "{\"groups\":[\"12345\",\"67890\"],\"number\":\"1234567890\",\"own\":\"roost1me\",\"peer\":\"roost1x\"}\n"
            )
            #expect(try await answer(server, "PUT", path, "{\"compared\":true}").status == "204")
            #expect(await backend.compared == ["roost1x"])
            #expect(try await answer(server, "GET", path).body.contains("\"compared\":\"2023-11-14T22:13:20Z\""))
            #expect(try await answer(server, "PUT", path, "{\"compared\":false}").status == "204")
            #expect(try await answer(server, "PUT", path, "{\"compared\":1}").status == "400")
            #expect(try await answer(server, "POST", path).status == "405")
        }
    }

    @Test func oneselfIsShown() async throws {
        try await withServer { _, _, server in
            let own = try await answer(server, "GET", "/v1/identity")
            #expect(
                own.body
                    == "{\"code\":[\"10\",\"01\"],\"id\":\"roost1me\",\"link\":\"roost:roost1me\",\"node\":\"00\"}\n")
        }
    }

    @Test func thePageIsOpenedAndEnded() async throws {
        try await withServer { client, _, server in
            let (link, ended) = (try await client.webLink(), try await client.endWeb())
            #expect(link.link == "http://127.0.0.1:1/#00" && ended == 2)
            #expect(try await answer(server, "POST", "/v1/web").status == "201")
            #expect(try await answer(server, "GET", "/v1/web").status == "405")
        }
    }
}

extension PeopleTests {
    @Test func oneselfIsNamed() async throws {
        try await withServer { client, _, server in
            #expect(try await client.oneself() == SelfReport(id: "roost1me", name: nil))
            #expect(try await client.nameOneself("Böb") == SelfReport(id: "roost1me", name: "Böb"))
            let shown = try await answer(server, "GET", "/v1/self")
            #expect(shown.body == "{\"id\":\"roost1me\",\"name\":\"Böb\"}\n")
            let cleared = try await answer(server, "PUT", "/v1/self", "{\"name\":null}")
            #expect(cleared.status == "200" && cleared.body == "{\"id\":\"roost1me\"}\n")
            for body in ["{\"nick\":\"a\"}", "[]", "", "{\"name\":1}"] {
                #expect(try await answer(server, "PUT", "/v1/self", body).status == "400", "\(body)")
            }
            #expect(try await answer(server, "DELETE", "/v1/self").status == "405")
        }
    }

    @Test func peopleAreIntroduced() async throws {
        try await withServer { client, backend, server in
            let listed = try await answer(server, "GET", "/v1/introductions")
            #expect(
                listed.body
                    == "{\"introductions\":[{\"from\":\"roost1alice\",\"fromName\":\"alice\",\"id\":\"roost1carol\",\"name\":\"carol\",\"sentAt\":\"2023-11-14T22:13:20Z\"}],\"waiting\":[\"roost1dave\"]}\n"
            )
            let list = try await client.introductions()
            #expect(list.introductions.map(\.name) == ["carol"] && list.waiting == ["roost1dave"])
            let introduction = NewIntroduction(to: "roost1bob", peer: "roost1carol", key: "k")
            #expect(try await client.introduce(introduction).text != nil)
            #expect(await backend.introduced == [introduction])
            let body = "{\"peer\":\"roost1carol\",\"to\":\"roost1bob\"}"
            #expect(try await answer(server, "POST", "/v1/introductions", body).status == "201")
            for wrong in ["{}", "{\"to\":\"a\"}", "{\"to\":\"a\",\"peer\":\"b\",\"name\":\"c\"}"] {
                #expect(try await answer(server, "POST", "/v1/introductions", wrong).status == "400", "\(wrong)")
            }
            #expect(try await answer(server, "DELETE", "/v1/introductions").status == "405")
        }
    }
}

extension PeopleTests {
    @Test func draftsAreKeptListedAndTold() async throws {
        try await withServer { client, _, server in
            let path = "/v1/conversations/roost1odd/draft"
            let nothing = try await answer(server, "GET", path)
            #expect(nothing.status == "200" && nothing.body == "{\"peer\":\"roost1odd\",\"text\":\"\"}\n")
            #expect(try await answer(server, "PUT", path, "{\"text\":\"Half\"}").status == "204")
            #expect(
                try await answer(server, "GET", path).body
                    == "{\"changedAt\":\"2023-11-14T22:13:20Z\",\"peer\":\"roost1odd\",\"text\":\"Half\"}\n")
            try await client.setDraft("To even", to: "roost1even")
            #expect(try await client.drafts().map(\.text) == ["To even", "Half"])
            #expect(try await answer(server, "GET", "/v1/drafts").body.hasPrefix("{\"drafts\":[{"))
            #expect(try await answer(server, "DELETE", path).status == "204")
            #expect(try await answer(server, "DELETE", path).status == "204")
            #expect(try await client.draft(to: "roost1odd").text.isEmpty)
            for body in ["{}", "{\"text\":1}", "{\"text\":\"a\",\"to\":\"b\"}", ""] {
                #expect(try await answer(server, "PUT", path, body).status == "400", "\(body)")
            }
            #expect(try await answer(server, "POST", path).status == "405")
            #expect(try await answer(server, "GET", "/v1/drafts?limit=1").status == "400")
        }
    }

    @Test func aChangedDraftIsToldByItsPeerAlone() async throws {
        try await withServer { client, _, _ in
            var peers: [String] = []
            struct Enough: Error {}
            await #expect(throws: Enough.self) {
                try await client.events { _ in
                    try await client.setDraft("secret", to: "roost1odd")
                } _: { event in
                    if case .draft(let peer) = event { peers.append(peer) }
                    throw Enough()
                }
            }
            #expect(peers == ["roost1odd"])
        }
    }

    @Test func whatIsChosenIsShownAndChanged() async throws {
        try await withServer { client, _, server in
            #expect(try await answer(server, "GET", "/v1/settings").body == "{\"readReceipts\":true}\n")
            let off = try await answer(server, "PUT", "/v1/settings", "{\"readReceipts\":false}")
            #expect(off.status == "200" && off.body == "{\"readReceipts\":false}\n")
            #expect(try await client.settings() == SettingsReport(readReceipts: false))
            #expect(try await client.choose(SettingsReport(readReceipts: true)).readReceipts)
            for body in ["{}", "{\"readReceipts\":\"off\"}", "{\"readReceipts\":true,\"a\":1}"] {
                #expect(try await answer(server, "PUT", "/v1/settings", body).status == "400", "\(body)")
            }
        }
    }
}
