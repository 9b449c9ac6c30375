import ControlAPI

/// What is to be shown of the inbox.
struct InboxView: Sendable {
    /// Only this peer's messages.
    let sender: String?
    let unreadOnly: Bool
    let marksAsRead: Bool
    let isJSON: Bool
    /// What is run for each message in the place of showing it.
    let hook: MessageHook?
}

/// Prints each message once, and marks it afterwards.
struct InboxPrinter: Sendable {
    private let daemon: Daemon
    private let view: InboxView
    private let isFollowing: Bool
    /// The positions of listed messages that arrived during the listing: following will meet them again.
    private var listed: Set<String> = []
    /// What has been shown, and could not be marked because the daemon was away.
    private var unmarked: [String] = []
    /// Messages for which the command failed.
    private(set) var failures = 0

    /// Which senders make requests, of those about whom it was asked.
    private var requests: [String: Bool] = [:]

    private let peers: PeerNames

    init(_ daemon: Daemon, _ view: InboxView, isFollowing: Bool = false) {
        peers = PeerNames(directory: daemon.directory)
        self.daemon = daemon
        self.view = view
        self.isFollowing = isFollowing
    }

    /// Shows the messages that are there. Returns how many, and the number after which following is to continue.
    mutating func list() async throws -> (count: Int, last: Int) {
        var query = InboxQuery(from: view.sender, unreadOnly: view.unreadOnly)
        var count = 0
        var begin: Int?
        while true {
            let page = try await daemon.ask { [query] in try await $0.inboxPage(query) }
            let last = begin ?? page.last
            begin = last
            guard let end = page.messages.last else { return (count, last) }
            try await show(page.messages)
            if isFollowing { listed.formUnion(page.messages.filter { $0.seq > last }.map(\.position)) }
            count += page.messages.count
            query.after = end.position
        }
    }

    /// Shows so many of the messages that are there, those that came last, in the order of arrival; and what comes meanwhile, behind them.
    /// Returns the number after which following is to continue.
    mutating func list(last count: Int) async throws -> Int {
        var number = try await beginning(ofLast: count)
        while true {
            let query = InboxQuery(from: view.sender, unreadOnly: view.unreadOnly, since: number)
            let page = try await daemon.ask { try await $0.inboxPage(query) }
            // Up to that number there are no others like this.
            guard let last = page.messages.last else { return max(number, page.last) }
            try await show(page.messages)
            number = last.seq
        }
    }

    /// The number after which the last messages have come, so many or as many as there are. Other messages have numbers, too: of the last
    /// numbers, twice as many are looked through each time until there are enough.
    private func beginning(ofLast count: Int) async throws -> Int {
        var query = InboxQuery(from: view.sender, unreadOnly: view.unreadOnly, limit: 1)
        let last = try await daemon.ask { [query] in try await $0.inboxPage(query) }.last
        query.limit = InboxQuery.maximumLimit
        var span = count
        while true {
            let begin = max(0, last - span)
            // In the order of arrival: at most as many as the inbox holds.
            var numbers: [Int] = []
            query.since = begin
            while case let messages = try await daemon.ask({ [query] in try await $0.receivedMessages(query) }),
                let end = messages.last
            {
                // What has come meanwhile isn't among the last that there were.
                numbers += messages.map(\.seq).filter { $0 <= last }
                guard end.seq < last else { break }
                query.since = end.seq
            }
            if numbers.count >= count { return numbers[numbers.count - count] - 1 }
            if begin == 0 { return 0 }
            span = span > last / 2 ? last : 2 * span
        }
    }

    /// Shows a message, or runs the command for it. Returns whether it may be marked as read.
    private mutating func present(_ message: ReceivedMessage) throws(Failure) -> Bool {
        let name = peers.name(of: message.from)
        if let hook = view.hook {
            let end = try hook.run(message, name: name)
            if end == .exited(0) { return true }
            let how =
                switch end {
                case .exited(let status): "ended with \(status)"
                case .signalled(let number): "was ended by signal \(number)"
                }
            failures += 1
            Terminal.news("roost: The command \(how) for message \(message.message), which stays unread.")
            return false
        }
        if view.isJSON {
            try Terminal.write(json: Named(message, name: name))
        } else {
            try Terminal.write(Describe.block(message, peers, isRequest: requests[message.from] == true))
        }
        return true
    }

    /// Shows messages that have just come: who makes a request may be otherwise by now.
    mutating func follow(_ messages: [ReceivedMessage]) async throws {
        requests = [:]
        try await show(messages)
    }

    /// Finds out who makes a request. Whoever has a name here doesn't; and who isn't found isn't said to.
    private mutating func findRequests(_ messages: [ReceivedMessage]) async {
        guard !view.isJSON, view.hook == nil else { return }
        var unknown = Set(messages.map(\.from).filter { peers.name(of: $0) == nil && requests[$0] == nil })
        guard !unknown.isEmpty else { return }
        var found: [String: Bool] = [:]
        for peer in unknown { found[peer] = false }
        // Those who have written lately are listed first.
        try? await daemon.conversations { conversation in
            if unknown.remove(conversation.peer) != nil {
                found[conversation.peer] = conversation.standing == .request
            }
            return !unknown.isEmpty
        }
        requests.merge(found) { $1 }
    }

    /// Shows messages in this order, and marks them.
    private mutating func show(_ messages: [ReceivedMessage]) async throws {
        let new = messages.filter { listed.remove($0.position) == nil }
        await findRequests(new)
        for message in new {
            let isPresented = try present(message)
            if isPresented, view.marksAsRead, !message.read { unmarked.append(message.position) }
            // What a command has done isn't to be done again because the next one takes long.
            if view.hook != nil { try await mark() }
        }
        try await mark()
    }

    /// Marks what has been shown.
    private mutating func mark() async throws {
        guard !unmarked.isEmpty else { return }
        do {
            try await daemon.ask { [unmarked] in try await $0.markRead(unmarked) }
            unmarked = []
        } catch {
            // It is shown once all the same, and marked together with the next messages.
            let isAway =
                (error as? ControlError)?.isOfDaemonsEnd == true || (error as? Failure)?.status == .unavailable
            guard isFollowing, isAway else { throw error }
        }
    }
}

/// A message in JSON, with what its other end is called here: `"name"`, where there is a name.
struct Named<Message: Encodable & Sendable>: Encodable, Sendable {
    private enum CodingKeys: String, CodingKey { case name, peer }

    private let message: Message
    private let name: String?
    private let peer: String?

    /// - Parameter peer: In whose conversation it is, where messages of several are shown.
    init(_ message: Message, name: String?, peer: String? = nil) {
        self.message = message
        self.name = name
        self.peer = peer
    }

    func encode(to encoder: any Encoder) throws {
        try message.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(name, forKey: .name)
        try container.encodeIfPresent(peer, forKey: .peer)
    }
}
