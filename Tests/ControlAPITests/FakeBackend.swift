import Basics
import ControlAPI
import Cryptography
import Foundation
import Synchronization

/// A daemon made of lists.
actor FakeBackend: ControlBackend {
    private(set) var sent: [SentMessage] = []
    private var received: [ReceivedMessage] = []
    private(set) var isShutDown = false
    private var whenShutDown: (@Sendable () async -> Void)?
    private var unopenedEnvelopes = 2
    /// The number of the last message that arrived or was accepted.
    private var arrived = 0
    private var accepted: [(seq: Int, message: SentMessage)] = []
    private let watchers = Watchers()
    private let log = ChangeLog(after: -1)

    /// Those who watch: each as long as somebody reads.
    private final class Watchers: Sendable {
        private struct Entry { weak var watch: MessageWatch? }
        private let entries = Mutex<[Entry]>([])

        func add() -> MessageWatch {
            let watch = MessageWatch {}
            entries.withLock { $0.append(Entry(watch: watch)) }
            return watch
        }

        var all: [MessageWatch] { entries.withLock { $0.compactMap(\.watch) } }
    }

    /// `roost1…`, made up.
    static let peer = PeerID(.zero)

    static var status: StatusReport {
        var report = StatusReport(id: peer, node: NodeID(.zero))
        report.state = .ready
        report.version = "1"
        report.endpoints = [Endpoint(ipv4: 0x7f00_0001, port: 1)]
        (report.contacts, report.mailboxes, report.envelopes, report.bytes, report.outbox) = (2, 3, 4, 5, 6)
        report.uptimeSeconds = 7
        return report
    }

    static func received(_ number: Int, text: String = "hello", read: Bool = false) -> ReceivedMessage {
        ReceivedMessage(
            message: "m\(number)", seq: 0, from: number % 2 == 0 ? "roost1even" : "roost1odd", text: text,
            sentAt: Date(timeIntervalSince1970: 1_700_000_000), receivedAt: Date(timeIntervalSince1970: 1_700_000_001),
            via: .mailbox, read: read, position: "\(number)")
    }

    /// A message arrives; in the order of conversations it comes last, or first.
    func receive(_ message: ReceivedMessage, comesFirst: Bool = false) {
        arrived += 1
        var message = message
        message.seq = arrived
        received.insert(message, at: comesFirst ? 0 : received.count)
        for watch in watchers.all { watch.arrived() }
    }

    /// A sent message comes further.
    func change(_ id: MessageID, to state: MessageState) {
        guard let index = sent.firstIndex(where: { $0.id == id }) else { return }
        sent[index].state = state
        log.note(.sent(id.hex), at: arrived)
        for watch in watchers.all { watch.changed(sent[index]) }
    }

    /// A message is accepted, whichever client sent it.
    func accept(_ message: SentMessage) {
        arrived += 1
        accepted.append((arrived, message))
        for watch in watchers.all { watch.arrived() }
    }

    func numbered(since number: Int, limit: Int) -> [NumberedNotice] {
        let came = received.filter { $0.seq > number }.sorted { $0.seq < $1.seq }.prefix(limit).map {
            let notice = ReceivedNotice(
                message: $0.message, seq: $0.seq, from: $0.from, sentAt: $0.sentAt, receivedAt: $0.receivedAt,
                via: $0.via, read: $0.read, position: $0.position)
            return (seq: $0.seq, notice: NumberedNotice.received(notice))
        }
        let went = accepted.filter { $0.seq > number }.map {
            (seq: $0.seq, notice: NumberedNotice.sent($0.message.withoutText, seq: $0.seq))
        }
        defer {
            if let (id, state) = changeWhenListed { change(id, to: state) }
            changeWhenListed = nil
        }
        return (came + went).sorted { $0.seq < $1.seq }.prefix(limit).map(\.notice)
    }

    /// What becomes of a message just after a reader has asked for messages.
    private var changeWhenListed: (MessageID, MessageState)?

    func changeWhenListed(_ id: MessageID, to state: MessageState) { changeWhenListed = (id, state) }

    func lastArrival() -> Int { arrived }

    func changes(since number: Int) async -> MissedChanges? {
        guard let found = log.changes(since: number) else { return nil }
        return await MissedChanges(found) { @Sendable [sent] id in sent.first { $0.id.hex == id } }
    }

    func status() -> StatusReport { FakeBackend.status }

    func metrics() -> String { "# TYPE roost_ready gauge\nroost_ready 1\n" }

    func send(_ message: NewMessage) throws(ControlError) -> SentMessage {
        guard message.to.hasPrefix("roost1") else { throw ControlError(.badInput, "That is no peer ID.") }
        let sent = SentMessage(
            id: MessageID(UInt128(sent.count)), to: FakeBackend.peer, acceptedAt: UnixTime(seconds: 1_700_000_000),
            expiresAt: UnixTime(seconds: 1_701_000_000), text: message.text)
        self.sent.append(sent)
        return sent
    }

    func sentMessage(
        _ id: String, reaching goal: DeliveryGoal, patience: Duration
    ) async throws(ControlError) -> SentMessage {
        guard let message = sent.first(where: { $0.id.hex == id }) else {
            throw ControlError(.notFound, "No such message.")
        }
        if !goal.isReached(by: message.state) { try? await Task.sleep(for: patience) }
        return message
    }

    func sentMessages(after: String?, limit: Int) -> [SentMessage] {
        let start = after.flatMap { after in sent.firstIndex { $0.id.hex == after } }.map { $0 + 1 } ?? 0
        return Array(sent[start...].prefix(limit))
    }

    func cancel(_ id: String) throws(ControlError) -> SentMessage {
        guard let index = sent.firstIndex(where: { $0.id.hex == id }) else {
            throw ControlError(.notFound, "No such message.")
        }
        guard sent[index].state == .queued else { throw ControlError(.conflict, "It has arrived.") }
        sent[index].state = .failed
        sent[index].reason = "cancelled"
        return sent[index]
    }

    func receivedMessages(_ query: InboxQuery) -> [ReceivedMessage] {
        let ordered = query.since == nil ? received : received.sorted { $0.seq < $1.seq }
        let start = query.after.flatMap { after in ordered.firstIndex { $0.position == after } }.map { $0 + 1 } ?? 0
        let wanted = ordered[start...].filter {
            (query.from == nil || $0.from == query.from) && !(query.unreadOnly && $0.read)
                && $0.seq > query.since ?? 0
        }
        var page: [ReceivedMessage] = []
        var bytes = 0
        for message in wanted where page.count < query.limit && bytes < query.textBytes {
            page.append(message)
            bytes += message.text.utf8.count
        }
        return page
    }

    func markRead(_ ids: [String]) {
        for index in received.indices where ids.contains(received[index].message) { received[index].read = true }
    }

    func delete(_ names: [String]) -> Int {
        let count = received.count
        received.removeAll { names.contains($0.message) || names.contains($0.position) }
        return count - received.count
    }

    func conversations(after: String?, limit: Int) -> ConversationList {
        let peers = ["roost1even", "roost1odd"].filter { peer in received.contains { $0.from == peer } }
        let rest = after.map { after in peers.drop { $0 != after }.dropFirst() } ?? peers[...]
        let page = rest.prefix(limit)
        return ConversationList(
            conversations: page.map { ConversationReport(peer: $0, unread: 0, seq: arrived) },
            next: page.count == limit ? page.last : nil)
    }

    private(set) var lastQuery: ConversationQuery?

    func conversation(_ query: ConversationQuery) -> ConversationPage {
        lastQuery = query
        return ConversationPage(
            messages: received.filter { $0.from == query.peer }.suffix(query.limit).map {
                ConversationMessage(
                    message: $0.message, seq: $0.seq, position: $0.position, from: $0.from, to: "roost1me",
                    text: $0.text, sentAt: $0.sentAt, receivedAt: $0.receivedAt, state: $0.read ? .read : .received,
                    via: $0.via)
            })
    }

    private(set) var blocked: [String] = []

    func decide(_ standing: PeerStanding, about peer: String) {
        blocked.removeAll { $0 == peer }
        if standing == .blocked { blocked.append(peer) }
        for watch in watchers.all { watch.conversationChanged(peer) }
    }

    func blockedPeers() -> [BlockedPeer] { blocked.map { BlockedPeer(id: $0) } }

    private var begun: [String: String] = [:]

    func draft(to peer: String) -> DraftReport {
        DraftReport(
            peer: peer, text: begun[peer] ?? "",
            changedAt: begun[peer] == nil ? nil : Date(timeIntervalSince1970: 1_700_000_000))
    }

    func drafts() -> [DraftReport] { begun.keys.sorted().map { draft(to: $0) } }

    func setDraft(_ text: String, to peer: String) {
        begun[peer] = text.isEmpty ? nil : text
        log.note(.draft(peer), at: arrived)
        for watch in watchers.all { watch.draftChanged(peer) }
    }

    private var chosen = SettingsReport(readReceipts: true)

    func settings() -> SettingsReport { chosen }

    func choose(_ settings: SettingsReport) { chosen = settings }

    func deleteConversation(_ peer: String) -> DeletedConversation {
        defer {
            log.note(.conversation(peer), at: arrived)
            for watch in watchers.all { watch.conversationChanged(peer) }
        }
        let hasDraft = begun.removeValue(forKey: peer) != nil
        let introduced = peer == "roost1alice" ? 1 : nil
        return DeletedConversation(
            deleted: delete(received.filter { $0.from == peer }.map(\.position)), draft: hasDraft ? true : nil,
            introductions: introduced)
    }

    func deleteMessage(_ position: String, inConversationWith peer: String) throws(ControlError) {
        guard delete(received.filter { $0.from == peer && $0.position == position }.map(\.position)) > 0 else {
            throw ControlError(.notFound, "There is no such message.")
        }
    }

    func unopened() -> UnopenedReport {
        let since = Date(timeIntervalSince1970: 1_800_000_000)
        return unopenedEnvelopes == 0
            ? UnopenedReport(envelopes: 0, bytes: 0)
            : UnopenedReport(
                envelopes: unopenedEnvelopes, bytes: 2_048 * unopenedEnvelopes, since: since, until: since + 86_400)
    }

    func discardUnopened() -> Int {
        defer { unopenedEnvelopes = 0 }
        return unopenedEnvelopes
    }

    func peers() -> [PeerReport] { [PeerReport(name: "alice", id: "roost1alice")] }

    func identity() -> ShareReport {
        ShareReport(id: "roost1me", node: "00", link: "roost:roost1me", code: ["10", "01"])
    }

    private var ownName: String?

    func oneself() -> SelfReport { SelfReport(id: "roost1me", name: ownName) }

    func nameOneself(_ name: String) -> SelfReport {
        ownName = name.isEmpty ? nil : name
        return oneself()
    }

    private(set) var introduced: [NewIntroduction] = []

    func introductions() -> IntroductionList {
        let card = IntroductionReport(
            id: "roost1carol", name: "carol", claimedName: nil, from: "roost1alice", fromName: "alice",
            sentAt: Date(timeIntervalSince1970: 1_700_000_000))
        return IntroductionList(introductions: [card], waiting: ["roost1dave"])
    }

    func introduce(_ introduction: NewIntroduction) throws(ControlError) -> SentMessage {
        introduced.append(introduction)
        return try send(NewMessage(to: introduction.to, text: "This is \(introduction.peer)."))
    }

    private(set) var names: [String: String] = [:]

    func name(_ peer: String, _ name: String, replacing: Bool) throws(ControlError) -> PeerReport {
        guard replacing || names[name] ?? peer == peer else { throw ControlError(.conflict, "It is taken.") }
        names[name] = peer
        return PeerReport(name: name, id: peer)
    }

    func removeName(_ name: String) throws(ControlError) {
        guard names.removeValue(forKey: name) != nil else { throw ControlError(.notFound, "No such name.") }
    }

    private(set) var compared: Set<String> = []

    func safety(_ peer: String) -> SafetyReport {
        let date = compared.contains(peer) ? Date(timeIntervalSince1970: 1_700_000_000) : nil
        return SafetyReport(peer: peer, own: "roost1me", groups: ["12345", "67890"], compared: date)
    }

    func markCompared(_ peer: String, _ isCompared: Bool) {
        if isCompared { compared.insert(peer) } else { compared.remove(peer) }
    }

    func webLink() -> WebLink {
        WebLink(link: "http://127.0.0.1:1/#00", expiresAt: Date(timeIntervalSince1970: 1_700_000_000))
    }

    func endWeb() -> Int { 2 }

    func nodes() -> [NodeReport] { [NodeReport(node: "01", endpoint: "127.0.0.1:2", bucket: 3, lastSeenSeconds: 4)] }

    func lookup(_ target: String) -> AsyncStream<LookupProgress> {
        AsyncStream { continuation in
            for round in 1...3 {
                let result = LookupResult(
                    target: target, closest: [], rounds: round, rpcs: round * 2, milliseconds: 0.5)
                continuation.yield(round < 3 ? .round(result) : target == "busy" ? .failed(busy) : .finished(result))
            }
            continuation.finish()
        }
    }

    nonisolated var busy: ControlError { ControlError(.unavailable, "Too many lookups.") }

    func watch() -> MessageWatch { watchers.add() }

    func shutDown() {
        isShutDown = true
        if let whenShutDown { Task { await whenShutDown() } }
    }

    /// Has `body` called when the daemon is to end.
    func onShutDown(_ body: @escaping @Sendable () async -> Void) { whenShutDown = body }
}
