import Basics
import PeerCore

extension RoostNode {
    /// What this person calls themselves; nil where they have no name.
    public func ownName() -> String? { station?.agent?.ownName }

    /// Gives this person a name, or none with an empty text; returns once that is durable. It goes with the next message to each peer.
    public func setOwnName(_ text: String) async throws(ServiceError) {
        if let objection = PeerAgent.objection(toName: text) { throw ServiceError(.messageInvalid, objection) }
        _ = try await durably { station?.setOwnName(text, now: SystemClock.now()) }
    }

    /// What these peers say that they are called: of those who say anything.
    public func claimedNames(of peers: Set<PeerID>) -> [PeerID: String] {
        var names: [PeerID: String] = [:]
        for peer in peers { names[peer] = station?.agent?.nameClaimed(by: peer) }
        return names
    }
}
