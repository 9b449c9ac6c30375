import ControlAPI

/// How a peer is named where people read. A name of the address book is shown as it is, and nothing else is. What another person calls
/// them is in quotation marks, behind whose name for them it is. What somebody says of themselves is in quotation marks, and said to be
/// a claim: nobody vouches for it.
///
/// Where there is too little room, a label is cut at its end. So a warning comes first, and what others have chosen comes last.
public struct PeerLabel: Sendable, Equatable {
    /// The name of the address book.
    public var name: String?
    /// What the peer says that they are called.
    public var claimedName: String?
    /// A name of the address book that is another's, and that looks like the claim or the introducer's name.
    public var resembles: String?
    /// By whom they were introduced: the first one's name for them is shown.
    public var introductions: [IntroductionReport]?

    public init(
        name: String? = nil, claimedName: String? = nil, resembles: String? = nil,
        introductions: [IntroductionReport]? = nil
    ) {
        self.name = name
        self.claimedName = claimedName
        self.resembles = resembles
        self.introductions = introductions
    }

    /// Safe to show as part of a line; nil where nothing is known of them.
    public var text: String? {
        if let name { return Printable.word(name) }
        let warning = resembles.map { "not your \(PeerLabel.clipped($0)): " } ?? ""
        if let card = introductions?.first {
            let introducer = card.fromName.map(PeerLabel.clipped) ?? PeerLabel.short(card.from)
            return "\(warning)\(introducer)'s \(PeerLabel.quoted(card.name))"
        }
        return claimedName.map { "\(warning)\(PeerLabel.quoted($0)) (claims)" }
    }

    /// What the writer of a message with a card does: `introducing "carol" (roost1qxyzqxyz…; they claim "Carol M")`.
    public static func statement(of card: IntroductionReport) -> String {
        let claim = card.claimedName.map { "; they claim \(quoted($0))" } ?? ""
        return "introducing \(quoted(card.name)) (\(short(card.id))\(claim))"
    }

    /// What a message says whose writer goes by another name than before: `renamed from "Bob" to "Robert"`. Both are claims.
    public static func statement(of renaming: RenamingReport) -> String {
        let from = renaming.before.map { " from \(quoted($0))" } ?? ""
        return "renamed\(from) to \(renaming.after.map(quoted) ?? "no name")"
    }

    /// Characters of an ID that are shown beside others.
    private static let shortID = 14
    /// Characters of a name of the address book before a name in quotation marks: of a longer one, the rest would be cut off.
    private static let shortName = 12

    private static func short(_ id: String) -> String { Printable.word("\(id.prefix(shortID))…") }

    private static func clipped(_ name: String) -> String {
        let word = Printable.word(name)
        return word.count <= shortName ? word : word.prefix(shortName - 1) + "…"
    }

    /// A quotation mark in it must not end ours.
    private static func quoted(_ text: String) -> String {
        "\"\(Printable.word(text).map { $0 == "\"" ? "'" : String($0) }.joined())\""
    }
}
