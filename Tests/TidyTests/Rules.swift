/// What a rule has against a line.
struct Violation: CustomStringConvertible {
    let path: String
    let line: Int
    let reason: String

    /// As compilers write it, so that editors find the place.
    var description: String { "\(path):\(line): \(reason)" }
}

/// The rules of this repository that no compiler checks.
enum Rules {
    static func violations(in file: SourceFile) -> [Violation] {
        imports(in: file) + purity(in: file) + length(of: file) + safety(in: file) + commands(in: file)
    }

    /// Imports follow the layers; tests use Swift Testing and what is public.
    static func imports(in file: SourceFile) -> [Violation] {
        find(
            /^\s*((?:@[\w()]+\s+)*)(?:(?:public|package|internal|fileprivate|private)\s+)?import\s+(.+)$/,
            hints: ["import"], in: file
        ) { match, _ in
            // `import struct Module.Name` as well as `import Module`.
            let module = String(match.2.split(separator: " ").last?.split(separator: ".").first ?? "")
            guard file.tree == "Sources" else {
                if match.1.contains("@testable") { return "tests use what is public or package, without @testable" }
                return module == "XCTest" ? "tests use Swift Testing, not XCTest" : nil
            }
            guard let allowed = Layers.allowedImports[file.module] else { return "\(file.module) has no layer" }
            return allowed.contains(module) ? nil : "\(file.module) must not import \(module)"
        }
    }

    /// Pure modules call nothing whose answer is not in their arguments.
    static func purity(in file: SourceFile) -> [Violation] {
        guard file.tree == "Sources", Layers.pureModules.contains(file.module) else { return [] }
        let clocks = /\bDate\(|\bContinuousClock\b|\bSuspendingClock\b|\bclock_gettime\b|\bgettimeofday\b/
        let randomness =
            /\.random\(\s*\)|\.random\(in:(?!.*using:)|\.shuffled?\(\)|\.randomElement\(\)|\bSystemRandomNumberGenerator\b|\brandombytes/
        let concurrency = /\bTask\s*\{|\bTask\.(?:detached|sleep|yield)\b|\bawait\b|\basync\b/
        let output = /(?:^|[^.\w])(?:debugPrint|print)\(/
        var violations = find(clocks, hints: ["Date(", "Clock", "clock", "gettime"], in: file) { _, _ in
            "a pure module reads no clock"
        }
        violations += find(randomness, hints: ["andom", "shuffle"], in: file) { _, _ in
            "a pure module draws no randomness but from its seed"
        }
        violations += find(concurrency, hints: ["Task", "await", "async"], in: file) { _, _ in
            "a pure module neither starts nor awaits anything"
        }
        violations += find(output, hints: ["rint("], in: file) { _, _ in "a pure module prints nothing" }
        return violations
    }

    /// The most lines of a file, be it source or test: it is about one thing.
    static let maximumLines = 400

    /// Files stay short.
    static func length(of file: SourceFile) -> [Violation] {
        // What comes after the last line break is a line only if it is not empty.
        let count = file.lines.count - (file.lines.last == "" ? 1 : 0)
        guard count > maximumLines else { return [] }
        return [Violation(path: file.path, line: count, reason: "\(count) lines are more than \(maximumLines)")]
    }

    /// Nothing traps but a broken invariant of our own, and what the compiler doesn't check has its proof directly above.
    static func safety(in file: SourceFile) -> [Violation] {
        guard file.tree == "Sources" else { return [] }
        let traps = find(/\btry!|\bas!|\bfatalError\(/, hints: ["!", "fatalError"], in: file) { match, _ in
            "\(match) traps"
        }
        let unwraps = find(/\b(?!try!|as!)\w+!(?!=)|[)\]}"?]!(?!=)/, hints: ["!"], in: file) { _, _ in
            "a forced unwrap traps"
        }
        let lines = file.lines
        let unchecked = find(/@unchecked\s+Sendable|nonisolated\(unsafe\)/, hints: ["unchecked", "unsafe"], in: file) {
            match, line in
            let above = line > 1 ? lines[line - 2].drop { $0 == " " } : ""
            return above.hasPrefix("//") ? nil : "\(match) needs its proof in a comment directly above"
        }
        return traps + unwraps + unchecked
    }

    /// Commands state their names: to make one of a type's name takes a tenth of a millisecond, for each of thirty at every start.
    static func commands(in file: SourceFile) -> [Violation] {
        guard file.module == "roost" else { return [] }
        let lines = file.lines
        return find(/CommandConfiguration\(.*/, hints: ["CommandConfiguration("], in: file) { _, line in
            let beginning = lines[(line - 1)...].prefix(2).joined()
            return beginning.contains("commandName:") ? nil : "a command states its name first"
        }
    }

    /// The first match on each line of code, where `reason` has something against it. Only lines that contain one of the
    /// hints are matched: patterns are slow, and hardly any line has to do with them.
    private static func find<Output>(
        _ pattern: Regex<Output>, hints: [String], in file: SourceFile,
        _ reason: (_ match: Output, _ line: Int) -> String?
    ) -> [Violation] {
        // Unicode's own boundaries would take `Clock.now` for one word.
        let pattern = pattern.wordBoundaryKind(.simple)
        return file.code.compactMap { line, text in
            guard hints.contains(where: { text.contains($0) }), let match = text.firstMatch(of: pattern),
                let reason = reason(match.output, line)
            else { return nil }
            return Violation(path: file.path, line: line, reason: reason)
        }
    }
}
