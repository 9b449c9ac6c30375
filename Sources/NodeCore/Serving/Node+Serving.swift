import Basics
import Cryptography
import Exchange
import Kademlia
import Mailboxes
import Sessions
import Storage
import Wire

extension Node {
    /// Answers one request. Everything it asks is idempotent: requests are repeated, reordered and replayed.
    mutating func serve(
        _ body: RawSpan, in session: SessionID, over path: ReplyPath, from endpoint: Endpoint, now: Now,
        into outbox: inout Outbox
    ) {
        guard let header = try? RPCHeader(decoding: body), !header.isResponse else {
            postpone(path, now: now, into: &outbox)
            return
        }
        let request: Request
        do throws(DecodeError) {
            request = try Request.decode(body).request
        } catch {
            // A reserved RPC is unknown as well: a later version may serve it.
            let reason: RefusalReason = error == .unknownRPC ? .unknownRPC : .invalid
            return answer(.refused(reason, retryAfterSeconds: 0), to: header, over: path, now: now, into: &outbox)
        }
        if let substitute {
            scratch.body.reset()
            if substitute(body, &scratch.body) {
                return transmitAnswer(to: header, over: path, now: now, into: &outbox)
            }
        }
        guard isPaid(request, over: path, from: endpoint, now: now) else {
            return answer(
                .refused(.busy, retryAfterSeconds: Limits.retryAfterBusy), to: header, over: path, now: now,
                into: &outbox)
        }
        switch request {
        case .ping:
            answerPing(body, from: endpoint, in: session, to: header, over: path, now: now, into: &outbox)
        case .findNode(let target, let count, let families):
            answerContacts(
                target, count: count, families: families, session, endpoint.scope, to: header, over: path, now: now,
                into: &outbox)
        case .getRecord(let location, let chunk):
            answerRecord(location, chunk: chunk, to: header, over: path, now: now, into: &outbox)
        case .fetch(let mailbox, let envelope, let chunk):
            answerEnvelope(
                envelope, in: mailbox, chunk: chunk, from: source(session, endpoint), to: header, over: path, now: now,
                into: &outbox)
        case .list(let mailbox, let after):
            answerList(
                mailbox, after: after, from: source(session, endpoint), to: header, over: path, now: now, into: &outbox)
        case .deposit(let chunk):
            let outcome = buddy.deposit(
                chunk, body, from: source(session, endpoint),
                isResponsible: isResponsible(for: chunk.location, over: endpoint.family),
                now: now, store: &store)
            settle(outcome, header, over: path, now: now, into: &outbox)
        case .putRecord(let chunk):
            let outcome = buddy.putRecord(
                chunk, body, from: source(session, endpoint),
                isResponsible: isResponsible(for: chunk.location, over: endpoint.family),
                now: now, store: &store)
            settle(outcome, header, over: path, now: now, into: &outbox)
        case .authorize(let mailbox, let key, let signature):
            authorize(
                mailbox, key, signature, session, endpoint, to: header, over: path, now: now, into: &outbox)
        case .discard(let mailbox, let key, let tombstones):
            discard(
                mailbox, key, tombstones, in: body, from: source(session, endpoint), to: header, over: path, now: now,
                into: &outbox)
        case .confirm(let key, let claimed):
            let response = answerConfirm(key, at: claimed, in: session, now: now, into: &outbox)
            answer(response, to: header, over: path, now: now, into: &outbox)
        case .deliver(let chunk):
            takeDelivery(
                chunk, body, from: source(session, endpoint), to: header, over: path, now: now, into: &outbox)
        }
    }

    /// Whether the work that a request makes is paid for. A request in a handshake may be a replay from anywhere: nobody is
    /// charged for it, and nothing that costs is done.
    private mutating func isPaid(_ request: Request, over path: ReplyPath, from endpoint: Endpoint, now: Now) -> Bool {
        guard case .transport = path else { return true }
        return work.pays(WorkBudget.cost(of: request), by: .block(of: endpoint), at: now.monotonic)
    }

