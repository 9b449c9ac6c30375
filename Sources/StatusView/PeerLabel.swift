/// How a peer is named where people read. A name of the address book is shown as it is. What somebody says of themselves is in quotation
/// marks, and said to be a claim: nobody vouches for it.
public struct PeerLabel: Sendable, Equatable {
    /// The name of the address book.
    public var name: String?
    /// What the peer says that they are called.
    public var claimedName: String?
    /// A name of the address book that is another's, and that looks like the claim.
    public var resembles: String?

    public init(name: String? = nil, claimedName: String? = nil, resembles: String? = nil) {
        self.name = name
        self.claimedName = claimedName
        self.resembles = resembles
    }

    /// Safe to show as part of a line; nil where nothing is known of them.
    public var text: String? {
        if let name { return Printable.word(name) }
        guard let claimedName else { return nil }
        // A quotation mark in it must not end ours.
        let quoted = "\"\(Printable.word(claimedName).map { $0 == "\"" ? "'" : String($0) }.joined())\""
        guard let resembles else { return "\(quoted) (claims)" }
        return "\(quoted) (claims; not your \(Printable.word(resembles)))"
    }
}
