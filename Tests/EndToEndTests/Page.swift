import Foundation
import Testing

/// A page of the documentation, whose commands are run as they stand there.
struct Page {
    /// A fenced block: `sh` is commands alone, `console` commands behind `$ `, each with what it prints.
    struct Block {
        let language: String
        let lines: [String]

        /// The commands, each with what the page says that it prints.
        var steps: [(command: String, output: [String])] {
            guard language == "console" else { return [(lines.joined(separator: "\n"), [])] }
            return lines.reduce(into: []) { steps, line in
                if line.hasPrefix("$ ") {
                    steps.append((String(line.dropFirst(2)), []))
                } else if !steps.isEmpty {
                    steps[steps.count - 1].output.append(line)
                }
            }
        }
    }

    /// The page's lines from the heading on, up to the next of its kind.
    let section: [Substring]

    /// - Parameter path: From the root of the repository.
    init(_ path: String, section heading: String) throws {
        let file = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../" + path).standardized
        let lines = try String(contentsOf: file, encoding: .utf8).split(
            separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex { $0 == "## " + heading }, "\(path) has no section \(heading)")
        section = Array(lines[(start + 1)...].prefix { !$0.hasPrefix("## ") })
    }

    var blocks: [Block] {
        var blocks: [Block] = []
        var open: (language: String, lines: [String])?
        for line in section {
            if let block = open {
                if line == "```" {
                    blocks.append(Block(language: block.language, lines: block.lines))
                    open = nil
                } else {
                    open = (block.language, block.lines + [String(line)])
                }
            } else if line.hasPrefix("```") {
                open = (String(line.dropFirst(3)), [])
            }
        }
        return blocks
    }
}

/// What a page prints, compared with what is printed: what differs from run to run counts as the same.
enum Printed {
    /// The pattern of a line: IDs, their beginnings, times and shortened texts stand for any.
    static func pattern(of line: String) throws -> Regex<AnyRegexOutput> {
        var pattern = NSRegularExpression.escapedPattern(for: line)
        for (example, any) in [
            (#"\b[0-9a-f]{32}\b"#, "[0-9a-f]{32}"), (#"\b[0-9a-f]{10}\b"#, "[0-9a-f]{10}"),
            (
                #"\d{4}\\?-\d\d\\?-\d\d \d\d:\d\d:\d\d [\\+-]*\d\d:\d\d"#,
                #"\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d [+-]\\d\\d:\\d\\d"#
            ),
            (#"roost1[a-z0-9]+…"#, "roost1[a-z0-9]{58}"), ("…", ".*"),
            // Which way was faster, and who was there, is up to the machine.
            ("delivered directly", "delivered( directly)?"), ("via (direct|mailbox)", "via (direct|mailbox)"),
            (#"stored on \d+ of \d+"#, #"stored on \\d+ of \\d+"#),
        ] {
            pattern = pattern.replacingOccurrences(of: example, with: any, options: .regularExpression)
        }
        return try Regex(pattern)
    }
}
