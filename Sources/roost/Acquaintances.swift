import Basics
import ControlAPI
import Cryptography
import Platform
import RoostService
import StatusView

/// What is known of some peers: what they are called in the address book, what they say themselves, and by whom they were introduced.
struct Acquaintances {
    private let names: PeerNames
    private let claims: [PeerID: String]
    /// By who is accepted.
    private let introductions: [PeerID: [IntroductionReport]]
    /// The names of the address book by what they look like, as far as there is anything to compare with them.
    private let lookalikes: [String: [String: String]]

    init(_ names: PeerNames, claims: [PeerID: String], introductions: [PeerIntroduction]) {
        self.names = names
        self.claims = claims
        self.introductions = Dictionary(grouping: introductions, by: \.peer).mapValues { cards in
            cards.map { IntroductionReport($0, names) }
        }
        lookalikes = claims.isEmpty && introductions.isEmpty ? [:] : names.bySkeleton
    }

    func name(of peer: PeerID) -> String? { names.name(of: peer.text) }

    /// What a peer says that they are called.
    func claimedName(of peer: PeerID) -> String? { claims[peer] }

    /// By whom a peer was introduced; nil where nobody did.
    func introductions(of peer: PeerID) -> [IntroductionReport]? { introductions[peer] }

    /// A name of the address book that is another's, and that looks like what the peer is shown as. Of several, the first by the
    /// alphabet.
    func resembled(by peer: PeerID) -> String? {
        guard let shown = introductions[peer]?.first?.name ?? claims[peer] else { return nil }
        let id = peer.text
        return lookalikes[NameSkeleton.of(shown)]?.filter { $0.value != id }.keys.min()
    }

    /// What a card in a message says.
    func card(in message: IncomingMessage) -> IntroductionReport? {
        message.introduction.map {
            IntroductionReport(
                PeerIntroduction(
                    peer: $0.peer, introducer: message.from, name: $0.name, claimedName: $0.claimedName,
                    sentAt: message.sentAt), names)
        }
    }
}

extension IntroductionReport {
    init(_ introduction: PeerIntroduction, _ names: PeerNames) {
        self.init(
            id: introduction.peer.text, name: introduction.name, claimedName: introduction.claimedName,
            from: introduction.introducer.text, fromName: names.name(of: introduction.introducer.text),
            sentAt: Date(introduction.sentAt))
    }
}

extension PeerNames {
    /// Whether somebody is accepted, as who has a name here is as well: their introductions count, and they hear of what was read. What
    /// strangers say of others is theirs, and the blocked count for nothing.
    func knows(_ peer: PeerID, who standing: PeerStanding) -> Bool {
        standing == .accepted || standing == .request && name(of: peer.text) != nil
    }
}

extension ServiceBackend {
    /// What is known of these peers.
    func acquaintances(_ peers: some Sequence<PeerID>) async -> Acquaintances {
        let names = presentNames.names
        let said = await node.said(of: Set(peers)) { names.knows($0, who: $1) }
        return Acquaintances(names, claims: said.names, introductions: said.introductions)
    }

    func introductions() async -> IntroductionList {
        let names = presentNames.names
        let all = await node.introductions()
        guard !all.isEmpty else { return IntroductionList(introductions: [], waiting: []) }
        let standings = await node.standings(of: Set(all.flatMap { [$0.introducer, $0.peer] }))
        func standing(_ peer: PeerID) -> PeerStanding { standings[peer] ?? .request }
        // Who is blocked is nobody to be made known to.
        let cards = all.filter { standing($0.peer) != .blocked }
        let counted = cards.filter { names.knows($0.introducer, who: standing($0.introducer)) }
        let waiting = cards.map(\.introducer).filter {
            standing($0) == .request && !names.knows($0, who: .request)
        }
        return IntroductionList(
            introductions: counted.map { IntroductionReport($0, names) }, waiting: Set(waiting).map(\.text).sorted())
    }

    func introduce(_ introduction: NewIntroduction) async throws(ControlError) -> SentMessage {
        let (recipient, peer) = (try self.peer(introduction.to), try self.peer(introduction.peer))
        guard recipient != peer else {
            throw ControlError(.badInput, "That is one person: name the two who are to be introduced to one another.")
        }
        guard recipient != node.peerID, peer != node.peerID else {
            throw ControlError(
                .badInput,
                "One of them is you, and you aren't introduced: to give somebody your own ID, send it to them."
            )
        }
        guard let name = presentNames.names.name(of: peer.text) else {
            throw ControlError(
                .conflict, "\(peer.text) has no name in the address book to be introduced by: give them one first.")
        }
        guard let introduced = Introduced(peer: peer, name: name) else {
            throw ControlError(
                .badInput, "“\(Printable.word(name))” can't be shown to others, or is too long: give them another name."
            )
        }
        let claim = await node.said(of: [peer], by: { _, _ in false }).names[peer].map { ", who go by \"\($0)\"" } ?? ""
        let text =
            "May I introduce \(name)? That is what I call them\(claim). Their ID: \(PeerLink.link(to: peer.text))"
        // By another claim it is another introduction, which has another text.
        let key = introduction.key.map { $0.utf8.count + claim.utf8.count <= Limits.messageKeySize ? $0 + claim : $0 }
        do throws(ServiceError) {
            return try await node.send(text, introducing: introduced, to: recipient, key: key).withoutText
        } catch {
            throw ControlError(error)
        }
    }
}
