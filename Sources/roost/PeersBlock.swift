import ArgumentParser
import ControlAPI
import StatusView

extension Peers {
    /// `roost peers block`: drops what somebody writes.
    struct Block: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "block",
            abstract: "Block somebody: what they write is dropped unseen, and they are not told.",
            discussion: """
                What they have written stays, until you delete it: `roost history PEER --delete`. They may guess it: to them their \
                messages are collected, and never delivered.

                EXAMPLES
                  roost peers block bob
                  roost peers blocked

                \(ExitStatus.help([.failed: "it is yourself, or too many are blocked already"],
                    .badInput, .unknownName, .unavailable, .notPermitted))
                """)

        @Argument(
            help: "A peer ID or, of one who has written or is blocked, its beginning; or a name of your address book.",
            completion: PeerCompletion.kind)
        var peer: String

        @OptionGroup var data: DataOptions

        func run() async throws { try await data.decide(.blocked, about: peer) }
    }

    /// `roost peers unblock`.
    struct Unblock: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "unblock",
            abstract: "Unblock somebody. What they wrote meanwhile comes only if they still try to send it.",
            discussion: """
                EXAMPLES
                  roost peers unblock bob

                \(ExitStatus.help([.failed: "they are not blocked"], .badInput, .unknownName, .unavailable, .notPermitted))
                """)

        @Argument(
            help: "A peer ID or, of one who has written or is blocked, its beginning; or a name of your address book.",
            completion: PeerCompletion.kind)
        var peer: String

        @OptionGroup var data: DataOptions

        func run() async throws {
            let listed = try await ListedPeer.read(peer, in: data)
            let id = listed.id
            let daemon = try data.daemon()
            guard try await daemon.ask({ try await $0.blockedPeers() }).contains(where: { $0.id == id }) else {
                throw Failure(
                    .failed, "That peer isn't blocked: `\(try data.command("peers blocked"))` lists those who are.")
            }
            try await daemon.ask { try await $0.decide(.request, about: id) }
            listed.report("Unblocked", in: data)
        }
    }

    /// `roost peers blocked`.
    struct Blocked: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "blocked",
            abstract: "List those whom you have blocked.",
            discussion: ExitStatus.help([:], .unavailable, .notPermitted))

        @OptionGroup var output: OutputOptions
        @OptionGroup var data: DataOptions

        func run() async throws {
            let blocked = try await data.daemon().ask { try await $0.blockedPeers() }
            guard !output.json else {
                for peer in blocked { try Terminal.write(json: peer) }
                return
            }
            if blocked.isEmpty { return Terminal.news("roost: Nobody is blocked.") }
            try Terminal.write(Terminal.table(blocked.map { [Printable.word($0.name ?? ""), $0.id] }))
        }
    }
}
