import Foundation
import Testing

/// The README's session does what it says, as it stands there.
@Suite(.serialized, .timeLimit(.minutes(3))) struct ReadmeTests {
    private static let hasCurl = FileManager.default.isExecutableFile(atPath: "/usr/bin/curl")

    /// Each step's standard output is a file, `out0`, `out1`, …; what goes on until somebody ends it is ended once it has printed
    /// as much as the page shows.
    private func script(_ steps: [(command: String, output: [String])]) -> String {
        var lines: [String] = []
        for (index, step) in steps.enumerated() {
            let files = ">\"$files/out\(index)\" 2>\"$files/errors\(index)\""
            if step.command.contains(" --follow") {
                lines.append(
                    """
                    : >"$files/out\(index)"
                    \(step.command) \(files) & follower=$!
                    for ((i = 0; i < 300; i++)); do
                        [ "$(wc -l <"$files/out\(index)")" -lt \(step.output.count) ] || break
                        sleep 0.1
                    done
                    kill $follower; wait $follower; true
                    """)
            } else {
                lines.append("{ \(step.command)\n} \(files)")
            }
            lines.append("echo $? >\"$files/code\(index)\"")
        }
        return lines.joined(separator: "\n")
    }

    @Test func theSessionIsAsThePageSays() async throws {
        try await Network.with(0) { network in
            let root = network.root
            // A port that nobody uses: freed again at once, and not given out twice soon.
            let probe = try network.member("probe")
            try await probe.start()
            let port = try #require(probe.endpoint?.split(separator: ":").last)
            try await probe.stop()

            let blocks = try Page("README.md", section: "A session").blocks
            func adapted(_ text: String) throws -> String {
                text.replacing("/tmp/roost", with: root).replacing("7337", with: port)
                    .replacing(
                        "$PWD/.build/release",
                        with: try URL(fileURLWithPath: Command.binary()).deletingLastPathComponent().path)
            }
            let all = try blocks.flatMap(\.steps).map { (command: try adapted($0.command), output: $0.output) }
            let steps = all.filter {
                !$0.command.contains(" --watch") && ($0.command.hasPrefix("curl ") ? ReadmeTests.hasCurl : true)
            }
            #expect(steps.count >= 10 && all.contains { $0.command.contains(" --watch") })
            let files = root + "/files"
            try FileManager.default.createDirectory(atPath: files, withIntermediateDirectories: true)
            func end() async throws {
                for name in ["first", "second", "third", "alice", "bob"] {
                    _ = try await Command.run(nil, ["down", "--data", root + "/" + name], home: root)
                }
            }
            let session = try Running("/bin/bash", ["-c", script(steps)], home: root, environment: ["files": files])
            let status = try await session.end(within: .seconds(90))
            #expect(status == 0, "\(session.errors)")
            for (index, step) in steps.enumerated() {
                func text(_ name: String) throws -> String {
                    try String(contentsOfFile: files + "/\(name)\(index)", encoding: .utf8)
                }
                let (output, errors) = (try text("out"), try text("errors"))
                #expect(try text("code") == "0\n", "\(step.command): \(errors)")
                if step.command.hasPrefix("curl ") { #expect(output.contains(#""state":"ready""#), "\(output)") }
                // Those that go on in the background say where, and the page is about others.
                guard !step.command.hasSuffix("&"), step.command.hasPrefix("roost ") else { continue }
                let printed = output.split(separator: "\n").map(String.init)
                try #require(printed.count == step.output.count, "\(step.command): \(output)\(errors)")
                for (line, shown) in zip(printed, step.output) {
                    #expect(
                        try line.wholeMatch(of: Printed.pattern(of: shown)) != nil,
                        "\(step.command): \(line) is not: \(shown)")
                }
            }
            if let watch = all.first(where: { $0.command.contains(" --watch") }) {
                let arguments = watch.command.split(separator: " ").dropFirst().map(String.init)
                let terminal = try Pseudoterminal(
                    Command.binary(), arguments + ["--interval", "0.1"], home: root, environment: ["NO_COLOR": "1"])
                // Figures change; what they are called does not.
                let names = Set(
                    watch.output.compactMap {
                        $0.hasPrefix(" ") ? nil : $0.split(separator: " ").first.map(String.init)
                    })
                #expect(names.isSuperset(of: ["roost", "network", "outbox", "lately", "Ctrl-C"]))
                try await eventually { terminal.screen.contains("outbox") }
                let isWhole = try await holds(within: .seconds(20)) {
                    // Again and again, as news are shown from the moment on in which they are listened to.
                    _ = try await Command.run(nil, ["send", "bob", "One more.", "--data", root + "/alice"], home: root)
                    let lines = terminal.screen.split(whereSeparator: \.isNewline)
                    return names.allSatisfy { name in lines.contains { $0.hasPrefix(name) } }
                }
                #expect(isWhole, "\(names): \(terminal.screen)")
                terminal.type("q")
                #expect(try await terminal.end() == 0)
            }
            try await end()
        }
    }

    /// Every command that the README's table names is one.
    @Test func theTableNamesCommandsThatThereAre() async throws {
        let rows = try Page("README.md", section: "A session").section.filter { $0.hasPrefix("| `roost ") }
        #expect(rows.count >= 9)
        for row in rows {
            let named = row.split(separator: "|", omittingEmptySubsequences: true).first.map(String.init) ?? ""
            for part in named.split(separator: "`").filter({ !$0.allSatisfy { ", ".contains($0) } }) {
                let name = try #require(part.split(separator: " ").first { $0 != "roost" }, "\(row)")
                let help = try await Command.run(nil, [String(name), "--help"], home: NSTemporaryDirectory())
                #expect(help.status == 0 && help.output.contains("EXAMPLES"), "\(name)")
            }
        }
    }
}
