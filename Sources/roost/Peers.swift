import ArgumentParser
import ControlAPI
import StatusView

/// `roost peers`: the address book.
struct Peers: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Keep names for peers: a name serves wherever a peer ID does.",
        discussion: """
            Without a subcommand it lists them.

            EXAMPLES
              roost peers add me "$(roost id)"
              roost send me 'A note.'
              roost peers
              roost peers verify me
              roost peers remove me

            \(ExitStatus.help())
            """,
        subcommands: [
            List.self, Add.self, Remove.self, Verify.self, Block.self, Unblock.self, Blocked.self,
        ])

    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    func run() throws { try Peers.list(output, data) }

    private static func list(_ output: OutputOptions, _ data: DataOptions) throws {
        let directory = try data.directory()
        let entries = try AddressBook(directory: directory).reports()
        if output.json {
            for entry in entries { try Terminal.write(json: entry) }
        } else {
            let rows = entries.map { entry in
                [Printable.word(entry.name), Printable.word(entry.id)]
                    + (entry.compared.map { ["compared \(Terminal.time($0))"] } ?? [])
            }
            try Terminal.write(Terminal.table(rows))
            if entries.isEmpty { Terminal.news("roost: The address book of \(directory) is empty.") }
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the address book, as `roost peers` does: names, IDs, and when an ID was compared.",
            discussion: ExitStatus.help())

        @OptionGroup var output: OutputOptions
        @OptionGroup var data: DataOptions

        func run() throws { try Peers.list(output, data) }
    }

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a peer ID a name.",
            discussion: """
                A name is one word. One that is another peer's, or that differs from another's only in case, is refused \
                unless with --replace.

                EXAMPLES
                  roost peers add me "$(roost id)"
                  roost peers add me "$(roost id)" --replace

                \(ExitStatus.help([.badInput: "the name can't be one, or the peer ID is mistyped",
                    .cannotCreate: "the name is another's, or the address book is full"], .badConfiguration))
                """)

        @Argument(help: "The name: a word that doesn't begin with roost1.")
        var name: String

        @Argument(help: "The peer ID, as `roost id` prints it.")
        var id: String

        @Flag(help: "Give a name that is another's to this peer.")
        var replace = false

        @OptionGroup var output: OutputOptions
        @OptionGroup var data: DataOptions

        func run() throws {
            if let objection = PeerName.objection(to: name) { throw Failure(.badInput, objection) }
            let peer = try Peer.id(id)
            _ = try data.identity()
            let addition = try AddressBook(directory: data.directory()).add(name, peer, replacing: replace)
            switch addition {
            case .added, .unchanged: break
            case .replacedCompared(let date):
                Terminal.news(
                    """
                    roost: “\(name)” has another ID now than the one that you compared on \(Terminal.time(date)): compare the new one with `\(try data.command("peers verify \(Shell.quoted(name))"))`.
                    """)
            case .isTaken(let other, let id):
                throw Failure(
                    .cannotCreate,
                    """
                    There is “\(Printable.word(other))” already, who is \(Printable.word(id)): choose another name, or \
                    give the name to another peer with --replace.
                    """)
            case .full: throw Failure(.cannotCreate, "The address book is full: remove names that you don't need.")
            }
            if output.json { try Terminal.write(json: PeerReport(name: name, id: peer)) }
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove a name. Messages stay as they are.",
            discussion: """
                EXAMPLES
                  roost peers remove me
                  roost peers remove -- -old    # a name that begins with -

                \(ExitStatus.help([:], .unknownName))
                """)

        @Argument(help: "The name.")
        var name: String

        @OptionGroup var data: DataOptions

        func run() throws {
            let directory = try data.directory()
            let book = AddressBook(directory: directory)
            guard try book.entries()[name] != nil, try book.remove(name) else {
                throw Failure(
                    .unknownName, "There is no “\(Printable.word(name))” in the address book of \(directory).")
            }
        }
    }
}
