import Platform

/// What this person has begun to write to a peer and hasn't sent.
public struct DraftReport: Codable, Sendable, Equatable {
    /// The other's peer ID.
    public var peer: String
    /// Empty where nothing was begun.
    public var text: String
    /// When it was changed last; nil where nothing was begun.
    public var changedAt: Date?

    public init(peer: String, text: String = "", changedAt: Date? = nil) {
        self.peer = peer
        self.text = text
        self.changedAt = changedAt
    }
}

/// The wrapper in which drafts are listed.
struct DraftList: Codable {
    var drafts: [DraftReport]
}

/// The body that keeps a draft in place of the one before; an empty text removes it.
struct DraftEntry: Codable {
    var text: String
}

/// What this person has chosen, as it stands. The names of its properties are those of its JSON.
public struct SettingsReport: Codable, Sendable, Equatable {
    /// Whether others hear what this person has read, and this person what others have.
    public var readReceipts: Bool

    public init(readReceipts: Bool) { self.readReceipts = readReceipts }
}
