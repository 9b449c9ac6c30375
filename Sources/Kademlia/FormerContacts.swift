import Basics

/// Contacts that fell silent and have left the routing table, to be asked now and then whether they are there again.
///
/// A network that is cut in two for longer than silent contacts are kept would else stay two: each part has forgotten the other, and no
/// lookup leads from one to the other. The contacts known for longest are remembered, as they most likely still run (Kademlia, §2.1).
struct FormerContacts: Sendable {
    /// One of them.
    struct Entry: Sendable {
        let contact: Contact
        /// From its first answer to its last.
        let knownFor: CompactDuration
        /// How often it was asked in vain since it left.
        fileprivate var questions = 0

        init(_ contact: Contact, knownFor: CompactDuration) {
            self.contact = contact
            self.knownFor = knownFor
        }
    }

    /// Those known for longest come first.
    private var entries: [Entry] = []
    /// The place of the one asked last.
    private var place = 0
    /// When one is asked next; nil while there are none.
    private(set) var nextQuestion: CompactInstant?

    /// Bytes of the room reserved.
    var memory: Int { entries.capacity * MemoryLayout<Entry>.stride }

    /// A contact has left the table.
    mutating func add(_ entry: Entry, now: CompactInstant) {
        guard entry.knownFor >= .formerContactKnown else { return }
        remove(entry.contact.id)
        let index = entries.firstIndex { $0.knownFor < entry.knownFor } ?? entries.count
        entries.insert(entry, at: index)
        if entries.count > Limits.formerContacts { entries.removeLast() }
        nextQuestion = nextQuestion ?? now + .formerContactInterval
    }

    /// It is in the table again.
    mutating func remove(_ id: NodeID) {
        guard let index = entries.firstIndex(where: { $0.contact.id == id }) else { return }
        entries.remove(at: index)
        if entries.isEmpty { nextQuestion = nil }
    }

    /// The one to be asked now, in turn; nil where none is due. It is given up after some questions.
    mutating func next(now: CompactInstant) -> Contact? {
        guard let due = nextQuestion, due <= now else { return nil }
        nextQuestion = now + .formerContactInterval
        place = (place + 1) % entries.count
        entries[place].questions += 1
        let contact = entries[place].contact
        if entries[place].questions >= Limits.formerContactQuestions { remove(contact.id) }
        return contact
    }
}

extension CompactDuration {
    fileprivate static let formerContactKnown = CompactDuration(Limits.formerContactKnown)
    fileprivate static let formerContactInterval = CompactDuration(Limits.formerContactInterval)
}

extension RoutingTable {
    /// A contact that fell silent some time ago and is to be asked now whether it is there again; nil where none is.
    public mutating func nextFormerContact(now: Instant) -> Contact? { former.next(now: CompactInstant(now)) }

    /// When there is one.
    public var formerContactDue: Instant? { former.nextQuestion?.instant }

    /// What is remembered of a contact that leaves.
    func former(at place: Int) -> FormerContacts.Entry {
        let entry = entries[place]
        return FormerContacts.Entry(
            contact(at: place, in: .both), knownFor: entry.lastSeen.since(entry.firstSeen))
    }
}
