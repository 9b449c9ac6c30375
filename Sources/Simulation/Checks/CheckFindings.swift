/// What a checker has found: the first of all, as broken code may break a promise a million times.
package struct CheckFindings {
    /// So many are kept.
    private static let kept = 100

    package private(set) var violations: [Violation] = []
    /// How many there were, kept or not.
    package private(set) var count = 0

    package mutating func add(_ sentence: @autoclosure () -> String, trace: @autoclosure () -> [String] = []) {
        count += 1
        guard violations.count < CheckFindings.kept else { return }
        violations.append(Violation(sentence(), trace: trace()))
    }

    package mutating func add(_ violation: Violation) { add(violation.sentence, trace: violation.trace) }

    /// Hands over what was found, and forgets it.
    package mutating func drain() -> [Violation] {
        guard count > 0 else { return [] }
        defer { self = CheckFindings() }
        return violations
    }
}
