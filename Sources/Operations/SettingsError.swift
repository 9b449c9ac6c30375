/// A mistake in a setting.
public struct SettingsError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Whether it was made on the command line.
    public let isUsage: Bool
    /// One plain sentence: which file, variable or flag, and what is allowed there.
    public let sentence: String

    init(isUsage: Bool = false, _ sentence: String) {
        self.isUsage = isUsage
        self.sentence = sentence
    }

    public var description: String { sentence }
}
