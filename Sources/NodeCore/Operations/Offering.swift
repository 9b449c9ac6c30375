import Basics
import Exchange
import Kademlia
import Sessions
import Wire

/// Having a buddy of a mailbox pass an offer on to who reads the mailbox. The closest are asked, as the reader has subscribed there.
///
/// A buddy may answer whatever it likes: so others go on being asked until the person's side, which can tell, has had enough.
struct Offering {
    private enum State {
        case planned
        case asked
        /// It hasn't answered yet, and isn't waited for.
        case late
        /// It has answered, or won't.
        case over
    }

    let command: CommandID
    let identity: IdentityID
    /// The offer.
    let payload: [UInt8]
    private let mailbox: MailboxID
    private var buddies: [(contact: Contact, state: State)]
    /// What the person's side is to be told.
    private var answers: [(bytes: [UInt8], answerer: Endpoint)] = []

    /// `buddies`: those that are known, closest first; a search may find more.
    init(command: CommandID, identity: IdentityID, mailbox: MailboxID, payload: [UInt8], buddies: [Contact]) {
        self.command = command
        self.identity = identity
        self.mailbox = mailbox
        self.payload = payload
        self.buddies = buddies.prefix(Limits.offerAttempts).map { ($0, .planned) }
    }

    mutating func addClosest(of search: Search) {
        for contact in search.closest.prefix(Limits.offerAttempts)
        where buddies.count < Limits.offerAttempts && !buddies.contains(where: { $0.contact.id == contact.id }) {
            buddies.append((contact, .planned))
        }
    }

    mutating func next(search: Search?, events: inout [NodeEvent]) -> OperationStep {
        for (answer, answerer) in answers {
            events.append(.offerAnswered(command, answer: answer, answerer: answerer))
        }
        answers = []
        guard !(search?.isFinished ?? true) || buddies.contains(where: { $0.state != .over }) else {
            events.append(.offerAnswered(command, answer: nil, answerer: nil))
            return .finished
        }
        guard buddies.count(where: { $0.state == .asked }) < Limits.offersAtOnce,
            let index = buddies.firstIndex(where: { $0.state == .planned })
        else { return .wait(until: nil) }
        buddies[index].state = .asked
        let offer = ByteRange(offset: 0, count: payload.count)
        return .ask(
            buddies[index].contact, .punch(mailbox, offer: offer, asker: nil), .question(.passage, attempt: index))
    }

    mutating func observe(_ response: Response, body: RawSpan, to token: RequestToken) {
        guard case .question(.passage, let index) = token else { return }
        buddies[index].state = .over
        if case .passed(let bytes, let answerer?) = response { answers.append((bytes.copy(of: body), answerer)) }
    }

    mutating func observe(_ silence: Silence, of token: RequestToken) {
        guard case .question(.passage, let index) = token else { return }
        switch silence {
        case .late: if buddies[index].state == .asked { buddies[index].state = .late }
        case .final: buddies[index].state = .over
        }
    }
}