    private func source(_ session: SessionID, _ endpoint: Endpoint) -> Source {
        Source(
            session: session.number, endpoint: endpoint, isProven: sessions.info(session)?.isProven ?? false)
    }

    /// Whether this node is among the 1.5 k closest to a location that it knows of: a little more than the k that a
    /// sender looks for, as no two nodes know quite the same. Only those count that whoever asks can reach, over the address
    /// family in which it asks. A client is responsible for nothing: its owner couldn't come.
    func isResponsible(for location: Location, over families: AddressFamilies = .both) -> Bool {
        sessions.mode == .server
            && table.isAmongClosest(
                to: location.bytes, count: configuration.bucketSize * 3 / 2, families: families)
    }

    // MARK: Answers

    /// Sends an answer, or a refusal where it would be longer than what an unproven address may get.
    mutating func answer(
        _ response: Response, payload: RawSpan = RawSpan(), to header: RPCHeader, over path: ReplyPath, now: Now,
        into outbox: inout Outbox
    ) {
        scratch.body.reset()
        response.encode(answering: header, payload: payload, into: &scratch.body)
        outbox.activity.note(response, to: header)
        transmitAnswer(to: header, over: path, now: now, into: &outbox)
    }

    private mutating func transmitAnswer(
        to header: RPCHeader, over path: ReplyPath, now: Now, into outbox: inout Outbox
    ) {
        guard !scratch.body.overflowed, scratch.body.count <= sessions.maximumReply(over: path) else {
            postpone(path, now: now, into: &outbox)
            return
        }
        let before = outbox.datagrams.byteCount
        scratch.body.withSpan { bytes in
            _ = sessions.reply(bytes, over: path, now: now.monotonic, into: &outbox.datagrams)
        }
        outbox.noteSent(header.kind.map { .answer($0) } ?? .other, since: before)
        if let kind = header.kind { outbox.activity.note(.served(kind)) }
    }

    private mutating func answerPing(
        _ body: RawSpan, from endpoint: Endpoint, in session: SessionID, to header: RPCHeader, over path: ReplyPath,
        now: Now, into outbox: inout Outbox
    ) {
        if let alternate = AlternateEndpoint.read(from: body) {
            considerAlternate(alternate, statedIn: session, now: now)
        }
        let pong = Response.pong(observed: endpoint, time: now.utc)
        scratch.body.reset()
        pong.encode(answering: header, into: &scratch.body)
        tell(endpoint, in: &scratch.body)
        outbox.activity.note(pong, to: header)
        transmitAnswer(to: header, over: path, now: now, into: &outbox)
    }

    private mutating func answerContacts(
        _ target: Bytes32, count: Int, families: AddressFamilies, _ session: SessionID, _ scope: AddressScope,
        to header: RPCHeader, over path: ReplyPath, now: Now, into outbox: inout Outbox
    ) {
        table.closest(
            to: target, count: count, families: families, excluding: sessions.info(session)?.remoteID, onlyAlive: true,
            scope: scope, into: &scratch.contacts)
        let room = sessions.maximumReply(over: path) - Node.contactsOverhead
        scratch.items.reset()
        for contact in scratch.contacts {
            let before = scratch.items.count
            scratch.items.contact(contact)
            guard scratch.items.count <= room, !scratch.items.overflowed else {
                scratch.items.truncate(to: before)
                break
            }
        }
        answerItems(.contacts(scratch.items.range), to: header, over: path, now: now, into: &outbox)
    }

    /// Bytes of an answer beside the contacts: the RPC header, the outcome and the head of their field.
    private static let contactsOverhead = RPCHeader.byteCount + 4 + 3

    /// Sends an answer whose ranges are parts of `items`.
    private mutating func answerItems(
        _ response: Response, to header: RPCHeader, over path: ReplyPath, now: Now, into outbox: inout Outbox
    ) {
        scratch.body.reset()
        scratch.items.withSpan { response.encode(answering: header, payload: $0, into: &scratch.body) }
        transmitAnswer(to: header, over: path, now: now, into: &outbox)
    }

