import Basics
import PeerCore
import Reports

extension RoostNode {
    /// What this person calls themselves; nil where they have no name.
    public func ownName() -> String? { station?.agent?.ownName }

    /// Gives this person a name, or none with an empty text; returns once that is durable. It goes with the next message to each peer.
    public func setOwnName(_ text: String) async throws(ServiceError) {
        if let objection = PeerAgent.objection(toName: text) { throw ServiceError(.messageInvalid, objection) }
        _ = try await durably { station?.setOwnName(text, now: SystemClock.now(), into: &effects) }
    }

    /// What these peers say that they are called, of those who say anything; and by whom of those who count they were introduced.
    public func said(
        of peers: Set<PeerID>, by counts: @Sendable (PeerID, PeerStanding) -> Bool
    ) -> (names: [PeerID: String], introductions: [PeerIntroduction]) {
        var names: [PeerID: String] = [:]
        var introductions: [PeerIntroduction] = []
        for peer in peers {
            names[peer] = station?.agent?.nameClaimed(by: peer)
            introductions += station?.agent?.introductions(of: peer, by: counts) ?? []
        }
        return (names, introductions)
    }

    /// All who were introduced to this person, by who did it.
    public func introductions() -> [PeerIntroduction] { station?.agent?.introductions() ?? [] }

    /// What this person has decided about these peers.
    public func standings(of peers: Set<PeerID>) -> [PeerID: PeerStanding] {
        var standings: [PeerID: PeerStanding] = [:]
        for peer in peers { standings[peer] = station?.agent?.standing(of: peer) }
        return standings
    }
}
