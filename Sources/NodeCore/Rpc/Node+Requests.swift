import Basics
import Sessions
import Wire

extension Node {
    /// Times that a request is sent before it counts as failed.
    private func attempts(for request: PendingRequest) -> Int {
        request.owner == .check ? attempts(to: request.contact.id) : Node.attempts
    }

    /// Sends a request and notes that it waits. Where that can't be done it fails at once.
    mutating func send(
        _ request: Request, to contact: Contact, as identity: IdentityID, payload: [UInt8] = [],
        owner: RequestOwner, now: Now, into outbox: inout Outbox
    ) -> Bool {
        guard let endpoint = endpoint(of: contact), !requests.isFull, contact.id != id else {
            outbox.activity.note(.asked(request.kind, .unsent))
            return false
        }
        var pending = PendingRequest(
            id: requests.makeID(&generator), owner: owner, contact: contact, endpoint: endpoint, identity: identity,
            request: request, sentAt: now.monotonic, isTimed: true, deadline: now.monotonic, attempt: 1)
        pending.deadline = now.monotonic + timeout(of: pending)
        switch transmit(pending, payload: payload, now: now, into: &outbox) {
        case .sent, .carried: break
        // Where there is no room for it now it goes when it is repeated.
        case .queued, .full: pending.isTimed = false
        // Its address is not to be asked for now, whoever is at fault.
        case .withheld, .impossible:
            outbox.activity.note(.asked(request.kind, .unsent))
            return false
        }
        requests.insert(pending)
        return true
    }

    private mutating func transmit(
        _ pending: PendingRequest, payload: [UInt8], now: Now, into outbox: inout Outbox
    ) -> SendOutcome {
        scratch.body.reset()
        pending.request.encode(requestID: pending.id, payload: payload.span.bytes, into: &scratch.body)
        if pending.request == .ping, pending.identity == .node {
            let session = sessions.established(as: .node, with: pending.contact.id)
            tell(session.flatMap { sessions.info($0)?.endpoint } ?? pending.endpoint, in: &scratch.body)
        }
        guard !scratch.body.overflowed else { return .impossible }
        let before = outbox.datagrams.byteCount
        let outcome = scratch.body.withSpan { bytes in
            sessions.sendRequest(
                bytes, requestID: pending.id, as: pending.identity, to: pending.contact.key, id: pending.contact.id,
                at: pending.endpoint, now: now.monotonic, into: &outbox.datagrams)
        }
        outbox.noteSent(.request(pending.request.kind), since: before)
        return outcome
    }

    /// Sends a request once more; false where that can't be done, so that it has failed.
    private mutating func repeats(_ request: PendingRequest, now: Now, into outbox: inout Outbox) -> Bool {
        switch transmit(request, payload: payload(of: request), now: now, into: &outbox) {
        case .sent, .carried, .queued, .full: true
        case .withheld, .impossible: false
        }
    }

    func timeout(of request: PendingRequest) -> Duration {
        if case .operation(let serial, let token) = request.owner, let index = operationIndex(serial),
            let timeout = operations[index].operation.timeout(of: token)
        {
            return timeout
        }
        return table.timeout(for: request.contact.id)
    }

    /// Repeats or gives up the requests that have waited long enough.
    mutating func expireRequests(now: Now, into outbox: inout Outbox) {
        while var request = requests.takeExpired(now: now.monotonic) {
            guard request.owner != .nobody else {
                outbox.activity.note(.asked(request.request.kind, .abandoned))
                continue
            }
            let isRepeatedByTransfer = isRepeatedByTransfer(request)
            guard isRepeatedByTransfer ? !request.isReported : request.attempt < attempts(for: request) else {
                outbox.activity.note(.asked(request.request.kind, .unanswered))
                // Without a session it went in an initiation.
                if request.request.carriesChunk
                    || sessions.established(as: request.identity, with: request.contact.id) == nil
                {
                    path.observeLoss(at: request.endpoint)
                }
                if !isRepeatedByTransfer {
                    noteSilence(of: request, now: now, into: &outbox)
                    fail(request, now: now, into: &outbox)
                }
                continue
            }
            if isRepeatedByTransfer {
                if request.isTimed, request.request.carriesChunk {
                    pacer.observeLoss(at: request.contact.id, sentAt: request.sentAt, now: now.monotonic)
                }
                // A late answer still counts.
                request.deadline = now.monotonic + Limits.timeoutMaximum
            } else {
                request.attempt += 1
                guard !isToGreet(request, now: now) else {
                    greet(
                        request.contact, at: request.endpoint, attempt: request.attempt, now: now, into: &outbox)
                    continue
                }
                request.isTimed = false
                request.deadline = now.monotonic + timeout(of: request) * request.attempt
                // Where no session says otherwise, each repetition goes to the address family that the last didn't go to.
                if let other = request.contact.endpoint(otherThan: request.endpoint, in: families) {
                    request.endpoint = other
                }
                guard repeats(request, now: now, into: &outbox) else {
                    outbox.activity.note(.asked(request.request.kind, .unsent))
                    fail(request, now: now, into: &outbox)
                    continue
                }
            }
            request.isReported = isRepeatedByTransfer
            requests.insert(request)
            tellDelay(of: request, now: now, into: &outbox)
        }
    }

