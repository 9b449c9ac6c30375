import Basics

/// Whether mail moves at once where nothing goes wrong: accepted mail is stored while its sender is there, and stored mail is
/// fetched while its recipient is. Otherwise a later attempt by another way would hide that one of them is broken.
package struct PromptCheck {
    private struct Waiting {
        let sender: HostID
        let recipient: HostID
        /// Since when it is accepted, or stored.
        var since: Instant
        var isStored = false
    }

    private var waiting: [MessageID: Waiting] = [:]
    /// In the order of acceptance, so that nothing depends on hashing.
    private var order: [MessageID] = []
    package private(set) var findings = CheckFindings()

    /// How long it may take to store a message: some attempts, each with a lookup or two.
    package static let storing = Duration.seconds(120)
    /// How long it may take to fetch one: it is announced at once, and where no announcement comes through, buddies are replaced within a
    /// minute, which takes a look into the mailbox.
    package static let fetching = Duration.seconds(180)

    package init() {}

    package mutating func accepted(_ id: MessageID, from sender: HostID, to recipient: HostID, at instant: Instant) {
        guard waiting[id] == nil else { return }
        waiting[id] = Waiting(sender: sender, recipient: recipient, since: instant)
        order.append(id)
    }

    package mutating func stored(_ id: MessageID, at instant: Instant) {
        guard waiting[id]?.isStored == false else { return }
        waiting[id]?.isStored = true
        waiting[id]?.since = instant
    }

    /// It has arrived, or has ended.
    package mutating func ended(_ id: MessageID) { waiting[id] = nil }

    /// Looks at all that is under way. `upSince`: since when a machine is up; nil while it isn't.
    package mutating func look(now: Instant, upSince: (HostID) -> Instant?) {
        order.removeAll { waiting[$0] == nil }
        for id in order {
            guard let message = waiting[id],
                let since = upSince(message.isStored ? message.recipient : message.sender)
            else { continue }
            let waited = now - max(since, message.since)
            if waited > (message.isStored ? PromptCheck.fetching : PromptCheck.storing) {
                let what = message.isStored ? "stored, and not fetched" : "accepted, and not stored"
                findings.add(
                    "Message \(id) of host \(message.sender.index) to host \(message.recipient.index) was \(what) for "
                        + "\(waited.components.seconds) s, though nothing was wrong.")
                waiting[id] = nil
            }
        }
    }
}
