import Basics
import Sessions
import Wire

// Whether contacts live. Nobody opens a session just to see that: where there is none, a hello asks who is there, at a
// twentieth of a handshake's bytes, and leaves nothing to be kept. Who answers is not proven: only somebody on the path
// could answer for another, and the next lookup through the contact would find out.
extension Node {
    /// Sees whether a contact lives, over the session with it if there is one.
    mutating func check(_ contact: Contact, now: Now, into outbox: inout Outbox) {
        if sessions.serves(contact.id, as: .node, now: now.monotonic) {
            ping(contact, for: .check, now: now, into: &outbox)
        } else {
            guard let endpoint = endpointToCheck(of: contact) else { return }
            greet(contact, at: endpoint, attempt: 1, now: now, into: &outbox)
        }
    }

    /// Asks a node at what endpoint it sees us, and for its time.
    mutating func ping(
        _ contact: Contact, for owner: RequestOwner = .question, now: Now, into outbox: inout Outbox
    ) {
        _ = send(.ping, to: contact, as: .node, owner: owner, now: now, into: &outbox)
    }

    /// Checks under way.
    var checks: Int { requests.pings + greetings.count }

    func isChecking(_ node: NodeID) -> Bool { requests.isPinging(node) || greetings.contains(node) }

    /// Times that a contact is asked before it counts as silent: with 10 % loss each way, 1 in 770 fails wrongly. Whoever is
    /// doubted already is asked once each time: the table's retries are the repetitions, further apart, and most who are
    /// doubted are gone.
    func attempts(to check: NodeID) -> Int { table.isDoubted(check) ? 1 : Node.attempts }

    static let attempts = 4

    // MARK: Hellos

    mutating func greet(
        _ contact: Contact, at endpoint: Endpoint, attempt: Int, now: Now, into outbox: inout Outbox
    ) {
        guard !greetings.isFull else { return }
        let greeting = Greetings.Greeting(
            contact: contact, endpoint: endpoint, nonce: generator.next(), sentAt: now.monotonic,
            deadline: now.monotonic, attempt: attempt)
        send(greeting, now: now, into: &outbox)
    }

    private mutating func send(_ greeting: Greetings.Greeting, now: Now, into outbox: inout Outbox) {
        let isSent = sessions.sendHello(
            nonce: greeting.nonce, to: greeting.endpoint, now: now.monotonic, into: &outbox.datagrams)
        // Where its address is not to be asked for now, the next check will; but one that has been asked is silent.
        guard isSent || greeting.attempt > 1 else { return }
        if isSent { outbox.noteHelloSent() }
        var greeting = greeting
        greeting.deadline = now.monotonic + patience(with: greeting)
        greetings.insert(greeting)
    }

    /// Nobody waits to hear whether a doubted contact is back: so the silence of several is noted at one moment.
    private func patience(with greeting: Greetings.Greeting) -> Duration {
        table.isDoubted(greeting.contact.id)
            ? Limits.timeoutMaximum : table.timeout(for: greeting.contact.id) * greeting.attempt
    }

    mutating func handleHelloAnswer(
        _ answer: HelloAnswer, from endpoint: Endpoint, now: Now, into outbox: inout Outbox
    ) {
        if let question = bootstrap.takeQuestion(answer.nonce, from: endpoint) {
            sessions.noteHelloAnswer(from: endpoint, after: 1)
            return handleBootstrapAnswer(answer, to: question, now: now, into: &outbox)
        }
        guard let greeting = greetings.take(answer, from: endpoint) else { return }
        sessions.noteHelloAnswer(from: endpoint, after: greeting.attempt)
        noteHeard(from: endpoint, now: now, into: &outbox)
        path.observeSmallAnswer(from: endpoint)
        let contact = Contact(id: greeting.contact.id, key: greeting.contact.key, endpoint: endpoint)
        noteObserved(answer.observed, by: contact.id, at: endpoint, now: now, into: &outbox)
        // A hello tells no more than that nothing has changed. What would change something is said in a session: that who
        // didn't answer a request is back, or that a server has become a client.
        guard answer.mode == .server, !table.isDoubted(contact.id) else {
            return ping(contact, now: now, into: &outbox)
        }
        guard table.knows(contact.id, at: endpoint) else { return }
        let roundTrip = greeting.attempt == 1 ? now.monotonic - greeting.sentAt : nil
        admit(contact, roundTrip: roundTrip, now: now, into: &outbox)
    }

    /// Repeats or gives up the hellos that have waited long enough.
    mutating func expireGreetings(now: Now, into outbox: inout Outbox) {
        while var greeting = greetings.takeExpired(now: now.monotonic) {
            guard greeting.attempt < attempts(to: greeting.contact.id) else {
                noteSilence(of: greeting.contact, at: greeting.endpoint, now: now, into: &outbox)
                continue
            }
            greeting.attempt += 1
            send(greeting, now: now, into: &outbox)
        }
    }
}
