import Basics
import Cryptography

/// Whom a command is about, as it was typed.
enum Peer {
    /// No word of so many characters was meant as a name rather than as a peer ID.
    static let longestName = 32

    /// The peer ID's text for a peer ID or for a name of the address book. A mistyped ID is bad input, an unknown name is
    /// unknown: neither asks the daemon.
    static func read(_ text: String, in data: DataOptions) throws(Failure) -> String {
        if isName(text) {
            guard let id = try AddressBook(directory: data.directory()).entries()[text] else {
                throw Failure(
                    .unknownName,
                    "There is no “\(Terminal.safe(text))” in the address book: add them with `roost peers add NAME ID`."
                )
            }
            return id
        }
        do throws(PeerIDTextError) {
            return try PeerID(text: text).text
        } catch {
            throw Failure(.badInput, error.description)
        }
    }

    /// Whether the text may be a name: it doesn't look like a peer ID, and fits on a line.
    static func isName(_ text: String) -> Bool {
        (1...longestName).contains(text.count) && !text.lowercased().hasPrefix("roost1")
            && !text.unicodeScalars.contains { $0.properties.isWhitespace || $0.properties.generalCategory == .control }
    }
}
