import Basics
import ControlAPI
import RoostService
import StatusView

/// What is known of some peers: what they are called in the address book, and what they say themselves.
struct Acquaintances {
    private let names: PeerNames
    private let claims: [PeerID: String]
    /// The names of the address book by what they look like, as far as there are claims to compare with them.
    private let lookalikes: [String: [String: String]]

    init(_ names: PeerNames, claims: [PeerID: String]) {
        self.names = names
        self.claims = claims
        lookalikes = claims.isEmpty ? [:] : names.bySkeleton
    }

    func name(of peer: PeerID) -> String? { names.name(of: peer.text) }

    /// What a peer says that they are called.
    func claimedName(of peer: PeerID) -> String? { claims[peer] }

    /// A name of the address book that is another's, and that looks like what the peer says. Of several, the first by the alphabet.
    func resembled(by peer: PeerID) -> String? {
        guard let claim = claims[peer] else { return nil }
        let id = peer.text
        return lookalikes[NameSkeleton.of(claim)]?.filter { $0.value != id }.keys.min()
    }
}

extension ServiceBackend {
    /// What is known of these peers.
    func acquaintances(_ peers: some Sequence<PeerID>) async -> Acquaintances {
        Acquaintances(PeerNames(directory: book.directory), claims: await node.claimedNames(of: Set(peers)))
    }
}
