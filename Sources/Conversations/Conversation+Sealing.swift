import Basics
import Cryptography
import Wire

/// A new envelope, and the session that it was sealed in.
public struct SealedEnvelope: Sendable {
    public let bytes: [UInt8]
    public let session: SessionName
}

extension Conversation {
    /// A new envelope for the peer whose record is given; it can be opened only in that mailbox. With a `signer`, it is
    /// signed as the mail of a sender that the mailbox's owner has accepted. The changed conversation is committed with
    /// the envelope, before a byte of it leaves.
    ///
    /// `doubting` is a session in which the recipient didn't open it: it is not used for anything any more.
    ///
    /// Throws where the content is too long for the largest size class, or a key of the record is of low order.
    public mutating func seal(
        _ content: Content, to record: PeerRecord, mailbox: MailboxID, expiry: Day, signer: DeliverySigner? = nil,
        doubting doubted: SessionName? = nil, as own: OwnStanding, today: Day, with cipher: EnvelopeCipher,
        generator: inout SecureGenerator
    ) throws(SealError) -> SealedEnvelope {
        var after = self
        for index in after.sessions.indices where after.sessions[index].origin.name == doubted {
            after.sessions[index].isDoubted = true
        }
        let index: Int
        if let found = after.sessionToSend(to: record, own, me: cipher.peer, today: today) {
            index = found
        } else {
            guard
                let session = Session(
                    with: record, number: after.nextNumber, own, today: today, by: cipher, generator: &generator)
            else { throw .weakKey }
            after.sessions.append(session)
            index = after.sessions.count - 1
        }
        let fields = content.encoded
        let overhead = after.sessions[index].overhead + EnvelopeLayout.contentOverhead
        let clear = EnvelopeHeader.byteCount + (signer == nil ? 0 : Signature.byteCount)
        guard let sizeClass = Limits.sizeClasses.firstIndex(where: { $0 >= clear + overhead + fields.count }) else {
            throw .tooLong
        }
        let header = EnvelopeHeader(expiry: expiry, sizeClass: sizeClass, isSigned: signer != nil)
        let padded = Padding.add(
            to: fields,
            upTo: Limits.sizeClasses[sizeClass] - clear - overhead + EnvelopeLayout.contentOverhead
                - XChaChaPoly.tagSize)
        guard
            let sealed = after.sessions[index].seal(
                padded: padded, clear: header.authenticated, mailbox: mailbox, to: record.peer, today: today,
                by: cipher, generator: &generator)
        else { throw .weakKey }
        let name = after.sessions[index].origin.name
        after.tidy(by: own.erasingDay)
        self = after
        guard let signer else { return SealedEnvelope(bytes: header.assemble(sealed: sealed), session: name) }
        let bytes = header.assemble(sealed: sealed) { signer.sign(SignedBytes.delivery(mailbox, $0)) }
        return SealedEnvelope(bytes: bytes, session: name)
    }

    /// The number of the next session: one more than that of any known here.
    private var nextNumber: UInt32 {
        let highest = max(sessions.map(\.origin.name.number).max() ?? 0, dropped?.number ?? 0)
        return min(highest, Limits.sessionCount - 1) + 1
    }

    /// The session to send in: the newest between the two of the present generation of both. Of two with one number,
    /// opened by both at once, it is that of the lower peer ID. So both choose the same as soon as they know the same.
    private func sessionToSend(to record: PeerRecord, _ own: OwnStanding, me: PeerID, today: Day) -> Int? {
        let usable = sessions.indices.filter { sessions[$0].canSend(to: record, own) }
        let opensLower = me < record.peer
        return usable.max { left, right in
            let (left, right) = (sessions[left], sessions[right])
            let (mine, theirs) = (
                (left.generations.peer, left.origin.name.number), (right.generations.peer, right.origin.name.number)
            )
            // The one that the lower peer ID opened comes last.
            return mine == theirs ? left.isInitiator != opensLower && right.isInitiator == opensLower : mine < theirs
        }
    }

    /// Forgets what can't be of use any more, in favour of the rest where there is too much.
    /// `day`: by which what is out of date may be erased; nil while the clock is in doubt.
    public mutating func tidy(by day: Day?) {
        let day = day?.advanced(by: -Limits.skippedKeyDays) ?? Day(number: 0)
        for index in sessions.indices { sessions[index].forget(before: day) }
        let newest = sessions.map(\.origin.name.number).max()
        drop { $0.lastUsed < day && $0.origin.name.number != newest }
        while sessions.count > Limits.sessionsPerPeer {
            let oldest = sessions.map(\.origin.name.number).min()
            let index = sessions.firstIndex { $0.origin.name.number == oldest }
            let ephemeral = index.map { sessions[$0].origin.ephemeral }
            drop { $0.origin.ephemeral == ephemeral }
        }
        for index in sessions.indices where skippedKeys > Limits.skippedKeys {
            for chain in sessions[index].receiving.indices { sessions[index].receiving[chain].forgetSkipped() }
        }
    }

    private mutating func drop(where isGone: (Session) -> Bool) {
        for session in sessions where isGone(session) && !session.isInitiator {
            let name = session.origin.name
            if let dropped, !dropped.precedes(name) { continue }
            dropped = name
        }
        sessions.removeAll(where: isGone)
    }
}

extension SessionName {
    /// Whether the other was opened later by the same person.
    func precedes(_ other: SessionName) -> Bool { (generation, number) < (other.generation, other.number) }
}

extension Session {
    /// Whether the next message may be sealed in it.
    func canSend(to record: PeerRecord, _ own: OwnStanding) -> Bool {
        guard !isDoubted, generations.own == own.generation, generations.peer >= record.generation,
            own.isNewest || start == own.start, (sending?.number ?? 0) < Limits.messagesPerChain
        else { return false }
        guard opening != nil else { return true }
        // The recipient holds a prekey for long, but not for ever; and who publishes another one for its day doesn't
        // hold this one.
        if record.prekeyDay == origin.prekeyDay { return record.prekey == origin.prekey }
        return record.prekeyDay <= origin.prekeyDay.advanced(by: Limits.openingDays)
    }
}
