import ControlAPI

/// How a peer is named where people read. A name of the address book is shown as it is. What another person calls them is said to be
/// that person's name for them. What somebody says of themselves is in quotation marks, and said to be a claim: nobody vouches for it.
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
        let warning = resembles.map { "; not your \(Printable.word($0))" } ?? ""
        if let card = introductions?.first {
            return "\(Printable.word(card.name)) (\(PeerLabel.introducer(of: card))'s name\(warning))"
        }
        return claimedName.map { "\(PeerLabel.quoted($0)) (claims\(warning))" }
    }

    /// What a card says: `alice introduces "carol" (alice's name for them), who claims "Carol M"`.
    public static func sentence(of card: IntroductionReport) -> String {
        let introducer = introducer(of: card)
        let claim = card.claimedName.map { "; they claim \(quoted($0))" } ?? ""
        return "\(introducer) introduces \(quoted(card.name)) (\(introducer)'s name for them\(claim))"
    }

    private static func introducer(of card: IntroductionReport) -> String {
        Printable.word(card.fromName ?? "\(card.from.prefix(shortID))…")
    }

    /// Characters of an ID that are shown of an introducer without a name.
    private static let shortID = 14

    /// A quotation mark in it must not end ours.
    private static func quoted(_ text: String) -> String {
        "\"\(Printable.word(text).map { $0 == "\"" ? "'" : String($0) }.joined())\""
    }
}
