import ArgumentParser
import ControlAPI
import StatusView

/// `roost peers`: the address book.
struct Peers: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peers",
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
            List.self, Add.self, Remove.self, Introduced.self, Verify.self, Block.self, Unblock.self, Blocked.self,
        ])

    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    func run() async throws { try await Peers.list(output, data) }

    private static func list(_ output: OutputOptions, _ data: DataOptions) async throws {
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
            // While the daemon runs, how many were introduced; the address book is there without it, and doesn't wait for it. What others
            // call them never stands among the names given here, which scripts look for.
            let names = PeerNames(directory: directory)
            let cards = (try? await data.daemon().ask(within: .seconds(2)) { try await $0.introductions() }) ?? []
            let new = Set(cards.map(\.id).filter { names.name(of: $0) == nil }).count
            if new > 0 {
                Terminal.news(
                    "roost: \(new == 1 ? "One person was" : "\(new) people were") introduced to you who \(new == 1 ? "has" : "have") no name here yet: `\(try data.command("peers introduced"))` lists them."
                )
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "List the address book, as `roost peers` does: names, IDs, and when an ID was compared.",
            discussion: ExitStatus.help())

        @OptionGroup var output: OutputOptions
        @OptionGroup var data: DataOptions

        func run() async throws { try await Peers.list(output, data) }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "add",
            abstract: "Give a peer ID a name.",
            discussion: """
                A name is one word. One that is another peer's, or that differs from another's only in case, is refused \
                unless with --replace. A peer may have several names: all serve, and the first by the alphabet is shown. With --from \
                in the place of an ID, it takes over what somebody who has introduced the peer calls them.

                EXAMPLES
                  roost peers add me "$(roost id)"
                  roost peers add me "$(roost id)" --replace
                  roost peers add carol --from alice    # alice has introduced carol

                \(ExitStatus.help([.badInput: "the name can't be one, or the peer ID is mistyped",
                    .cannotCreate: "the name is another's, or the address book is full"], .badConfiguration))
                """)

        @Argument(help: "The name: a word that doesn't begin with roost1.")
        var name: String

        @Argument(help: "The peer ID, as `roost id` prints it.")
        var id: String?

        @Option(help: ArgumentHelp("Who has introduced them to you by this name.", valueName: "peer"))
        var from: String?

        @Flag(help: "Give a name that is another's to this peer.")
        var replace = false

        @OptionGroup var output: OutputOptions
        @OptionGroup var data: DataOptions

        func validate() throws {
            guard (id == nil) != (from == nil) else {
                throw ValidationError("Say who it is: by a peer ID, or by --from and who has introduced them.")
            }
        }

        func run() async throws {
            if let objection = PeerName.objection(to: name) { throw Failure(.badInput, objection) }
            let peer: String
            if let from {
                peer = try await Peers.introduced(as: name, by: from, in: data)
            } else {
                peer = try Peer.id(id ?? "")
            }
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
            let book = try AddressBook(directory: data.directory()).entries()
            let others = book.filter { $0.value == peer && $0.key != name }.keys.map { "“\(Printable.word($0))”" }
                .sorted()
            if !others.isEmpty, addition != .unchanged {
                let shown = Printable.word(PeerNames(data).name(of: peer) ?? name)
                Terminal.news(
                    "roost: That ID is \(others.joined(separator: " and ")) as well: all names serve, and “\(shown)” is shown."
                )
            }
            if output.json { try Terminal.write(json: PeerReport(name: name, id: peer)) }
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "remove",
            abstract: "Remove a name. Messages stay as they are.",
            discussion: """
                EXAMPLES
                  roost peers remove me
                  roost peers remove -- -old    # a name that begins with -

                \(ExitStatus.help([:], .unknownName))
                """)

        @Argument(help: "The name.", completion: PeerCompletion.kind)
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
