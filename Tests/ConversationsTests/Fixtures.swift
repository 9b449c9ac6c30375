import Basics
import Foundation
import Testing

/// Named known answers, as the files in Tests/Fixtures hold them: a name on an unindented line, its bytes in hexadecimal on the
/// indented lines below, and comments after `#`.
struct Fixtures {
    private(set) var names: [String] = []
    private var vectors: [String: [UInt8]] = [:]

    init(_ file: String) throws {
        let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/\(file).txt")
        for line in try String(contentsOf: url, encoding: .utf8).split(separator: "\n") {
            let text = line.prefix { $0 != "#" }
            let content = text.filter { !$0.isWhitespace }
            if text.hasPrefix(" ") {
                let name = try #require(names.last)
                vectors[name, default: []] += try #require(Hexadecimal.decode(content))
            } else if !content.isEmpty {
                names.append(text.trimmingCharacters(in: .whitespaces))
            }
        }
    }

    subscript(name: String) -> [UInt8] {
        get throws { try #require(vectors[name], "there is no vector named \(name)") }
    }

    func bytes32(_ name: String) throws -> Bytes32 { try #require(Bytes32(try self[name])) }
}
