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
