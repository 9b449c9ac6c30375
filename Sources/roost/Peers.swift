import ArgumentParser
import ControlAPI
import Cryptography
import RoostService

/// `roost peers`: the address book.
struct Peers: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Keep names for peers: a name serves wherever a peer ID does.",
        discussion: """
            EXAMPLES
              roost peers add me "$(roost id)"
              roost send me 'A note.'
              roost peers list
              roost peers remove me
            """,
        subcommands: [List.self, Add.self, Remove.self],
        defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the address book.")

        @OptionGroup var output: OutputOptions
        @OptionGroup var data: DataOptions

        func run() throws {
            let entries = try AddressBook(directory: data.directory()).entries().sorted { $0.key < $1.key }
            if output.json {
                for (name, id) in entries { try Terminal.write(json: PeerReport(name: name, id: id)) }
            } else {
                try Terminal.write(Terminal.table(entries.map { [$0.key, $0.value] }))
            }
        }
    }

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Add a name, or give it to another peer ID.")

        @Argument(help: "The name: a word that doesn't begin with roost1.")
        var name: String

        @Argument(help: "The peer ID, as `roost id` prints it.")
        var id: String

        @OptionGroup var output: OutputOptions
        @OptionGroup var data: DataOptions

        func run() throws {
            guard Peer.isName(name) else {
                throw Failure(
                    .badInput,
                    "A name is one word of at most \(Peer.longestName) characters that doesn't begin with roost1.")
            }
            let peer: PeerID
            do throws(PeerIDTextError) {
                peer = try PeerID(text: id)
            } catch {
                throw Failure(.badInput, error.description)
            }
            let directory = try data.directory()
            do throws(ServiceError) {
                _ = try DataDirectory.identity(of: directory)
            } catch {
                throw Failure(error)
            }
            try AddressBook(directory: directory).update { entries throws(Failure) in
                guard entries[name] != nil || entries.count < AddressBook.maximumEntries else {
                    throw Failure(.cannotCreate, "The address book is full: remove names that you don't need.")
                }
                entries[name] = peer.text
            }
            if output.json { try Terminal.write(json: PeerReport(name: name, id: peer.text)) }
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Remove a name. Messages stay as they are.")

        @Argument(help: "The name.")
        var name: String

        @OptionGroup var data: DataOptions

        func run() throws {
            let unknown = Failure(.unknownName, "There is no “\(Terminal.safe(name))” in the address book.")
            let book = AddressBook(directory: try data.directory())
            guard try book.entries()[name] != nil else { throw unknown }
            try book.update { entries throws(Failure) in
                if entries.removeValue(forKey: name) == nil { throw unknown }
            }
        }
    }
}
