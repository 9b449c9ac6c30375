import Basics
import Cryptography
import StatusView

/// The peer that a command is about, as it was typed.
enum Peer {
    /// The peer ID's text for a peer ID or for a name of the address book, either also with blanks, brackets or quotation marks around it. A mistyped ID is bad input, an unknown name is
    /// unknown: neither asks the daemon.
    static func read(_ typed: String, in data: DataOptions) throws(Failure) -> String {
        let text = PeerLink.peerID(in: typed)
        guard PeerName.isMeant(by: text) else { return try id(text) }
        let directory = try data.directory()
        let entries = try AddressBook(directory: directory).entries()
        // A name may be in quotation marks itself.
        guard let id = entries[typed] ?? entries[text] else {
            throw Failure(
                .unknownName,
                """
                There is no “\(Printable.word(text))” in the address book of \(directory): add them with `\(
                try data.command("peers add NAME ID"))`.
                """)
        }
        do throws(PeerIDTextError) {
            return try PeerID(text: id).text
        } catch {
            throw Failure(
                .inputOutput,
                "The address book has no peer ID for “\(Printable.word(text))”: give it one with `\(try data.command("peers add --replace NAME ID"))`."
            )
        }
    }

    /// The same, as the ID itself as well.
    static func readID(_ text: String, in data: DataOptions) throws(Failure) -> (text: String, id: PeerID) {
        let text = try read(text, in: data)
        do throws(PeerIDTextError) {
            return (text, try PeerID(text: text))
        } catch {
            throw Failure(.badInput, error.description)
        }
    }

    /// The text of a peer ID, checked.
    static func id(_ text: String) throws(Failure) -> String {
        do throws(PeerIDTextError) {
            return try PeerID(text: PeerLink.peerID(in: text)).text
        } catch {
            throw Failure(.badInput, error.description)
        }
    }
}
