import Platform

/// What a person gives to others, so that they can write.
public struct ShareReport: Codable, Sendable, Equatable {
    /// The peer ID, `roost1…`.
    public var id: String
    /// The node's ID: 64 hexadecimal digits.
    public var node: String
    /// `roost:` and the peer ID.
    public var link: String
    /// The QR code that holds the link: its rows, each module a `1` where it is dark; empty where it can't be made.
    public var code: [String]

    public init(id: String, node: String, link: String, code: [String]) {
        self.id = id
        self.node = node
        self.link = link
        self.code = code
    }
}

/// What a person is called by themselves.
public struct SelfReport: Codable, Sendable, Equatable {
    /// The peer ID, `roost1…`.
    public var id: String
    /// What they call themselves, and tell those whom they write to; nil where they have no name.
    public var name: String?

    public init(id: String, name: String?) {
        self.id = id
        self.name = name
    }
}

/// Somebody who was introduced, by a card that is proved.
public struct IntroductionReport: Codable, Sendable, Equatable {
    /// The peer ID of who was introduced.
    public var id: String
    /// What the introducer calls them.
    public var name: String
    /// What they had told the introducer that they are called; nil where they told nothing.
    public var claimedName: String?
    /// The introducer's peer ID, and what they are called in this address book; nil where they have no name there.
    public var from: String
    public var fromName: String?
    /// By the introducer's clock.
    public var sentAt: Date

    public init(id: String, name: String, claimedName: String?, from: String, fromName: String?, sentAt: Date) {
        self.id = id
        self.name = name
        self.claimedName = claimedName
        self.from = from
        self.fromName = fromName
        self.sentAt = sentAt
    }
}

/// Somebody says that they are called otherwise than they said before.
public struct RenamingReport: Codable, Sendable, Equatable {
    /// What they said before; nil where they went by no name.
    public var before: String?
    /// What they say now; nil where they go by no name any more.
    public var after: String?

    public init(before: String?, after: String?) {
        self.before = before
        self.after = after
    }
}

/// Those who were introduced.
public struct IntroductionList: Codable, Sendable, Equatable {
    /// By people who are accepted.
    public var introductions: [IntroductionReport]
    /// The peer IDs of those who have introduced somebody as well and aren't accepted yet, whose cards so don't count; nil from a daemon
    /// that doesn't say.
    public var waiting: [String]?

    public init(introductions: [IntroductionReport], waiting: [String]? = nil) {
        self.introductions = introductions
        self.waiting = waiting
    }
}

/// Somebody who is to be introduced to another.
public struct NewIntroduction: Codable, Sendable, Equatable {
    /// The peer ID of who gets the card.
    public var to: String
    /// The peer ID of who is introduced; they have to have a name in the address book.
    public var peer: String
    /// As of a message: the same key again is the same introduction.
    public var key: String?

    public init(to: String, peer: String, key: String? = nil) {
        self.to = to
        self.peer = peer
        self.key = key
    }
}

/// The body that gives oneself a name; without one, or with an empty one, it is taken back.
struct SelfEntry: Codable {
    var name: String?
}

/// The number by which two people see that each of them has the other's true ID.
public struct SafetyReport: Codable, Sendable, Equatable {
    /// The peer ID of the other.
    public var peer: String
    /// One's own.
    public var own: String
    /// Sixty digits.
    public var number: String
    /// The same in twelve groups of five.
    public var groups: [String]
    /// When it was compared; nil where it was not.
    public var compared: Date?

    public init(peer: String, own: String, groups: [String], compared: Date?) {
        self.peer = peer
        self.own = own
        number = groups.joined()
        self.groups = groups
        self.compared = compared
    }
}

/// The body that gives a peer a name.
struct NameEntry: Codable {
    var id: String
    var replace: Bool?
}

/// The body that says whether a safety number was compared.
struct ComparedMark: Codable {
    var compared: Bool
}

/// A link to the page for browsers.
public struct WebLink: Codable, Sendable, Equatable {
    /// It opens the page once, in a browser on this machine. Whoever has it first may read and write as this person.
    public var link: String
    /// From then on it opens nothing.
    public var expiresAt: Date

    public init(link: String, expiresAt: Date) {
        self.link = link
        self.expiresAt = expiresAt
    }
}

/// How many browsers were signed in.
struct WebEnd: Codable {
    var ended: Int
}