    /// Whether it is a check whose session turned out not to serve: nobody opens another for it.
    private func isToGreet(_ request: PendingRequest, now: Now) -> Bool {
        request.owner == .check && !sessions.serves(request.contact.id, as: .node, now: now.monotonic)
    }

    /// Whether a transfer sends anew what a request asked for. Not before there is a session: until then only the very
    /// same request repeats the handshake that carries it.
    private func isRepeatedByTransfer(_ request: PendingRequest) -> Bool {
        guard case .operation(let serial, let token) = request.owner, operationIndex(serial) != nil else {
            return false
        }
        return token.isRepeatedByTransfer
            && sessions.established(as: request.identity, with: request.contact.id) != nil
    }

    private mutating func tellDelay(of request: PendingRequest, now: Now, into outbox: inout Outbox) {
        guard case .operation(let serial, let token) = request.owner, let index = operationIndex(serial) else { return }
        let hasSession = sessions.established(as: request.identity, with: request.contact.id) != nil
        guard hasSession || !token.isRepeatedByTransfer else { return }
        operations[index].observe(.late, of: token)
        run(serial, now: now, into: &outbox)
    }

    /// Sends requests again whose session the other side has lost.
    mutating func resend(_ lost: [PendingRequest], now: Now, into outbox: inout Outbox) {
        for var request in lost {
            guard request.owner != .nobody else {
                outbox.activity.note(.asked(request.request.kind, .abandoned))
                continue
            }
            guard !isToGreet(request, now: now) else {
                greet(request.contact, at: request.endpoint, attempt: request.attempt, now: now, into: &outbox)
                continue
            }
            request.isTimed = false
            guard repeats(request, now: now, into: &outbox) else {
                outbox.activity.note(.asked(request.request.kind, .unsent))
                fail(request, now: now, into: &outbox)
                continue
            }
            requests.insert(request)
        }
    }

    /// Tells whoever asked that there will be no answer.
    mutating func fail(_ request: PendingRequest, now: Now, into outbox: inout Outbox) {
        guard case .operation(let serial, let token) = request.owner, let index = operationIndex(serial) else { return }
        operations[index].observe(.final, of: token)
        run(serial, now: now, into: &outbox)
    }

    /// A request was not answered: over the session that there is, or else wherever it went.
    private mutating func noteSilence(of request: PendingRequest, now: Now, into outbox: inout Outbox) {
        if let session = sessions.established(as: request.identity, with: request.contact.id),
            let endpoint = sessions.info(session)?.endpoint
        {
            return noteSilence(of: request.contact, at: endpoint, now: now, into: &outbox)
        }
        if request.attempt > 1, let other = request.contact.endpoint(otherThan: request.endpoint, in: families) {
            _ = table.observeFailure(of: request.contact.id, at: other, families: families, now: now.monotonic)
        }
        noteSilence(of: request.contact, at: request.endpoint, now: now, into: &outbox)
    }

    /// A node that isn't where others said may well be where the table knows it, and one that isn't where the table knows it
    /// may be at its other address.
    mutating func noteSilence(of contact: Contact, at endpoint: Endpoint, now: Now, into outbox: inout Outbox) {
        guard isEvidence(silenceAt: endpoint) else { return }
        let outcome = table.observeFailure(
            of: contact.id, at: endpoint, families: families, now: now.monotonic)
        guard outcome != .unknown else { return }
        connectivity.noteSilence(now: now.monotonic)
        if case .elsewhere(let contact) = outcome { check(contact, now: now, into: &outbox) }
        guard !table.hasLiveContact else { return }
        bootstrap.restart(now: now.monotonic)
        forgetReach(now: now)
    }

    private func payload(of request: PendingRequest) -> [UInt8] {
        guard case .operation(let serial, _) = request.owner, let index = operationIndex(serial) else { return [] }
        return operations[index].operation.payload
    }
}
