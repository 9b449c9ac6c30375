import Foundation
import Testing
import WebPage

/// The page's own files: what is in them, and what never is.
@Suite struct PageFilesTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Sources/WebPage/Page")

    private static func texts() throws -> [(name: String, text: String)] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path()).sorted().map {
            ($0, try String(contentsOf: folder.appending(path: $0), encoding: .utf8))
        }
    }

    @Test func allOfThemAreServed() throws {
        let names = try PageFilesTests.texts().map { $0.name == "index.html" ? "/" : "/\($0.name)" }
        #expect(names.count > 20 && Set(names) == Set(PageFiles.paths))
    }

    /// What would make text of others into markup or code.
    private static let forbidden = [
        "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function",
        "createContextualFragment", "DOMParser",
        "setHTMLUnsafe", "srcdoc", "javascript:", "importScripts", "localStorage", "indexedDB", "dangerously", "XSLT",
        "Worker(",
    ]

    /// The first thing in a text that must not be there.
    private func offence(in text: String, of name: String) -> String? {
        if let found = PageFilesTests.forbidden.first(where: { text.contains($0) }) { return found }
        // Attributes that are code, as in `onclick="…"`; a style of its own; another place than this one.
        let patterns = [
            #"\son[a-z]+\s*="#, #"<script(?![^>]*\ssrc="/)"#, #"<style|\sstyle\s*="#, #"@import|url\("#,
            #"\.on[a-z]+\s*=[^=>]"#,
        ]
        for pattern in patterns where text.range(of: pattern, options: .regularExpression) != nil { return pattern }
        let addresses = text.matches(of: /(?:https?:)?\/\/[a-z0-9-]+\.[a-z]/).map { String($0.0) }
        return addresses.first { $0 != "http://www.w" }
    }

    @Test func noneMakesMarkupOfTextOrLoadsFromElsewhere() throws {
        for (name, text) in try PageFilesTests.texts() { #expect(offence(in: text, of: name) == nil, "\(name)") }
    }

    @Test(arguments: [
        "node.innerHTML = text", "x.insertAdjacentHTML('a', b)", "document.write(1)", "eval(x)", "<p onclick=\"x()\">",
        "node.onclick = act",
        "<script>alert(1)</script>", "<script src=\"https://cdn.example/x.js\"></script>", "<p style=\"color: red\">",
        "@import 'x'",
        "fetch('//example.org/x')", "import x from \"https://esm.example/x.js\"",
    ])
    func whatMustNotBeThereIsFound(text: String) { #expect(offence(in: text, of: "a.js") != nil) }

    @Test func eachIsSmallAndImportsWhatThereIs() throws {
        let names = Set(try PageFilesTests.texts().map(\.name))
        for (name, text) in try PageFilesTests.texts() {
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.count <= 260 && lines.allSatisfy { $0.count <= 160 || name == "icon.svg" }, "\(name)")
            for match in text.matches(of: /from "\/([a-z]+\.js)"/) {
                #expect(names.contains(String(match.1)), "\(name): \(match.1)")
            }
            if name.hasSuffix(".js") { #expect(text.hasPrefix("// "), "\(name) doesn't say what it is for") }
        }
    }
}
