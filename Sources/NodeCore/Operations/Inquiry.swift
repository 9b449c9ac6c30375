import Basics
import Mailboxes
import Wire

/// One audit: asking a node whether it keeps an envelope.
struct Inquiry {
    let audit: Audit
    let node: Contact
    /// What the node answered; nil where it didn't.
    private(set) var response: Response?
    private var isAsked = false
    private var isOver = false

    init(_ audit: Audit, to node: Contact) {
        self.audit = audit
        self.node = node
    }

    mutating func next() -> OperationStep {
        guard isAsked else {
            isAsked = true
            return .ask(node, audit.request, .question(.keeping, attempt: 0))
        }
        return isOver ? .finished : .wait(until: nil)
    }

    mutating func observe(_ response: Response, to token: RequestToken) {
        guard case .question(.keeping, _) = token, !isOver else { return }
        self.response = response
        isOver = true
    }

    mutating func observe(_ silence: Silence, of token: RequestToken) {
        if case .question(.keeping, _) = token, silence == .final { isOver = true }
    }
}
