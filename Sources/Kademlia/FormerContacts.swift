import Basics

/// Contacts that fell silent and have left the routing table, to be asked now and then whether they are there again.
///
/// A network that is cut in two for longer than silent contacts are kept would else stay two: each part has forgotten the other, and no
/// lookup leads from one to the other. The contacts known for longest are remembered, as they most likely still run (Kademlia, §2.1).
/// Each is asked ever more seldom.
struct FormerContacts: Sendable {
    /// One of them.
    struct Entry: Sendable {
        let contact: Contact
        /// From its first answer to its last.
        let knownFor: CompactDuration
        /// How often it was asked in vain since it left.
        fileprivate var questions = 0
        /// When it is asked again.
        fileprivate var due = CompactInstant.future
        /// When it is forgotten.
        fileprivate var end = CompactInstant.future

        init(_ contact: Contact, knownFor: CompactDuration) {
            self.contact = contact
            self.knownFor = knownFor
        }
    }

    /// The first pause between two questions to one of them; it doubles up to the longest.
    private static let firstPause = CompactDuration(.seconds(300))
    private static let longestPause = CompactDuration(.seconds(3_600))
    /// The pause between two questions to whomever.
    private static let pace = CompactDuration(.seconds(60))
    /// Of one that was asked so often in vain, which takes half a day, not much is hoped for: it gives way first.
    private static let questionsOfHope = 12
    /// How long one is remembered.
    private static let memory = CompactDuration(.seconds(14 * 86_400))

    private var entries: [Entry] = []
    /// No question goes out before this.
    private var pausesUntil = CompactInstant.past
    /// When one is asked next; nil while there are none.
    private(set) var nextQuestion: CompactInstant?

    /// Bytes of the room reserved.
    var memory: Int { entries.capacity * MemoryLayout<Entry>.stride }

    /// A contact has left the table.
    mutating func add(_ entry: Entry, now: CompactInstant) {
        guard entry.knownFor >= CompactDuration(Limits.formerContactKnown) else { return }
        remove(entry.contact.id)
        var entry = entry
        (entry.due, entry.end) = (now + FormerContacts.firstPause, now + FormerContacts.memory)
        entries.append(entry)
        if entries.count > Limits.formerContacts, let least = entries.indices.min(by: isOfLessUse) {
            entries.remove(at: least)
        }
        update()
    }

    /// Whether one gives way before another.
    private func isOfLessUse(_ left: Int, than right: Int) -> Bool {
        let (left, right) = (entries[left], entries[right])
        let (isHopeless, isOther) = (
            left.questions >= FormerContacts.questionsOfHope, right.questions >= FormerContacts.questionsOfHope
        )
        return isHopeless == isOther ? left.knownFor < right.knownFor : isHopeless
    }

    /// It is in the table again, or has answered.
    mutating func remove(_ id: NodeID) {
        guard let index = entries.firstIndex(where: { $0.contact.id == id }) else { return }
        entries.remove(at: index)
        update()
    }

    /// The one to be asked now; nil where none is due.
    mutating func next(now: CompactInstant) -> Contact? {
        guard let due = nextQuestion, due <= now else { return nil }
        entries.removeAll { $0.end <= now }
        defer { update() }
        guard let index = entries.indices.min(by: { entries[$0].due < entries[$1].due }), entries[index].due <= now
        else { return nil }
        entries[index].questions += 1
        entries[index].due =
            now + FormerContacts.firstPause.doubled(entries[index].questions, limit: FormerContacts.longestPause)
        pausesUntil = now + FormerContacts.pace
        return entries[index].contact
    }

    /// The network is another: all are asked soon.
    mutating func hasten(now: CompactInstant) {
        for index in entries.indices { entries[index].due = min(entries[index].due, now) }
        update()
    }

    private mutating func update() {
        let due = entries.lazy.map { min($0.due, $0.end) }.min()
        nextQuestion = due.map { max($0, pausesUntil) }
    }
}

extension RoutingTable {
    /// A contact that fell silent some time ago and is to be asked now whether it is there again; nil where none is.
    public mutating func nextFormerContact(now: Instant) -> Contact? { former.next(now: CompactInstant(now)) }

    /// When there is one.
    public var formerContactDue: Instant? { former.nextQuestion?.instant }

    /// It has answered: it is asked no more.
    public mutating func formerContactReturned(_ id: NodeID) { former.remove(id) }

    /// The network is another: all of them are asked soon.
    public mutating func hastenFormerContacts(now: Instant) { former.hasten(now: CompactInstant(now)) }

    /// What is remembered of a contact that leaves.
    func former(at place: Int) -> FormerContacts.Entry {
        let entry = entries[place]
        return FormerContacts.Entry(
            contact(at: place, in: .both), knownFor: entry.lastSeen.since(entry.firstSeen))
    }
}
