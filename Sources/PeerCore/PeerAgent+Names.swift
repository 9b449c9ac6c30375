import Basics
import Conversations

/// What people call themselves.
extension PeerAgent {
    /// What this person calls themselves, as it is on disk; nil where they have no name.
    public var ownName: String? { turn.view.durable.ownName().flatMap { $0.text.isEmpty ? nil : $0.text } }

    /// Why a text can't be this person's name, in a sentence; nil where it can.
    public static func objection(toName text: String) -> String? { NameClaim.objection(to: text) }

    /// Gives this person a name, or none with an empty text: for good once `lastWrite` is durable. It goes with the next message to each
    /// peer. False: the text can't be a name.
    public mutating func setOwnName(_ text: String, now: Now, into outbox: inout PeerOutbox) -> Bool {
        during(now, &outbox) { agent in
            let last = agent.turn.view.ownName()
            // By its bytes: one that only looks alike is another to whoever shows it.
            guard !text.utf8.elementsEqual(last?.text.utf8 ?? "".utf8) else { return true }
            let version = max(UInt64(clamping: now.utc.seconds), (last?.version ?? 0).advanced(saturatingBy: 1))
            guard let name = NameClaim(text, version: version) else { return false }
            agent.turn.view.putOwnName(name)
            return true
        }
    }

    /// What a peer says that they are called, as it is on disk; nil where they say nothing.
    public func nameClaimed(by peer: PeerID) -> String? {
        turn.view.durable.claimedName(of: peer).flatMap { $0.text.isEmpty ? nil : $0.text }
    }

    /// By whom a peer was introduced, as it is on disk: some of them, if there are many. Only those count of whom the caller says so, by
    /// what is decided about them: whoever doesn't count takes nobody's place.
    public func introductions(
        of peer: PeerID, by counts: (PeerID, PeerStanding) -> Bool = { _, _ in true }
    ) -> [PeerIntroduction] {
        let view = turn.view.durable
        return view.introductions(of: peer, limit: Limits.introductionsShown) { introducer in
            counts(introducer, view.standing(of: introducer, with: id))
        }
    }

    /// All who were introduced, by who did it.
    public func introductions() -> [PeerIntroduction] { turn.view.durable.introductions() }
}

extension UInt64 {
    fileprivate func advanced(saturatingBy step: UInt64) -> UInt64 {
        let (sum, isTooLarge) = addingReportingOverflow(step)
        return isTooLarge ? .max : sum
    }
}
