import Basics
import Cryptography
import Wire

/// The content of an envelope.
public struct OpenedEnvelope: Sendable {
    /// The sender; verified.
    public let sender: PeerID
    public let content: Content
    /// Whether its sender, when it was sealed, had not yet heard from this person in the session.
    public let isFirst: Bool
    /// The conversation with the sender, once the content is on disk.
    public let conversation: Conversation
}

extension Conversation {
    /// Opens an envelope from a mailbox of this person. Its sender is known only once its header is open; then `find` is
    /// asked for the conversation with that peer. The result has that conversation as the envelope changed it, which is
    /// committed with the message.
    ///
    /// `headerKeys` are those of all conversations.
    public static func open(
        _ envelope: [UInt8], mailbox: MailboxID, prekeys: PrekeyRing, headerKeys: HeaderKeys, as own: OwnStanding,
        today: Day, with cipher: EnvelopeCipher, find: (PeerID) -> Conversation
    ) throws(OpenError) -> OpenedEnvelope {
        let parts = try EnvelopeParts(envelope, mailbox: mailbox)
        if let first = cipher.first(parts, prekeys) {
            // From here on it is certain that it was sealed to a prekey that is held.
            let sender = first.header.sender
            return try find(sender).opening(sender, own, isFirst: true) { conversation throws(OpenError) in
                try conversation.open(first, own, today: today, with: cipher)
            }
        }
        guard let found = headerKeys.find(parts) else {
            throw cipher.namesLostPrekey(parts, prekeys, today: today) ? .unknownPrekey : .noSession
        }
        let header = try MessageHeader(found.header)
        return try find(found.peer).opening(found.peer, own, isFirst: false) { conversation throws(OpenError) in
            guard let index = conversation.sessions.firstIndex(where: { $0.headerKeys.contains(found.key) }) else {
                throw .noSession
            }
            return try conversation.sessions[index].open(parts, header, under: found.key, today: today, cipher.suite)
        }
    }

    /// What opening an envelope of the peer makes of this conversation.
    private func opening(
        _ sender: PeerID, _ own: OwnStanding, isFirst: Bool, _ body: (inout Conversation) throws(OpenError) -> [UInt8]
    ) throws(OpenError) -> OpenedEnvelope {
        var after = self
        let content = try EnvelopeCipher.content(padded: try body(&after))
        after.receive(content)
        after.tidy(by: own.erasingDay)
        return OpenedEnvelope(sender: sender, content: content, isFirst: isFirst, conversation: after)
    }

    /// The padded content of a first message, which may begin a session.
    private mutating func open(
        _ first: FirstMessage, _ own: OwnStanding, today: Day, with cipher: EnvelopeCipher
    ) throws(OpenError) -> [UInt8] {
        if let index = sessions.firstIndex(where: { $0.answers(first, by: cipher) }) {
            return try sessions[index].open(first, today: today)
        }
        let name = first.header.name
        guard name.number <= Limits.sessionCount else { throw .senseless }
        if let dropped, !dropped.precedes(name) { throw .keyUsed }
        guard var session = Session(answering: first, own, today: today, by: cipher) else { throw .notAuthentic }
        let content = try session.open(first, today: today)
        if sessions.contains(where: { $0.origin.name == name }) {
            doubtSessions(from: name)
            session.isDoubted = true
        }
        sessions.append(session)
        return content
    }

    /// The peer opens a session under a name that they have used before: their store went back to before that, and has lost
    /// this session and the later ones. Which of the two they hold isn't certain, as the lost one's first message may have come
    /// late: nothing is sealed in either (docs/conversations.md, "Older copies").
    private mutating func doubtSessions(from name: SessionName) {
        for index in sessions.indices
        where sessions[index].generations.peer == name.generation && sessions[index].origin.name.number >= name.number {
            sessions[index].isDoubted = true
        }
    }
}
