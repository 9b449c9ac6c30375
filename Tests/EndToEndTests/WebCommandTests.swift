import Foundation
import Testing

/// `roost web`: the link, who gets to see it, and its end.
@Suite(.serialized) struct WebCommandTests {
    private func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? Int)
    }

    /// Uses a link as the page does; the status.
    private func use(_ link: String) async throws -> Int {
        let url = try #require(URL(string: link))
        let (port, token) = (try #require(url.port), try #require(url.fragment))
        let run = try await Command.run(
            "/usr/bin/env",
            [
                "curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", "--header",
                "Origin: http://127.0.0.1:\(port)",
                "--json", "{\"token\":\"\(token)\"}", "http://127.0.0.1:\(port)/session",
            ], home: NSTemporaryDirectory())
        return Int(run.output) ?? 0
    }

    @Test func aLinkIsGivenAndEnded() async throws {
        try await Network.with(1) { network in
            let alice = network.members[0]
            let plain = try await alice.roost("web")
            #expect(plain.status == 0 && plain.errors.isEmpty)
            #expect(plain.output.wholeMatch(of: /http:\/\/127\.0\.0\.1:\d+\/#[0-9a-f]{64}\n/) != nil, "\(plain.output)")
            let report = try await alice.roost("web", "--json").object()
            let link = try #require(report["link"] as? String)
            #expect(
                (report["expiresAt"] as? String)?.hasSuffix("Z") == true
                    && link != plain.output.trimmingCharacters(in: .newlines))
            #expect(try await use(link) == 201)
            #expect(try await use(link) == 403)
            let kept = alice.directory + "/web.json"
            #expect(try mode(kept) == 0o600)
            let text = try String(contentsOfFile: kept, encoding: .utf8)
            #expect(!text.contains(try #require(URL(string: link)?.fragment)))

            // Over a restart the port is the same, as a browser is still signed in.
            #expect(try await alice.stop() == 0)
            try await alice.start()
            let again = try await alice.roost("web").output
            #expect(URL(string: again.trimmingCharacters(in: .newlines))?.port == URL(string: link)?.port)

            let end = try await alice.roost("web", "--end")
            #expect(
                end.status == 0 && end.output.isEmpty
                    && end.errors.contains("The page is closed; 1 browser was signed in."))
            #expect(try await use(again) == 0)
            #expect(try await alice.roost("web", "--end", "--json").object()["ended"] as? Int == 0)
            let both = try await alice.roost("web", "--open", "--end")
            #expect(both.status == 64 && both.output.isEmpty)
        }
    }

    @Test func aBrowserIsGivenAFileAndNotTheLink() async throws {
        try await Network.with(1) { network in
            let alice = network.members[0]
            let tools = network.root + "/tools"
            try FileManager.default.createDirectory(atPath: tools, withIntermediateDirectories: true)
            for name in ["xdg-open", "open"] {
                let script =
                    "#!/bin/sh\nprintf '%s\\n' \"$@\" >\"\(tools)/seen.new\" && mv \"\(tools)/seen.new\" \"\(tools)/seen\"\n"
                _ = FileManager.default.createFile(
                    atPath: tools + "/" + name, contents: Data(script.utf8), attributes: [.posixPermissions: 0o755])
            }
            let run = try await Command.run(
                nil, ["web", "--open", "--data", alice.directory], home: network.root,
                environment: ["PATH": "\(tools):/usr/bin:/bin"])
            #expect(run.status == 0 && run.output.isEmpty, "\(run.errors)")
            try await eventually { FileManager.default.fileExists(atPath: tools + "/seen") }
            let file = alice.directory + "/web.html"
            #expect(try String(contentsOfFile: tools + "/seen", encoding: .utf8) == file + "\n")
            #expect(try mode(file) == 0o600)
            let page = try String(contentsOfFile: file, encoding: .utf8)
            let link = try #require(page.firstMatch(of: /url=(http:\/\/127\.0\.0\.1:\d+\/#[0-9a-f]{64})"/))
            #expect(try await use(String(link.1)) == 201)

            let none = try await Command.run(
                nil, ["web", "--open", "--data", alice.directory], home: network.root,
                environment: ["PATH": network.root])
            #expect(none.status == 73 && none.errors.contains("web.html"), "\(none.errors)")
        }
    }

    @Test func withoutADaemonThereIsNone() async throws {
        try await Network.with(0) { network in
            let alice = try network.member("alice")
            _ = try await alice.id()
            for arguments in [["web"], ["web", "--end"]] {
                let run = try await Command.run(nil, arguments + ["--data", alice.directory], home: network.root)
                #expect(run.status == 69 && run.output.isEmpty && run.errors.contains("roost up"), "\(run.errors)")
            }
        }
    }
}