    private mutating func answerRecord(
        _ location: Location, chunk: Int, to header: RPCHeader, over path: ReplyPath, now: Now,
        into outbox: inout Outbox
    ) {
        scratch.body.reset()
        let isFound = buddy.recordChunk(at: location, index: chunk, now: now, store: store) { part, bytes in
            Response.chunk(part).encode(answering: header, payload: bytes, into: &scratch.body)
        }
        guard isFound else {
            return answer(.refused(.notFound, retryAfterSeconds: 0), to: header, over: path, now: now, into: &outbox)
        }
        transmitAnswer(to: header, over: path, now: now, into: &outbox)
    }

    private mutating func answerEnvelope(
        _ envelope: EnvelopeID, in mailbox: MailboxID, chunk: Int, from source: Source, to header: RPCHeader,
        over path: ReplyPath, now: Now, into outbox: inout Outbox
    ) {
        guard buddy.isAuthorized(mailbox, source: source) else {
            return answer(
                .refused(.unauthorized, retryAfterSeconds: 0), to: header, over: path, now: now, into: &outbox)
        }
        scratch.body.reset()
        let isFound = buddy.envelopeChunk(envelope, in: mailbox, index: chunk, store: store) { part, bytes in
            Response.chunk(part).encode(answering: header, payload: bytes, into: &scratch.body)
        }
        guard isFound else {
            return answer(.refused(.notFound, retryAfterSeconds: 0), to: header, over: path, now: now, into: &outbox)
        }
        transmitAnswer(to: header, over: path, now: now, into: &outbox)
    }

    private mutating func answerList(
        _ mailbox: MailboxID, after: EnvelopeID?, from source: Source, to header: RPCHeader, over path: ReplyPath,
        now: Now, into outbox: inout Outbox
    ) {
        guard buddy.isAuthorized(mailbox, source: source) else {
            return answer(
                .refused(.unauthorized, retryAfterSeconds: 0), to: header, over: path, now: now, into: &outbox)
        }
        let page = buddy.list(mailbox, after: after, now: now, store: store)
        scratch.items.reset()
        for entry in page.entries { scratch.items.mailboxEntry(entry) }
        answerItems(
            .page(entries: scratch.items.range, more: page.more), to: header, over: path, now: now, into: &outbox)
    }

    private mutating func authorize(
        _ mailbox: MailboxID, _ key: BlindedKey, _ signature: Signature, _ session: SessionID, _ endpoint: Endpoint,
        to header: RPCHeader, over path: ReplyPath, now: Now, into outbox: inout Outbox
    ) {
        guard let info = sessions.info(session), info.isProven, let binding = info.channelBinding,
            buddy.authorize(
                mailbox, key: key, signature, channelBinding: binding, source: source(session, endpoint))
        else {
            return answer(
                .refused(.unauthorized, retryAfterSeconds: 0), to: header, over: path, now: now, into: &outbox)
        }
        answer(.granted, to: header, over: path, now: now, into: &outbox)
    }

    // MARK: What must be durable first

    private mutating func settle(
        _ outcome: KeepOutcome, _ header: RPCHeader, over path: ReplyPath, now: Now, into outbox: inout Outbox
    ) {
        switch outcome {
        case .keep(let ticket): wait(for: ticket, .kept, to: header, over: path, now: now, into: &outbox)
        case .kept: answer(.kept, to: header, over: path, now: now, into: &outbox)
        case .partial(let bitmap): answer(.partial(bitmap), to: header, over: path, now: now, into: &outbox)
        case .collected(let tombstone):
            answer(.collected(tombstone), to: header, over: path, now: now, into: &outbox)
        case .refused(let reason, let retryAfter):
            answer(
                .refused(reason, retryAfterSeconds: retryAfter), to: header, over: path, now: now, into: &outbox)
        }
    }

