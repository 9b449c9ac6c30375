import Basics
import Storage
import Wire

/// How a chunk of an envelope brought straight to its recipient was taken.
public enum DeliveryAssembly: Hashable, Sendable {
    /// These chunks have arrived.
    case partial(UInt128)
    /// The whole envelope: its hash is the announced ID and its expiry is sound. What is sealed is not verified.
    case whole([UInt8])
    /// Not taken.
    case refused(RefusalReason)
}

extension Buddy {
    /// Takes one chunk of an envelope to keep, whose bytes lie in `body`.
    ///
    /// `isResponsible` tells whether this node is among those that keep this mailbox.
    public mutating func deposit(
        _ chunk: UploadChunk, _ body: RawSpan, from source: Source, isResponsible: Bool, now: Now,
        store: inout StoreView
    ) -> KeepOutcome {
        let envelope = EnvelopeID(chunk.object)
        // Once a set is open only its chunks are looked at; the rest is checked again when it is whole.
        if !assembler.isOpen(chunk, .deposit, from: source) {
            if let standing = standing(of: envelope, in: chunk.location, now: now, store: store) { return standing }
            guard isResponsible else { return .refused(.notResponsible) }
            let refusal = refusal(of: chunk.size, in: chunk.location, for: source.account, now: now, store: store)
            if let refusal { return refusal }
        }
        if let reason = refusal(ofFirst: chunk, body, now: now) { return .refused(reason) }
        switch assembler.add(chunk, body, for: .deposit, from: source, now: now.monotonic) {
        case .partial(let arrived): return .partial(arrived)
        case .refused(let reason): return .refused(reason)
        case .whole(let bytes):
            return keep(bytes, envelope, in: chunk.location, for: source.account, now: now, store: &store)
        }
    }

    /// Takes one chunk of an envelope for this node's own person.
    public mutating func assembleDelivery(
        _ chunk: UploadChunk, _ body: RawSpan, from source: Source, now: Now
    ) -> DeliveryAssembly {
        guard Limits.sizeClasses.contains(chunk.size) else { return .refused(.invalid) }
        if let reason = refusal(ofFirst: chunk, body, now: now) { return .refused(reason) }
        switch assembler.add(chunk, body, for: .delivery, from: source, now: now.monotonic) {
        case .partial(let arrived): return .partial(arrived)
        case .refused(let reason): return .refused(reason)
        case .whole(let bytes):
            if let reason = refusal(of: bytes, now: now) { return .refused(reason) }
            return .whole(bytes)
        }
    }

    // MARK: Checks

    /// The answer where the envelope was here already, or nil where it is new.
    private func standing(
        of envelope: EnvelopeID, in mailbox: MailboxID, now: Now, store: StoreView
    ) -> KeepOutcome? {
        let key = StoredKey.item(mailbox, envelope)
        var standing: KeepOutcome?
        _ = store.read(.tombstones, key) { bytes in
            guard let tombstone = StoredTombstone(bytes) else { return }
            standing = .collected(
                Tombstone(envelope: envelope, expiry: tombstone.expiry, signature: tombstone.signature))
        }
        if let standing { return standing }
        store.readHead(.envelopes, key) { _, head in
            let hasExpired = ((try? EnvelopeHeader(decodingStart: head))?.expiry ?? Day(number: 0)) < now.utc.day
            if hasExpired {
                standing = .refused(.expiry)
            } else {
                standing = store.pendingTicket(.envelopes, key).map { .keep($0) } ?? .kept
            }
        }
        return standing
    }

    /// Why no envelope of this size can be kept now, or nil.
    private mutating func refusal(
        of size: Int, in mailbox: MailboxID, for account: Account, now: Now, store: StoreView
    ) -> KeepOutcome? {
        guard Limits.sizeClasses.contains(size) else { return .refused(.invalid) }
        if let pause = pause(now: now, store: store) { return pause }
        guard size <= bounds.bytesPerNode - store.nodeUsage().bytes,
            holdings.room(.envelope, Charge(account, size)) == .free
        else {
            return .refused(.nodeFull, retryAfterSeconds: Limits.retryAfterNodeFull)
        }
        let usage = store.mailboxUsage(mailbox)
        guard usage.envelopes < bounds.envelopesPerMailbox, size <= bounds.bytesPerMailbox - usage.bytes else {
            return .refused(.mailboxFull, retryAfterSeconds: Limits.retryAfterMailboxFull)
        }
        return nil
    }

    /// What the first chunk already tells, before the others are sent for nothing. The header lies within it.
    private func refusal(ofFirst chunk: UploadChunk, _ body: RawSpan, now: Now) -> RefusalReason? {
        guard chunk.index == 0 else { return nil }
        guard let place = Chunks.checkedRange(0, of: chunk.size),
            chunk.bytes.isChunk(ofCount: place.count, in: body),
            let header = try? EnvelopeHeader(decodingStart: body.extracting(chunk.bytes.bounds)),
            header.size == chunk.size
        else { return .invalid }
        return refusal(of: header, now: now)
    }

    private func refusal(of header: EnvelopeHeader, now: Now) -> RefusalReason? {
        let today = now.utc.day
        return header.expiry < today || today.advanced(by: Limits.envelopeDaysAccepted) < header.expiry ? .expiry : nil
    }

    private func refusal(of envelope: [UInt8], now: Now) -> RefusalReason? {
        guard let header = try? EnvelopeHeader(decoding: envelope.span.bytes) else { return .invalid }
        return refusal(of: header, now: now)
    }

    // MARK: Keeping

    private mutating func keep(
        _ bytes: [UInt8], _ envelope: EnvelopeID, in mailbox: MailboxID, for account: Account, now: Now,
        store: inout StoreView
    ) -> KeepOutcome {
        if let reason = refusal(of: bytes, now: now) { return .refused(reason) }
        // Meanwhile it may have come over another session, or others may have filled the mailbox.
        if let standing = standing(of: envelope, in: mailbox, now: now, store: store) { return standing }
        if let refusal = refusal(of: bytes.count, in: mailbox, for: account, now: now, store: store) { return refusal }
        guard let header = try? EnvelopeHeader(decoding: bytes.span.bytes) else { return .refused(.invalid) }
        let key = StoredKey.item(mailbox, envelope)
        let removal = ExpiringKind.envelope.removal(after: header.expiry)
        charge(.envelope, key, until: removal, Charge(account, bytes.count), store: &store)
        store.updateUsage(of: mailbox) {
            $0.envelopes += 1
            $0.bytes += bytes.count
        }
        let ticket = store.putEnvelope(key, bytes, header)
        usage = store.nodeUsage()
        return .keep(ticket)
    }
}
