import Foundation

/// One Swift file of the repository.
struct SourceFile {
    /// Relative to the repository, such as `Sources/Basics/Time.swift`.
    let path: String
    /// The lines as they are written.
    let lines: [Substring]
    /// The lines without comments and without the contents of strings, where anything is left of them; from line 1.
    let code: [(line: Int, text: Substring)]

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        code = SwiftCode.strip(text).split(separator: "\n", omittingEmptySubsequences: false).enumerated()
            .map { (line: $0 + 1, text: $1) }
            .filter { !$0.text.utf8.allSatisfy { $0 == UInt8(ascii: " ") } }
    }

    /// `Sources` or `Tests`.
    var tree: String { String(path.split(separator: "/")[0]) }

    /// The directory under `Sources` or `Tests`: the name of the module.
    var module: String { String(path.split(separator: "/")[1]) }
}

/// The repository that this file is part of.
enum SourceTree {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Every Swift file under `Sources` and `Tests`, in the order of their paths.
    static func files() throws -> [SourceFile] {
        var files: [SourceFile] = []
        for tree in ["Sources", "Tests"] {
            let directory = root.appending(path: tree)
            for path in try FileManager.default.subpathsOfDirectory(atPath: directory.path()).sorted()
            where path.hasSuffix(".swift") {
                let text = try String(contentsOf: directory.appending(path: path), encoding: .utf8)
                files.append(SourceFile(path: "\(tree)/\(path)", text: text))
            }
        }
        return files
    }

    /// The names of the directories in one under the root.
    static func directories(in path: String) throws -> [String] {
        let directory = root.appending(path: path)
        return try FileManager.default.contentsOfDirectory(atPath: directory.path())
            .filter { name in
                var isDirectory: ObjCBool = false
                let path = directory.appending(path: name).path()
                return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
            }
            .sorted()
    }
}