    private mutating func discard(
        _ mailbox: MailboxID, _ key: BlindedKey, _ list: ByteRange, in body: RawSpan, from source: Source,
        to header: RPCHeader, over path: ReplyPath, now: Now, into outbox: inout Outbox
    ) {
        guard source.isProven else {
            // It comes again over the session that this handshake makes, and has proved its address by that.
            postpone(path, now: now, into: &outbox)
            return
        }
        var reader = TombstoneReader(list)
        var tombstones: [Tombstone] = []
        while let tombstone = reader.next(in: body) { tombstones.append(tombstone) }
        let outcome = buddy.discard(
            mailbox, key: key, tombstones, from: source, isResponsible: isResponsible(for: mailbox), now: now,
            store: &store)
        switch outcome {
        case .keep(let count, let ticket):
            wait(for: ticket, .discarded(count: count), to: header, over: path, now: now, into: &outbox)
        case .kept(let count):
            answer(.discarded(count: count), to: header, over: path, now: now, into: &outbox)
        case .refused(let reason, let retryAfter):
            answer(.refused(reason, retryAfterSeconds: retryAfter), to: header, over: path, now: now, into: &outbox)
        }
    }

    /// Holds an answer back until its write is on disk.
    private mutating func wait(
        for ticket: Ticket, _ response: Response, to header: RPCHeader, over path: ReplyPath, now: Now,
        into outbox: inout Outbox
    ) {
        guard deferred.count < Limits.deferredAnswers else {
            return answer(
                .refused(.busy, retryAfterSeconds: Limits.retryAfterBusy), to: header, over: path, now: now,
                into: &outbox)
        }
        let later = postpone(path, now: now, into: &outbox)
        deferred.append(DeferredReply(ticket: ticket, header: header, path: later, response: response))
    }

    /// The path for an answer that comes later, or never. A handshake is finished without one: it can't wait.
    @discardableResult
    private mutating func postpone(_ path: ReplyPath, now: Now, into outbox: inout Outbox) -> ReplyPath {
        if case .handshake = path {
            _ = sessions.reply(RawSpan(), over: path, now: now.monotonic, into: &outbox.datagrams)
        }
        return sessions.laterPath(of: path)
    }

    // MARK: Direct delivery

    private mutating func takeDelivery(
        _ chunk: UploadChunk, _ body: RawSpan, from source: Source, to header: RPCHeader, over path: ReplyPath,
        now: Now, into outbox: inout Outbox
    ) {
        guard acceptedMailboxes.contains(chunk.location) else {
            return answer(.refused(.notFound, retryAfterSeconds: 0), to: header, over: path, now: now, into: &outbox)
        }
        let envelope = EnvelopeID(chunk.object)
        switch deliveries.standing(of: envelope) {
        case .accepted: return answer(.accepted, to: header, over: path, now: now, into: &outbox)
        case .waiting:
            postpone(path, now: now, into: &outbox)
            return
        case .new: break
        }
        switch buddy.assembleDelivery(chunk, body, from: source, now: now) {
        case .partial(let bitmap): answer(.partial(bitmap), to: header, over: path, now: now, into: &outbox)
        case .refused(let reason):
            let pause: UInt32 = reason == .busy ? 1 : 0
            answer(.refused(reason, retryAfterSeconds: pause), to: header, over: path, now: now, into: &outbox)
        case .whole(let bytes):
            let later = postpone(path, now: now, into: &outbox)
            guard let id = deliveries.insert(envelope, path: later, header: header) else {
                return answer(.refused(.busy, retryAfterSeconds: 1), to: header, over: later, now: now, into: &outbox)
            }
            outbox.events.append(.envelopeDelivered(id, mailbox: chunk.location, envelope: bytes))
        }
    }

    mutating func settleDelivery(_ id: DeliveryID, accepted: Bool, now: Now, into outbox: inout Outbox) {
        guard let delivery = deliveries.settle(id, accepted: accepted) else { return }
        let response: Response = accepted ? .accepted : .refused(.invalid, retryAfterSeconds: 0)
        answer(response, to: delivery.header, over: delivery.path, now: now, into: &outbox)
    }
}
