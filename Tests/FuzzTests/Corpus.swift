import Basics
import Foundation

/// The inputs that are kept for a target: `Tests/Fixtures/corpus/TARGET.txt`, each a line in hexadecimal. What stands after
/// `#` is a comment: what an input once found.
struct Corpus {
    let inputs: [[UInt8]]

    init(of target: FuzzTarget) throws {
        let text = try String(contentsOf: Corpus.file(of: target), encoding: .utf8)
        inputs = try text.split(separator: "\n").compactMap { line in
            let digits = line.prefix { $0 != "#" }.filter { !$0.isWhitespace }
            guard !digits.isEmpty else { return nil }
            guard let input = Hexadecimal.decode(digits) else { throw Finding("not hexadecimal: \(line)") }
            return input
        }
    }

    /// Where the inputs of a target are kept.
    static func file(of target: FuzzTarget) -> URL {
        URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../Fixtures/corpus/\(target.rawValue).txt"
        )
        .standardizedFileURL
    }
}
