import ControlAPI

/// What is to be shown of the inbox.
struct InboxView: Sendable {
    /// Only this peer's messages.
    let sender: String?
    let unreadOnly: Bool
    let marksAsRead: Bool
    let isJSON: Bool
}

/// Prints each message once, and marks it afterwards.
struct InboxPrinter: Sendable {
    private let daemon: Daemon
    private let view: InboxView
    private let isFollowing: Bool
    /// The positions of what has been shown, when following: lists and news overlap.
    private var shown: Set<String> = []

    private let peers: PeerNames

    init(_ daemon: Daemon, _ view: InboxView, isFollowing: Bool = false) {
        peers = PeerNames(directory: daemon.directory)
        self.daemon = daemon
        self.view = view
        self.isFollowing = isFollowing
    }

    /// Shows what is there; how many messages that were.
    @discardableResult
    mutating func list() async throws -> Int {
        var query = InboxQuery(from: view.sender, unreadOnly: view.unreadOnly)
        var count = 0
        while true {
            let page = try await daemon.ask { [query] in try await $0.receivedMessages(query) }
            guard let last = page.last else { return count }
            try await show(page)
            count += page.count
            query.after = last.position
        }
    }

    /// Shows one that has just come.
    mutating func show(_ message: ReceivedMessage) async throws {
        guard view.sender == nil || view.sender == message.from, !(view.unreadOnly && message.read) else { return }
        try await show([message])
    }

    private mutating func show(_ messages: [ReceivedMessage]) async throws {
        let new = messages.filter { !shown.contains($0.position) }
        for message in new {
            if view.isJSON {
                try Terminal.write(json: Named(message, name: peers.name(of: message.from)))
            } else {
                try Terminal.write(Describe.block(message, peers))
            }
        }
        if isFollowing { shown.formUnion(new.map(\.position)) }
        let unread = new.filter { !$0.read }.map(\.position)
        if view.marksAsRead, !unread.isEmpty { try await daemon.ask { try await $0.markRead(unread) } }
    }
}

/// A message in JSON, with what its other end is called here: `"name"`, where there is a name.
struct Named<Message: Encodable & Sendable>: Encodable, Sendable {
    private enum CodingKeys: String, CodingKey { case name }

    private let message: Message
    private let name: String?

    init(_ message: Message, name: String?) {
        self.message = message
        self.name = name
    }

    func encode(to encoder: any Encoder) throws {
        try message.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(name, forKey: .name)
    }
}
