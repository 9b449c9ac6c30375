import ArgumentParser
import ControlAPI
import Platform
import StatusView

/// `roost requests`: who has written without being known.
struct Requests: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "requests",
        abstract: "Show who writes to you for the first time, and decide about them.",
        discussion: """
            Somebody whom you have neither written to, nor given a name, nor accepted makes a request. Answering them accepts them as well; until \
            then they don't hear that you have read them. Their messages are in the inbox like all others. The beginning of an ID that is listed serves as the whole: roost1 and 8 \
            characters or more; without roost1 one of them must be a digit.

            EXAMPLES
              roost requests
              roost requests --json
              roost requests accept "$(roost requests --json | head -n 1 | cut -d '"' -f 4)"    # the newest

            \(ExitStatus.help([:], .badInput, .unknownName, .unavailable, .notPermitted))
            """,
        subcommands: [Accept.self, Refuse.self, Block.self, List.self])

    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    func run() async throws { try await Requests.list(output, data) }

    private static func list(_ output: OutputOptions, _ data: DataOptions) async throws {
        let daemon = try data.daemon()
        let peers = PeerNames(data)
        var rows: [[String]] = []
        try await daemon.eachConversation { conversation in
            guard conversation.standing == .request else { return }
            if output.json { return try Request(conversation).write() }
            rows.append(ConversationPrinter.row(conversation, peers))
        }
        guard !output.json else { return }
        if rows.isEmpty { return Terminal.news("roost: Nobody waits to be accepted.") }
        try Terminal.write(Terminal.table(rows))
    }

    /// A request in JSON: its first field is the peer ID, as the help shows how to cut it out. What they say of themselves comes after it.
    private struct Request: Encodable {
        private enum CodingKeys: CodingKey { case name, claimedName, resembles, introductions, text, unread, sentAt }

        let id: String
        let name: String?
        let claimedName: String?
        let resembles: String?
        let introductions: [IntroductionReport]?
        let text: String?
        let unread: Int
        let sentAt: Date?

        init(_ conversation: ConversationReport) {
            id = conversation.peer
            name = conversation.name
            claimedName = conversation.claimedName
            resembles = conversation.resembles
            introductions = conversation.introductions
            text = conversation.last?.text
            unread = conversation.unread
            sentAt = conversation.last?.sentAt
        }

        func write() throws(Failure) {
            guard let rest = try? ControlJSON.encode(self) else {
                throw Failure(.inputOutput, "The result can't be written as JSON.")
            }
            try Terminal.writeLine("{\"id\":\"\(id)\"," + String(decoding: rest.dropFirst(), as: UTF8.self))
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "List them, as `roost requests` does.",
            discussion: ExitStatus.help([:], .unavailable, .notPermitted))

        @OptionGroup var output: OutputOptions
        @OptionGroup var data: DataOptions

        func run() async throws { try await Requests.list(output, data) }
    }

    struct Accept: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "accept",
            abstract: "Accept somebody: they are no request any more.",
            discussion: """
                EXAMPLES
                  roost requests accept roost1...
                  roost requests accept 7udehm20    # the beginning of an ID, without or with roost1

                \(ExitStatus.help([.failed: "they are blocked, or it is yourself"],
                    .badInput, .unknownName, .unavailable, .notPermitted))
                """)

        @Argument(
            help: "A peer ID or its beginning, or a name of your address book.", completion: PeerCompletion.kind)
        var peer: String

        @OptionGroup var data: DataOptions

        func run() async throws {
            let listed = try await ListedPeer.read(peer, in: data)
            let id = listed.id
            let daemon = try data.daemon()
            guard try await !daemon.ask({ try await $0.blockedPeers() }).contains(where: { $0.id == id }) else {
                throw Failure(
                    .failed, "They are blocked: unblock them first, with `\(try data.command("peers unblock \(id)"))`.")
            }
            // Who has a name in the address book is accepted as long as they have it, also without a conversation.
            let isNamed = PeerNames(data).name(of: id) != nil
            let isAccepted = try await daemon.standing(of: id).map { $0 == .accepted } ?? isNamed
            try await daemon.ask { try await $0.decide(.accepted, about: id) }
            if isAccepted { return try listed.reportAccepted(in: data) }
            listed.report("Accepted", in: data)
        }
    }

    struct Refuse: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "refuse",
            abstract: "Delete what somebody has written. They may write again; `block` is for good.",
            discussion: """
                EXAMPLES
                  roost requests refuse roost1...

                \(ExitStatus.help([.failed: "they are accepted: `roost history PEER --delete` is for them"],
                    .badInput, .unknownName, .unavailable, .notPermitted))
                """)

        @Argument(
            help: "A peer ID or its beginning, or a name of your address book.", completion: PeerCompletion.kind)
        var peer: String

        @OptionGroup var data: DataOptions

        func run() async throws {
            let listed = try await ListedPeer.read(peer, in: data)
            let id = listed.id
            let daemon = try data.daemon()
            guard try await daemon.standing(of: id) == .request else {
                throw Failure(.failed, "There is no request of that peer: `roost requests` lists those that there are.")
            }
            let deleted = try await daemon.ask { try await $0.deleteConversation(id) }
            listed.report("Refused", in: data)
            if deleted.draft == true { Terminal.news("roost: What you had begun to write to them is deleted as well.") }
        }
    }

    struct Block: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "block",
            abstract: "Drop what somebody writes from now on. They are not told.",
            discussion: """
                What they have written stays, until you delete it: `roost history PEER --delete`.

                EXAMPLES
                  roost requests block roost1...

                \(ExitStatus.help([.failed: "they make no request: `roost peers block PEER` is for all others"],
                    .badInput, .unknownName, .unavailable, .notPermitted))
                """)

        @Argument(
            help: "A peer ID or its beginning, or a name of your address book.", completion: PeerCompletion.kind)
        var peer: String

        @OptionGroup var data: DataOptions

        func run() async throws {
            let id = try await ListedPeer.read(peer, in: data).id
            let standing = try await data.daemon().standing(of: id)
            // Somebody may go by the name of a friend: the friend isn't meant.
            guard standing != .accepted, standing != nil || PeerNames(data).name(of: id) == nil else {
                let command = try data.command("peers block \(id)")
                throw Failure(.failed, "They make no request: `\(command)` blocks them all the same.")
            }
            try await data.decide(.blocked, about: id)
        }
    }
}

