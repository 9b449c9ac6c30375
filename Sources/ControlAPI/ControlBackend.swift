/// What the control API shows: the daemon, as far as a person may command it. IDs are text, as they come and go in JSON;
/// the backend reads them and answers `badInput` to those it can't.
public protocol ControlBackend: Sendable {
    func status() async throws(ControlError) -> StatusReport

    /// The daemon's figures in Prometheus's text format, version 0.0.4.
    func metrics() async throws(ControlError) -> String

    /// Returns once the message is durable, which is what accepted means.
    func send(_ message: NewMessage) async throws(ControlError) -> SentMessage
    /// One sent message with its text, once it has come as far as the goal or has failed, and after `patience` in any case.
    func sentMessage(_ id: String, reaching goal: DeliveryGoal, patience: Duration) async throws(ControlError)
        -> SentMessage
    /// Sent messages in the order in which they were accepted, after the one with this ID.
    func sentMessages(after: String?, limit: Int) async throws(ControlError) -> [SentMessage]
    /// Cancels a message; returns once that is durable. `conflict` when it has arrived or failed already.
    func cancel(_ id: String) async throws(ControlError) -> SentMessage

    /// In conversation order, or with `since` in the order of arrival. Marks nothing.
    func receivedMessages(_ query: InboxQuery) async throws(ControlError) -> [ReceivedMessage]
    /// What has arrived or was accepted after this number, in that order; at most so many.
    func numbered(since number: Int, limit: Int) async -> [NumberedNotice]
    /// The number of the last message that has arrived or was accepted; 0 where none ever has.
    func lastArrival() async -> Int
    /// What may have been missed by who was told of the message with this number last, and of nothing since; nil where that isn't known
    /// any more.
    func changes(since number: Int) async -> MissedChanges?
    /// Names messages by ID, or by position where senders may have used the same ID. Returns once the marks are durable.
    func markRead(_ names: [String]) async throws(ControlError)
    /// Deletes received messages, named likewise; how many there were, once that is durable.
    func delete(_ names: [String]) async throws(ControlError) -> Int

    /// Conversations, those with the newest messages first, after the one that `after` names; at most so many.
    func conversations(after: String?, limit: Int) async throws(ControlError) -> ConversationList
    /// A part of a conversation. Marks nothing.
    func conversation(_ query: ConversationQuery) async throws(ControlError) -> ConversationPage
    /// Deletes a conversation here, in both directions; what there was, once that is durable.
    func deleteConversation(_ peer: String) async throws(ControlError) -> DeletedConversation
    /// Deletes one message of it, named by its position; returns once that is durable. `conflict` where it is under way.
    func deleteMessage(_ position: String, inConversationWith peer: String) async throws(ControlError)

    /// What this person has begun to write to a peer and hasn't sent; with an empty text where that is nothing.
    func draft(to peer: String) async throws(ControlError) -> DraftReport
    /// All of them.
    func drafts() async -> [DraftReport]
    /// Keeps one in place of the one before, or removes it with an empty text; returns once that is durable.
    func setDraft(_ text: String, to peer: String) async throws(ControlError)

    /// What this person has chosen; and another choice, which returns once that is durable.
    func settings() async throws(ControlError) -> SettingsReport
    func choose(_ settings: SettingsReport) async throws(ControlError)

    /// Accepts or blocks a peer, or takes that back; returns once that is durable.
    func decide(_ standing: PeerStanding, about peer: String) async throws(ControlError)
    func blockedPeers() async -> [BlockedPeer]

    /// Mail that waits and can't be opened here.
    func unopened() async -> UnopenedReport
    /// Discards that mail, at its buddies as well; returns how many envelopes.
    func discardUnopened() async throws(ControlError) -> Int

    /// This person and their node, and what to give to others.
    func identity() async throws(ControlError) -> ShareReport

    /// What this person is called by themselves.
    func oneself() async throws(ControlError) -> SelfReport
    /// Gives them a name, or none with an empty one; returns once that is durable.
    func nameOneself(_ name: String) async throws(ControlError) -> SelfReport

    /// Those whom people that are accepted have introduced to this person.
    func introductions() async throws(ControlError) -> IntroductionList
    /// Introduces somebody of the address book to another; returns once the message that does it is durable.
    func introduce(_ introduction: NewIntroduction) async throws(ControlError) -> SentMessage

    /// The address book, by name.
    func peers() async throws(ControlError) -> [PeerReport]
    /// Gives a peer a name. Another's name is taken from them only with `replacing`: else `conflict`.
    func name(_ peer: String, _ name: String, replacing: Bool) async throws(ControlError) -> PeerReport
    /// Removes a name; `notFound` where there is none.
    func removeName(_ name: String) async throws(ControlError)
    /// The safety number with a peer.
    func safety(_ peer: String) async throws(ControlError) -> SafetyReport
    /// Notes that it was compared, or that it wasn't; `conflict` where the peer has no name.
    func markCompared(_ peer: String, _ isCompared: Bool) async throws(ControlError)

    func nodes() async throws(ControlError) -> [NodeReport]
    /// Looks up the nodes closest to a point given as 64 hexadecimal digits, or to a peer's mailbox.
    func lookup(_ target: String) async throws(ControlError) -> AsyncStream<LookupProgress>

    /// News from now on, until the daemon ends or the watch is dropped.
    func watch() async -> MessageWatch

    /// Opens the page for browsers on this machine, if it isn't open, and gives a link to it that can be used once.
    func webLink() async throws(ControlError) -> WebLink
    /// Ends the page and all who are signed in; how many browsers that were.
    func endWeb() async throws(ControlError) -> Int

    /// Begins the daemon's clean end and returns.
    func shutDown() async
}
