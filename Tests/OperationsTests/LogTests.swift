import Foundation
import Logging
import Operations
import Testing

/// What a line of the log looks like, and where it goes.
@Suite struct LogTests {
    private let time = Date(timeIntervalSince1970: 1_795_262_400.1234)

    @Test func aTextLineIsForPeople() {
        let line = LogLine(time: time, level: .warning, message: "It rains", metadata: ["b": "2", "a": "1"])
        #expect(line.text() == "2026-11-21T12:00:00Z warning: It rains (a: 1, b: 2)")
        #expect(LogLine(time: time, level: .info, message: "So").text() == "2026-11-21T12:00:00Z info: So")
    }

    @Test func theJournalKeepsTheTimeAndTakesTheLevel() {
        let lines = [Logger.Level.critical, .error, .warning, .notice, .info, .debug, .trace].map {
            LogLine(time: time, level: $0, message: "So").text(forJournal: true)
        }
        #expect(lines == ["<2>So", "<3>So", "<4>So", "<5>So", "<6>So", "<7>So", "<7>So"])
    }

    @Test func nothingBeginsALineOfItsOwn() {
        let line = LogLine(time: time, level: .info, message: "a\nb\u{1b}[31m\u{2028}c\r\nd").text()
        #expect(line == "2026-11-21T12:00:00Z info: a\\nb�[31m�c�\\nd")
    }

    @Test func aJSONLineIsOneObject() throws {
        let message = "quote \" backslash \\ newline \n bell \u{7} delete \u{7f} tab \t ü 🪺"
        let metadata: Logger.Metadata = [
            "one": "1", "list": ["x", .stringConvertible(2)], "more": ["deep": ["er": "\"\n"]],
        ]
        let json = LogLine(time: time, level: .notice, message: message, metadata: metadata).json
        #expect(!json.contains("\n"))
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        #expect(Set(object.keys) == ["time", "level", "message", "metadata"])
        #expect(object["time"] as? String == "2026-11-21T12:00:00.123Z")
        #expect(object["level"] as? String == "notice")
        #expect(object["message"] as? String == message)
        let read = try #require(object["metadata"] as? [String: Any])
        #expect(read["one"] as? String == "1")
        #expect(read["list"] as? [String] == ["x", "2"])
        #expect(((read["more"] as? [String: Any])?["deep"] as? [String: Any])?["er"] as? String == "\"\n")
        let bare = LogLine(time: time, level: .notice, message: "").json
        #expect(bare == #"{"time":"2026-11-21T12:00:00.123Z","level":"notice","message":""}"#)
    }

    /// What a logger with this output writes to a file.
    private func written(
        _ format: LogFormat, _ journal: (stat) -> String? = { _ in nil }, log body: (Logger) -> Void
    ) throws -> [String] {
        let scratch = Scratch()
        let descriptor = open(try scratch.write("", to: "log"), O_WRONLY | O_APPEND)
        defer { close(descriptor) }
        var status = stat()
        try #require(fstat(descriptor, &status) == 0)
        let environment = journal(status).map { ["JOURNAL_STREAM": $0] } ?? [:]
        body(
            Logger(label: "test") { _ in
                LogOutput(format: format, level: .info, descriptor: descriptor, environment: environment)
            })
        return try String(contentsOfFile: scratch.file("log"), encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    @Test func aLoggerWritesWholeLinesOfItsLevelOn() throws {
        let lines = try written(.json) { logger in
            var logger = logger
            logger[metadataKey: "all"] = "1"
            logger.info("Heard", metadata: ["own": "2"])
            logger.debug("Not heard")
        }
        #expect(lines.count == 2 && lines[1].isEmpty)
        #expect(lines[0].hasSuffix(#""level":"info","message":"Heard","metadata":{"all":"1","own":"2"}}"#))
    }

    @Test func onlyTheJournalItselfIsTakenForIt() throws {
        let own = { (status: stat) -> String? in "\(status.st_dev):\(status.st_ino)" }
        let lines = try written(.text, own, log: { $0.info("So") })
        #expect(lines == ["<6>So", ""])
        for variable in ["1:2", "", "x", "1:2:3", "-1:5"] {
            let other = try written(.text, { _ in variable }, log: { $0.info("So") })
            #expect(other[0].hasSuffix("Z info: So"))
        }
        let json = try written(.json, own, log: { $0.info("So") })
        #expect(json[0].hasPrefix("{\"time\":"))
    }

    @Test func linesOfManyThreadsDoNotMix() async throws {
        let scratch = Scratch()
        let descriptor = open(try scratch.write("", to: "log"), O_WRONLY | O_APPEND)
        defer { close(descriptor) }
        let text = String(repeating: "x", count: 5_000)
        let logger = Logger(label: "test") { _ in
            LogOutput(format: .text, level: .info, descriptor: descriptor, environment: [:])
        }
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<50 { group.addTask { logger.info("\(number) \(text)") } }
        }
        let lines = try String(contentsOfFile: scratch.file("log"), encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 50 && lines.allSatisfy { $0.hasSuffix(text) && $0.contains("Z info: ") })
    }

    /// A suspended `| less`, or a collector that hangs.
    @Test func aReaderThatSleepsHoldsNothingUp() throws {
        var ends: [CInt] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { close(ends[0]) }
        let log = Logger(label: "test") { [descriptor = ends[1]] _ in
            LogOutput(format: .text, level: .info, descriptor: descriptor, environment: [:])
        }
        let text = String(repeating: "x", count: 1_000)
        for _ in 0..<1_000 { log.notice("\(text)") }
        let room = 1 << 20
        var buffer = [UInt8](repeating: 0, count: room)
        let before = read(ends[0], &buffer, room)
        #expect(before > 4_096 && before < 1_000_000, "\(before)")
        log.notice("Awake")
        close(ends[1])
        let count = read(ends[0], &buffer, room)
        let rest = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        #expect(rest.contains("lines of the log were lost") && rest.hasSuffix("notice: Awake\n"), "\(rest.suffix(200))")
    }
}
