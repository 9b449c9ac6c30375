import Basics
import PeerCore

/// The people who leave for good once their mail is stored: what then becomes of it depends on its buddies alone.
struct Leavers {
    /// Who is to leave. They write, and nobody writes to them.
    private let chosen: Set<HostID>
    private var gone: Set<HostID> = []
    /// How far the messages of those who haven't left yet have come, as they were told.
    private var underWay: [HostID: [MessageID: MessageState]] = [:]

    init(_ people: [HostID]) { chosen = Set(people) }

    func contains(_ host: HostID) -> Bool { chosen.contains(host) }
    func hasLeft(_ host: HostID) -> Bool { gone.contains(host) }

    /// A person is told something of their mail. Where that is the moment to leave, returns the messages that others keep
    /// by now: at least one, and the sender has no others under way that nobody keeps yet.
    mutating func hear(_ notice: PeerNotice, at host: HostID) -> [MessageID]? {
        guard chosen.contains(host), !gone.contains(host) else { return nil }
        switch notice {
        case .accepted(let id): underWay[host, default: [:]][id] = .queued
        case .changed(let message):
            underWay[host, default: [:]][message.id] = message.state.isUnderWay ? message.state : nil
        case .notAccepted, .received, .conversationChanged, .draftChanged: break
        }
        guard let states = underWay[host], !states.values.contains(.queued) else { return nil }
        let stored = states.filter { $0.value == .stored }.keys.sorted()
        guard !stored.isEmpty else { return nil }
        gone.insert(host)
        return stored
    }
}
