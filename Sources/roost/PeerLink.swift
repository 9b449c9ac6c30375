/// Peer IDs as they come from elsewhere: in a link, or pasted from a page that broke the line.
enum PeerLink {
    /// The scheme of a link that holds a peer ID and nothing else.
    static let scheme = "roost:"

    /// A link to a peer.
    static func link(to id: String) -> String { scheme + id }

    /// The peer ID in a text, as it stands there: without blanks and line ends, and without the scheme. Another text stays as it is.
    static func peerID(in text: String) -> String {
        let isWritten = text.unicodeScalars.filter { !$0.properties.isWhitespace }
        var id = String(String.UnicodeScalarView(isWritten))
        if id.lowercased().hasPrefix(scheme) {
            id.removeFirst(scheme.count)
            // Some programs write all links as if they named a host.
            if id.hasPrefix("//") { id.removeFirst(2) }
            if id.hasSuffix("/") { id.removeLast() }
        }
        return id.lowercased().hasPrefix("roost1") ? id : text
    }
}
