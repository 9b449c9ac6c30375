import Foundation
import Testing

/// `roost up --api`: the API over TCP, its token, and what is said of both.
@Suite(.serialized) struct ApiPortTests {
    private func launch(_ arguments: [String], in network: Network) throws -> Running {
        try Running(
            Command.binary(), ["up", "--data", network.root + "/m 'x", "--listen", "127.0.0.1:0"] + arguments,
            home: network.root)
    }

    private func paste(_ line: String) async throws -> String {
        try await Command.run("/bin/sh", ["-c", line], home: NSTemporaryDirectory()).output
    }

    @Test func theLineThatIsShownWorksWhenPasted() async throws {
        try await Network.with(0) { network in
            let token = network.root + "/m 'x/api-token"
            for attempt in 0..<2 {
                let running = try launch(["--api", "127.0.0.1:0"], in: network)
                try await eventually { running.output.contains("\n") }
                let line = try #require(running.errors.split(separator: "\n").first { $0.hasPrefix("printf ") })
                let answer = try await paste(String(line))
                #expect(answer.contains("\"uptimeSeconds\""), "\(line) \(answer)")
                let secret = try String(contentsOfFile: token, encoding: .utf8).trimmingCharacters(in: .newlines)
                #expect(secret.count == 64 && !running.errors.contains(secret) && !running.output.contains(secret))
                let mode = try FileManager.default.attributesOfItem(atPath: token)[.posixPermissions] as? Int
                #expect(mode == 0o600)
                running.send(signal: SIGTERM)
                #expect(try await running.end(within: .seconds(10)) == 0)
                // One that somebody has chosen stays, as the first that was made would.
                if attempt == 0 {
                    let chosen = String(repeating: "c", count: 64)
                    _ = try await paste("printf '\(chosen)\\n' > \"\(token)\"")
                }
            }
            #expect(try String(contentsOfFile: token, encoding: .utf8).hasPrefix("cccc"))
            _ = try await paste("chmod 644 \"\(token)\"")
            let open = try launch(["--api", "0"], in: network)
            #expect(try await open.end(within: .seconds(10)) == 78)
            #expect(open.errors.contains("chmod 600"), "\(open.errors)")
            _ = try await paste("printf 'short' > \"\(token)\"; chmod 600 \"\(token)\"")
            let short = try launch(["--api", "0"], in: network)
            #expect(try await short.end(within: .seconds(10)) == 78)
            #expect(short.errors.contains("holds no token"), "\(short.errors)")
        }
    }

    @Test(arguments: ["0.0.0.0:7338", "[::]:7338", "192.168.1.2:7338", "x", "70000", ""])
    func elsewhereThanOnTheLoopbackIsRefused(place: String) async throws {
        try await Network.with(0) { network in
            let running = try launch(["--api", place], in: network)
            #expect(try await running.end(within: .seconds(10)) == 64)
            #expect(running.errors.contains("--api") && running.errors.contains("of the loopback"), "\(running.errors)")
            #expect(!FileManager.default.fileExists(atPath: network.root + "/m 'x"))
        }
    }

    @Test func withoutItThereIsNone() async throws {
        try await Network.with(0) { network in
            let running = try launch([], in: network)
            try await eventually { running.output.contains("\n") }
            #expect(
                !running.errors.contains("printf ")
                    && !FileManager.default.fileExists(atPath: network.root + "/m 'x/api-token"))
            running.send(signal: SIGTERM)
            #expect(try await running.end(within: .seconds(10)) == 0)
        }
    }
}
