import ArgumentParser
import ControlAPI
import StatusView

extension Peers {
    /// `roost peers introduced`: who was introduced and has no name here yet.
    struct Introduced: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "introduced",
            abstract: "List those who were introduced to you, and by whom, until you have given them a name.",
            discussion: """
                EXAMPLES
                  roost peers introduced
                  roost peers add carol --from alice    # takes alice's name for carol over

                \(ExitStatus.help([:], .unavailable, .notPermitted))
                """)

        @OptionGroup var output: OutputOptions
        @OptionGroup var data: DataOptions

        func run() async throws {
            let names = PeerNames(data)
            let cards = try await data.daemon().ask { try await $0.introductions() }
            let new = cards.filter { names.name(of: $0.id) == nil }
            guard !output.json else {
                for card in new { try Terminal.write(json: card) }
                return
            }
            if new.isEmpty { return Terminal.news("roost: Nobody was introduced to you who has no name here yet.") }
            try Terminal.write(Terminal.table(Peers.rows(new)))
        }
    }

    /// Lines of those who were introduced.
    private static func rows(_ cards: [IntroductionReport]) -> [[String]] {
        cards.map { [PeerLabel(introductions: [$0]).text ?? "", $0.id] }
    }

    /// The ID that somebody has introduced by a name.
    static func introduced(as name: String, by introducer: String, in data: DataOptions) async throws -> String {
        let from = try Peer.read(introducer, in: data)
        let cards = try await data.daemon().ask { try await $0.introductions() }
        // As names of the address book are: regardless of how an accent is typed.
        let found = Set(cards.filter { $0.from == from && $0.name == name }.map(\.id)).sorted()
        guard let id = found.first else {
            throw Failure(
                .unknownName,
                "\(Printable.word(introducer)) has introduced nobody to you as “\(Printable.word(name))”: `\(try data.command("peers introduced"))` lists who was introduced."
            )
        }
        guard found.count == 1 else {
            throw Failure(
                .failed,
                "\(Printable.word(introducer)) has introduced several people to you as “\(Printable.word(name))”: name one by its ID, \(found.joined(separator: " or "))."
            )
        }
        return id
    }
}
