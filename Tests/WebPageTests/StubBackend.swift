import Basics
import ControlAPI
import Reports

/// A daemon that has nothing, and counts what is asked of it.
actor StubBackend: ControlBackend {
    private(set) var sent: [NewMessage] = []
    private(set) var isShutDown = false
    private(set) var links = 0
    private var watches: [MessageWatch] = []

    func status() -> StatusReport { StatusReport(id: PeerID(.zero), node: NodeID(.zero)) }
    func metrics() -> String { "" }
    func send(_ message: NewMessage) -> SentMessage {
        sent.append(message)
        return SentMessage(
            id: MessageID(1), to: PeerID(.zero), acceptedAt: UnixTime(seconds: 1), expiresAt: UnixTime(seconds: 2),
            text: message.text)
    }
    func sentMessage(_ id: String, reaching goal: DeliveryGoal, patience: Duration) throws(ControlError) -> SentMessage
    { throw missing }
    func sentMessages(after: String?, limit: Int) -> [SentMessage] { [] }
    func cancel(_ id: String) throws(ControlError) -> SentMessage { throw missing }
    func receivedMessages(_ query: InboxQuery) -> [ReceivedMessage] { [] }
    func numbered(since number: Int, limit: Int) -> [NumberedNotice] { [] }
    func lastArrival() -> Int { 7 }
    func changes(since number: Int) -> MissedChanges? { MissedChanges() }
    func markRead(_ names: [String]) {}
    func delete(_ names: [String]) -> Int { 0 }
    func conversations(after: String?, limit: Int) -> ConversationList { ConversationList(conversations: []) }
    func conversation(_ query: ConversationQuery) -> ConversationPage { ConversationPage(messages: []) }
    func deleteConversation(_ peer: String) -> DeletedConversation { DeletedConversation(deleted: 0) }
    func deleteMessage(_ position: String, inConversationWith peer: String) {}
    func decide(_ standing: PeerStanding, about peer: String) {
        for watch in watches { watch.conversationChanged(peer) }
    }
    func draft(to peer: String) -> DraftReport { DraftReport(peer: peer) }
    func drafts() -> [DraftReport] { [] }
    func setDraft(_ text: String, to peer: String) {}
    func settings() -> SettingsReport { SettingsReport(readReceipts: true) }
    func choose(_ settings: SettingsReport) {}
    func blockedPeers() -> [BlockedPeer] { [] }
    func unopened() -> UnopenedReport { UnopenedReport(envelopes: 0, bytes: 0) }
    func discardUnopened() -> Int { 0 }
    func identity() -> ShareReport { ShareReport(id: "roost1me", node: "00", link: "roost:roost1me", code: []) }
    func oneself() -> SelfReport { SelfReport(id: "roost1me", name: nil) }
    func nameOneself(_ name: String) -> SelfReport { SelfReport(id: "roost1me", name: name) }
    func introductions() -> IntroductionList { IntroductionList(introductions: []) }
    func introduce(_ introduction: NewIntroduction) -> SentMessage {
        send(NewMessage(to: introduction.to, text: introduction.peer))
    }
    func peers() -> [PeerReport] { [] }
    func name(_ peer: String, _ name: String, replacing: Bool) -> PeerReport { PeerReport(name: name, id: peer) }
    func removeName(_ name: String) throws(ControlError) { throw missing }
    func safety(_ peer: String) -> SafetyReport {
        SafetyReport(peer: peer, own: "roost1me", groups: ["12345"], compared: nil)
    }
    func markCompared(_ peer: String, _ isCompared: Bool) {}
    func nodes() -> [NodeReport] { [] }
    func lookup(_ target: String) -> AsyncStream<LookupProgress> { AsyncStream { $0.finish() } }
    var isWatched: Bool { !watches.isEmpty }
    func watch() -> MessageWatch {
        let watch = MessageWatch {}
        watches.append(watch)
        return watch
    }
    func webLink() throws(ControlError) -> WebLink {
        links += 1
        throw missing
    }
    func endWeb() -> Int { 0 }
    func shutDown() { isShutDown = true }

    nonisolated private var missing: ControlError { ControlError(.notFound, "There is none.") }
}
