import Basics
import Exchange
import Sessions
import Wire

extension Node {
    /// The longest that any process may take: a deposit of the largest envelope over the worst link takes a fraction.
    private static let patience = Duration.seconds(300)

    func processIndex(_ serial: UInt64) -> Int? { processes.indices.first { processes[$0].serial == serial } }

    /// Begins a process; false when as many run as may.
    mutating func begin(_ process: any Process, now: Now, into outbox: inout Outbox) -> Bool {
        makeRoom(now: now, into: &outbox)
        guard processes.count < Limits.operations else { return false }
        lastSerial += 1
        processes.append(
            RunningProcess(
                serial: lastSerial, process: process, wakeAt: nil, startedAt: now.monotonic,
                endsAt: now.monotonic + Node.patience))
        run(lastSerial, now: now, into: &outbox)
        return true
    }

    /// Ends the oldest of those that only wait for stragglers, where they are as many as may be.
    private mutating func makeRoom(now: Now, into outbox: inout Outbox) {
        guard processes.count >= Limits.trailingDeposits else { return }
        let trailing = processes.indices.filter { processes[$0].process.isTrailing }
        guard trailing.count >= Limits.trailingDeposits else { return }
        processes[trailing[0]].process.conclude()
        run(processes[trailing[0]].serial, now: now, into: &outbox)
    }

    /// Lets a process go on until it waits or ends, and then those whose turn that makes it.
    mutating func run(_ serial: UInt64, now: Now, into outbox: inout Outbox) {
        runAlone(serial, now: now, into: &outbox)
        while let woken = turns.takeWoken() { runAlone(woken, now: now, into: &outbox) }
    }

    private mutating func runAlone(_ serial: UInt64, now: Now, into outbox: inout Outbox) {
        while let index = processIndex(serial) {
            turns.process = serial
            turns.mayUpload = pacer.hasRoom(now: now.monotonic)
            processes[index].isHeld = false
            switch processes[index].process.next(now: now, turns: &turns, events: &outbox.events) {
            case .ask(let contact, let request, let token):
                if request.carriesChunk { pacer.noteSent(now: now.monotonic) }
                let process = processes[index].process
                let isSent = send(
                    request, to: contact, as: process.identity, payload: process.payload,
                    owner: .process(serial, token), now: now, into: &outbox)
                if !isSent { processes[index].process.observeFailure(of: token, now: now) }
            case .challenge(let contact, let mailbox, let token):
                challenge(contact, mailbox: mailbox, token, of: index, now: now, into: &outbox)
            case .held(let until):
                pacer.noteHeld()
                processes[index].isHeld = true
                processes[index].wakeAt = min(until ?? processes[index].endsAt, processes[index].endsAt)
                return
            case .wait(let until):
                processes[index].wakeAt = min(until ?? processes[index].endsAt, processes[index].endsAt)
                if !isJoined, processes[index].process.hasJoined { join(now: now, into: &outbox) }
                return
            case .finished:
                end(index, now: now, into: &outbox)
                return
            }
        }
    }

    /// Shows the person's side what to sign for a buddy; where there is no session with it yet, a ping opens one.
    private mutating func challenge(
        _ contact: Contact, mailbox: MailboxID, _ token: RequestToken, of index: Int, now: Now,
        into outbox: inout Outbox
    ) {
        let identity = processes[index].process.identity
        guard let session = sessions.established(as: identity, with: contact.id),
            let binding = sessions.info(session)?.channelBinding, let command = processes[index].process.command
        else {
            let isSent = send(
                .ping, to: contact, as: identity, owner: .process(processes[index].serial, token), now: now,
                into: &outbox)
            if !isSent { processes[index].process.observeFailure(of: token, now: now) }
            return
        }
        lastSerial += 1
        let challenge = ChallengeID(number: lastSerial)
        processes[index].process.observeChallenge(challenge, to: token)
        outbox.events.append(
            .challenge(
                command, challenge, mailbox: mailbox, channelBinding: binding.array, responder: contact.id))
    }

