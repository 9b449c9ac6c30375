/// Finds messages by their IDs or the beginnings of IDs, as people type what they were shown.
public struct MessageFinder: Sendable {
    /// Digits of an ID.
    public static let length = 32
    /// So many digits are shown to people. Of ten thousand messages, two begin alike once in 20,000 times; they are
    /// then told apart by more digits.
    public static let shown = 10
    /// So many have to be typed, so that a typing mistake names no message.
    public static let shortest = 4

    /// The result of looking up a reference.
    public enum Outcome: Equatable, Sendable {
        case found(String)
        case unknown
        /// Several messages begin so, for example `example`.
        case ambiguous(count: Int, example: String)
    }

    private let references: [String]
    private var found: [String: Set<String>] = [:]

    /// What is shown of an ID.
    public static func short(_ id: String) -> String { String(id.prefix(shown)) }

    /// The reference that a text stands for, in lower case; nil where it is none.
    public static func reference(_ text: String) -> String? {
        let digits = text.lowercased()
        let isNumber = digits.allSatisfy { $0.isASCII && $0.isHexDigit }
        return isNumber && (shortest...length).contains(digits.count) ? digits : nil
    }

    /// - Parameter references: As `reference` gives them.
    public init(_ references: [String]) { self.references = references }

    /// Whether the IDs of all messages are needed: a complete ID needs no search.
    public var isToLook: Bool { references.contains { $0.count < MessageFinder.length } }

    /// Sees one message.
    public mutating func look(at id: String) {
        for reference in references where id.hasPrefix(reference) { found[reference, default: []].insert(id) }
    }

    /// The result after all messages have been seen. A complete ID stands for itself, whether seen or not.
    public func outcome(of reference: String) -> Outcome {
        if reference.count >= MessageFinder.length { return .found(reference) }
        guard let ids = found[reference], let first = ids.min() else { return .unknown }
        return ids.count == 1 ? .found(first) : .ambiguous(count: ids.count, example: first)
    }
}
