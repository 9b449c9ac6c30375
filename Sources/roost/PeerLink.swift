/// Peer IDs as they come from elsewhere: in a link, in brackets, or pasted from a page that broke the line.
enum PeerLink {
    /// The scheme of a link that holds a peer ID and nothing else.
    static let scheme = "roost:"

    /// A link to a peer.
    static func link(to id: String) -> String { scheme + id }

    /// The peer ID in a text, as it stands there: without blanks and line ends, and without the scheme. Another text is returned `bare`.
    static func peerID(in text: String) -> String {
        let bare = bare(text)
        let isWritten = bare.unicodeScalars.filter { !$0.properties.isWhitespace }
        var id = String(String.UnicodeScalarView(isWritten))
        if id.lowercased().hasPrefix(scheme) {
            id.removeFirst(scheme.count)
            // Some programs write all links as if they named a host.
            if id.hasPrefix("//") { id.removeFirst(2) }
            if id.hasSuffix("/") { id.removeLast() }
        }
        return id.lowercased().hasPrefix("roost1") ? id : bare
    }

    /// What is around links in mails, and around names in texts, by how it begins: the ends that go with it.
    private static let marks: [Character: String] = [
        "<": ">", "\"": "\"", "'": "'", "`": "`", "(": ")", "[": "]", "“": "”", "„": "“”", "‘": "’", "‚": "‘’",
        "«": "»",
        "»": "«", "‹": "›",
    ]

    /// A text without the blanks, brackets and quotation marks around it.
    static func bare(_ text: String) -> String {
        var rest = text[...]
        while true {
            rest = rest.drop(while: \.isWhitespace)
            while rest.last?.isWhitespace == true { rest.removeLast() }
            guard rest.count > 1, let first = rest.first, let last = rest.last, marks[first]?.contains(last) == true
            else { return String(rest) }
            rest = rest.dropFirst().dropLast()
        }
    }
}
