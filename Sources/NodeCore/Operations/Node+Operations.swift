import Basics
import Exchange
import Sessions
import Wire

extension Node {
    func operationIndex(_ serial: UInt64) -> Int? { operations.indices.first { operations[$0].serial == serial } }

    /// Begins an operation; false when as many run as may. `search` is what it begins with, if anything.
    mutating func begin(
        _ operation: Operation, search: Search? = nil, now: Now, into outbox: inout Outbox
    ) -> Bool {
        makeRoom(now: now, into: &outbox)
        guard operations.count < Limits.operations else { return false }
        lastSerial += 1
        operations.append(RunningOperation(operation, search: search, serial: lastSerial, now: now.monotonic))
        run(lastSerial, now: now, into: &outbox)
        return true
    }

    /// Ends the oldest of those that only wait for stragglers, where they are as many as may be.
    private mutating func makeRoom(now: Now, into outbox: inout Outbox) {
        guard operations.count >= Limits.trailingDeposits else { return }
        let trailing = operations.indices.filter { operations[$0].isTrailing }
        guard trailing.count >= Limits.trailingDeposits else { return }
        operations[trailing[0]].conclude()
        run(operations[trailing[0]].serial, now: now, into: &outbox)
    }

    /// Lets an operation go on until it waits or ends, and then those whose turn that makes it.
    mutating func run(_ serial: UInt64, now: Now, into outbox: inout Outbox) {
        runAlone(serial, now: now, into: &outbox)
        runWoken(now: now, into: &outbox)
    }

    private mutating func runWoken(now: Now, into outbox: inout Outbox) {
        while let woken = turns.takeWoken() { runAlone(woken, now: now, into: &outbox) }
    }

    private mutating func runAlone(_ serial: UInt64, now: Now, into outbox: inout Outbox) {
        while let index = operationIndex(serial) {
            turns.operation = serial
            turns.mayUpload = pacer.hasRoom(now: now.monotonic)
            switch operations[index].next(now: now, turns: &turns, events: &outbox.events) {
            case .ask(let contact, let request, let token):
                ask(request, to: contact, token, for: index, now: now, into: &outbox)
            case .challenge(let contact, let mailbox, let attempt):
                challenge(contact, mailbox: mailbox, attempt, of: index, now: now, into: &outbox)
            case .held(let until):
                pacer.noteHeld()
                operations[index].wait(until: until, isHeld: true)
                return
            case .wait(let until):
                operations[index].wait(until: until, isHeld: false)
                if !isJoined, operations[index].hasJoined { join(now: now, into: &outbox) }
                return
            case .finished:
                end(index, .finished, now: now, into: &outbox)
                return
            }
        }
    }

    private mutating func ask(
        _ request: Request, to contact: Contact, _ token: RequestToken, for index: Int, now: Now,
        into outbox: inout Outbox
    ) {
        if request.carriesChunk { pacer.noteSent(now: now.monotonic) }
        let isSent = send(
            request, to: contact, as: operations[index].operation.identity,
            payload: operations[index].operation.payload, owner: .operation(operations[index].serial, token), now: now,
            into: &outbox)
        if !isSent { operations[index].observe(.final, of: token) }
    }

    /// Shows the person's side what to sign for a buddy; where there is no session with it yet, a ping opens one.
    private mutating func challenge(
        _ contact: Contact, mailbox: MailboxID, _ attempt: Int, of index: Int, now: Now, into outbox: inout Outbox
    ) {
        let identity = operations[index].operation.identity
        guard let session = sessions.established(as: identity, with: contact.id),
            let binding = sessions.info(session)?.channelBinding, let command = operations[index].operation.command
        else {
            return ask(
                .ping, to: contact, .question(.session, attempt: attempt), for: index, now: now, into: &outbox)
        }
        lastSerial += 1
        let challenge = ChallengeID(number: lastSerial)
        operations[index].observeChallenge(challenge, attempt: attempt)
        outbox.events.append(
            .challenge(
                command, challenge, mailbox: mailbox, channelBinding: binding.array, responder: contact.id))
    }

    // MARK: The end

    /// Ends an operation: the only place where one goes. Those whose turn that makes it are run by the caller.
    private mutating func end(
        _ index: Int, _ reason: Activity.OperationOutcome, now: Now, into outbox: inout Outbox
    ) {
        let ended = operations.remove(at: index)
        if operations.isEmpty { operations = [] }
        outbox.activity.note(ended, reason, now: now.monotonic)
        requests.disown(ended.serial)
        turns.leaveAll(ended.serial)
        apply(ended.operation.result(reason, search: ended.search), now: now, into: &outbox)
        if reason == .gaveUp, let command = ended.operation.command { outbox.events.append(.busy(command)) }
    }

    private mutating func apply(_ result: OperationResult, now: Now, into outbox: inout Outbox) {
        switch result {
        case .nothing: break
        case .found(let role, let search): routingSearchEnded(role, search, now: now, into: &outbox)
        case .record(let record, let location, let lacking, let identity):
            handOver(record, at: location, to: lacking, as: identity, now: now, into: &outbox)
        case .collected(let finding, let mailbox): knownBuddies.observe(finding, of: mailbox, now: now.monotonic)
        case .deposited(let finding, let mailbox): depositBuddies.observe(finding, of: mailbox, now: now.monotonic)
        case .confirmed(let verdict, let role, let subject, let endpoint):
            confirmationEnded(verdict, role, of: subject, at: endpoint, now: now, into: &outbox)
        }
    }

    /// Ends the operation of a command without a word.
    mutating func cancel(_ command: CommandID, now: Now, into outbox: inout Outbox) {
        guard let index = operations.firstIndex(where: { $0.operation.command == command }) else { return }
        end(index, .cancelled, now: now, into: &outbox)
        runWoken(now: now, into: &outbox)
    }

    // MARK: Time

    /// Runs the operations whose own time has come, and ends those that have outlived all patience.
    mutating func wakeOperations(now: Now, into outbox: inout Outbox) {
        // By index: to copy an operation costs more than to look at it.
        for serial in operations.indices.filter({ isDue($0, now) }).map({ operations[$0].serial }) {
            if let index = operationIndex(serial), operations[index].endsAt <= now.monotonic {
                end(index, .gaveUp, now: now, into: &outbox)
                runWoken(now: now, into: &outbox)
            } else {
                run(serial, now: now, into: &outbox)
            }
        }
    }

    private func isDue(_ index: Int, _ now: Now) -> Bool {
        operations[index].wakeAt.map { $0 <= now.monotonic } ?? false
    }

    /// Lets those send that the pacer held back. They take turns: each time another is the first.
    mutating func releaseHeld(now: Now, into outbox: inout Outbox) {
        guard operations.indices.contains(where: { operations[$0].isHeld }), pacer.nextRoom <= now.monotonic else {
            return
        }
        let last = lastReleased
        let held = operations.indices.filter { operations[$0].isHeld }.map { operations[$0].serial }
        let turns = held.filter { $0 > last } + held.filter { $0 <= last }
        for (turn, serial) in turns.enumerated() {
            guard pacer.hasRoom(now: now.monotonic) else { return }
            if turn == 0 { lastReleased = serial }
            run(serial, now: now, into: &outbox)
        }
    }
}