extension DataOptions {
    /// Has the daemon write down what the person has decided about a peer.
    func decide(_ standing: PeerStanding, about peer: String) async throws {
        let listed = try await ListedPeer.read(peer, in: self)
        try await daemon().ask { try await $0.decide(standing, about: listed.id) }
        let deed =
            switch standing {
            case .accepted: "Accepted"
            case .blocked: "Blocked"
            case .request: "Unblocked"
            }
        listed.report(deed, in: self)
    }
}

extension Daemon {
    /// Visits all conversations, those with the newest messages first.
    func eachConversation(_ body: (ConversationReport) throws -> Void) async throws {
        try await conversations { conversation in
            try body(conversation)
            return true
        }
    }

    /// The same, as long as `body` returns true.
    func conversations(while body: (ConversationReport) throws -> Bool) async throws {
        var cursor: String?
        repeat {
            let page = try await ask { [cursor] in try await $0.conversations(after: cursor) }
            for conversation in page.conversations { guard try body(conversation) else { return } }
            cursor = page.next
        } while cursor != nil
    }

    /// What the person has decided about a peer; nil of one with whom there is no conversation.
    func standing(of peer: String) async throws -> PeerStanding? { try await conversation(with: peer)?.standing }

    /// What is known of how somebody is called; nil of one with whom there is no conversation.
    func label(of peer: String) async throws -> PeerLabel? { try await conversation(with: peer)?.label }

    private func conversation(with peer: String) async throws -> ConversationReport? {
        var found: ConversationReport?
        try await conversations { conversation in
            if conversation.peer == peer { found = conversation }
            return found == nil
        }
        return found
    }
}