    private mutating func end(_ index: Int, now: Now, into outbox: inout Outbox) {
        let ended = processes.remove(at: index)
        outbox.activity.note(ended.process, .finished, since: ended.startedAt, now: now.monotonic)
        requests.disown(ended.serial)
        turns.leaveAll(ended.serial)
        switch ended.process {
        case let find as Find: routingSearchEnded(find, now: now, into: &outbox)
        case let fetch as RecordFetch:
            handOver(
                fetch.newestRecord, at: fetch.location, to: fetch.lacking, as: fetch.identity, now: now, into: &outbox)
        case let confirmation as Confirmation: confirmationEnded(confirmation, now: now, into: &outbox)
        case let collection as Collection: note(collection.finding, of: collection.mailbox, now: now)
        case let upload as Upload: note(upload, now: now)
        default: break
        }
    }

    private mutating func note(_ finding: Collection.Finding, of mailbox: MailboxID, now: Now) {
        switch finding {
        case .searched(let buddies): knownBuddies.remember(buddies, of: mailbox, now: now.monotonic)
        case .confirmed: break
        case .lost: knownBuddies.forget(mailbox)
        }
    }

    private mutating func note(_ upload: Upload, now: Now) {
        if let buddies = upload.buddies {
            depositBuddies.remember(buddies, of: upload.location, now: now.monotonic)
        } else if upload.hasMissed {
            depositBuddies.forget(upload.location)
        }
    }

    /// Runs the processes whose own time has come, and ends those that have outlived all patience.
    mutating func wakeProcesses(now: Now, into outbox: inout Outbox) {
        // By index: to copy a process costs more than to look at it.
        for serial in processes.indices.filter({ isDue($0, now) }).map({ processes[$0].serial }) {
            if let index = processIndex(serial), processes[index].endsAt <= now.monotonic {
                giveUp(index, now: now, into: &outbox)
            } else {
                run(serial, now: now, into: &outbox)
            }
        }
    }

    private func isDue(_ index: Int, _ now: Now) -> Bool {
        processes[index].wakeAt.map { $0 <= now.monotonic } ?? false
    }

    /// Lets those send that the pacer held back. They take turns: each time another is the first.
    mutating func releaseHeld(now: Now, into outbox: inout Outbox) {
        guard processes.indices.contains(where: { processes[$0].isHeld }), pacer.nextRoom <= now.monotonic else {
            return
        }
        let (last, held) = (lastReleased, processes.filter(\.isHeld).map(\.serial))
        let turns = held.filter { $0 > last } + held.filter { $0 <= last }
        for (turn, serial) in turns.enumerated() {
            guard pacer.hasRoom(now: now.monotonic) else { return }
            if turn == 0 { lastReleased = serial }
            run(serial, now: now, into: &outbox)
        }
    }

    private mutating func giveUp(_ index: Int, now: Now, into outbox: inout Outbox) {
        let ended = processes.remove(at: index)
        outbox.activity.note(ended.process, .gaveUp, since: ended.startedAt, now: now.monotonic)
        requests.disown(ended.serial)
        leaveTurns(ended.serial, now: now, into: &outbox)
        if let confirmation = ended.process as? Confirmation {
            confirmationEnded(confirmation, now: now, into: &outbox)
        }
        if let collection = ended.process as? Collection { knownBuddies.forget(collection.mailbox) }
        if let command = ended.process.command { outbox.events.append(.busy(command)) }
    }

    /// Ends the process of a command without a word.
    mutating func cancel(_ command: CommandID, now: Now, into outbox: inout Outbox) {
        guard let index = processes.firstIndex(where: { $0.process.command == command }) else { return }
        let ended = processes[index]
        outbox.activity.note(ended.process, .cancelled, since: ended.startedAt, now: now.monotonic)
        requests.disown(processes[index].serial)
        processes.remove(at: index)
        leaveTurns(ended.serial, now: now, into: &outbox)
    }

    /// A process has been ended from outside: others may have waited for it.
    private mutating func leaveTurns(_ serial: UInt64, now: Now, into outbox: inout Outbox) {
        turns.leaveAll(serial)
        while let woken = turns.takeWoken() { runAlone(woken, now: now, into: &outbox) }
    }
}
