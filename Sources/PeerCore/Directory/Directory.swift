import Basics
import Conversations
import Cryptography
import Exchange

/// Finds what peers have published: `RecordLookup` says what is to be asked about one of them, and this asks.
struct Directory {
    private let suite: CipherSuite
    private var records = RecordCache()

    init(suite: CipherSuite) { self.suite = suite }

    /// What was found of a peer, for the messages that need it.
    struct Finding {
        let peer: PeerID
        /// A record that may be used; nil where none was found.
        let record: PeerRecord?
        /// Why none was.
        let failure: Failure
        /// The messages that waited for it.
        let messages: [MessageID]
    }

    /// The newest record of a peer that was found; it may have expired.
    func record(of peer: PeerID) -> PeerRecord? { records[peer].record }

    /// Finds a peer's record for a pending message: one found lately, or by lookups that all messages to this peer share. Nil:
    /// the message waits.
    mutating func find(_ peer: PeerID, for message: MessageID, _ turn: inout Turn) -> Finding? {
        var lookup = records[peer]
        if turn.buggifies(.recordDistrusted) { lookup.distrust() }
        distrustUnread(&lookup, &turn)
        let request = lookup.request(for: message, now: turn.now)
        // Used now, whatever comes of it.
        records[peer] = lookup
        switch request {
        case .found(let record): return Finding(peer: peer, record: record, failure: .noRecord, messages: [message])
        case .look(let epoch):
            return ask(epoch, &lookup, &turn)
        case .wait: return nil
        }
    }

    /// Looks for a peer's record and buddies, as something will go to them in a moment.
    mutating func prepare(for peer: PeerID, _ turn: inout Turn) -> Finding? {
        guard turn.isJoined, turn.clock.isUsable else { return nil }
        var lookup = records[peer]
        distrustUnread(&lookup, &turn)
        let epoch = turn.now.utc.epoch
        switch lookup.request(for: nil, now: turn.now) {
        case .wait: return nil
        case .found:
            approach(lookup, epoch, &turn)
            return nil
        case .look(let epoch):
            return ask(epoch, &lookup, &turn)
        }
    }

    /// What an answer brings.
    struct Answer {
        /// A record that is new here; the same one may have been found before.
        var record: PeerRecord?
        /// What the messages that waited are to be told, if the lookup is over.
        var finding: Finding?
    }

    /// A record was asked for, and one was found, or none. Nil where this hadn't asked.
    mutating func recordFetched(
        _ command: CommandID, _ bytes: [UInt8]?, answered: Int, _ turn: inout Turn
    ) -> Answer? {
        guard case .record(let peer, let epoch)? = turn.errands[command] else { return nil }
        turn.end(command)
        var lookup = records[peer]
        let secret = turn.view.deliverySecret(of: peer)
        let record = bytes.flatMap { read($0, of: peer, with: secret, epoch: epoch, &lookup, turn) }
        let found = record.map { RecordLookup.Found(record: $0, asStranger: secret == nil) }
        switch lookup.answer(of: epoch, found, answered: answered, now: turn.now.monotonic) {
        case .goesOn:
            records[peer] = lookup
            return Answer(record: record)
        case .lookFurther(let epochs):
            turn.mark(.recordSoughtInOtherEpochs)
            return Answer(record: record, finding: ask(epochs, &lookup, &turn))
        case .over: return Answer(record: record, finding: end(&lookup, &turn))
        }
    }

    private func read(
        _ bytes: [UInt8], of peer: PeerID, with secret: DeliverySecret?, epoch: Epoch, _ lookup: inout RecordLookup,
        _ turn: Turn
    ) -> PeerRecord? {
        do {
            return try PeerRecord(
                verifying: bytes, of: peer, with: secret, epoch: epoch, suite: suite, now: turn.now.utc)
        } catch {
            if error == .otherVersion { lookup.findsOtherVersion() }
            return nil
        }
    }

    /// Whoever has written since shows endpoints in their record that couldn't be read.
    private func distrustUnread(_ lookup: inout RecordLookup, _ turn: inout Turn) {
        guard lookup.wasReadAsStranger, turn.view.deliverySecret(of: lookup.peer) != nil else { return }
        turn.mark(.endpointsShown)
        lookup.distrust()
    }

    /// A peer's record has led nowhere: the next message looks again.
    mutating func distrust(_ peer: PeerID) { records[peer].distrust() }

    /// The network is another. Lookups under way have counted the nodes that they asked meanwhile as silent: they are
    /// called off, and the messages that wait are returned, for them to begin again.
    mutating func startOver(_ turn: inout Turn) -> [MessageID] {
        records.forgetMisses()
        return records.entries.filter(\.isUnderWay).flatMap { before in
            var lookup = before
            return end(&lookup, &turn)?.messages ?? []
        }
    }

    mutating func removeAll() { records.removeAll() }

    /// Asks for the record of the present epoch, and has the peer's buddies found meanwhile: the record is needed first.
    private mutating func ask(_ epoch: Epoch, _ lookup: inout RecordLookup, _ turn: inout Turn) -> Finding? {
        let known = lookup
        let finding = ask([epoch], &lookup, &turn)
        approach(known, epoch, &turn)
        return finding
    }

    /// Has the peer's buddies found, unless the peer is likely to be reached straight.
    private func approach(_ lookup: RecordLookup, _ epoch: Epoch, _ turn: inout Turn) {
        guard lookup.record?.contacts.isEmpty ?? true,
            let key = lookup.peer.blindedKey(for: .mailbox, epoch: epoch, suite: suite)
        else { return }
        turn.command(.approach(mailbox: key.location))
    }

    /// Asks for the records of epochs. Where none can be asked for, the messages that wait are to be told.
    private mutating func ask(_ epochs: [Epoch], _ lookup: inout RecordLookup, _ turn: inout Turn) -> Finding? {
        for epoch in epochs {
            guard let key = lookup.peer.blindedKey(for: .record, epoch: epoch, suite: suite) else { continue }
            turn.command(.fetchRecord(at: key.location), for: .record(lookup.peer, epoch))
            lookup.began(epoch)
        }
        records[lookup.peer] = lookup
        return lookup.isUnderWay ? nil : end(&lookup, &turn)
    }

    private mutating func end(_ lookup: inout RecordLookup, _ turn: inout Turn) -> Finding? {
        let (epochs, waiting) = lookup.end()
        for epoch in epochs { turn.cancel(.record(lookup.peer, epoch)) }
        records[lookup.peer] = lookup
        let usable = lookup.record.flatMap { $0.validUntil > turn.now.utc ? $0 : nil }
        if usable == nil, lookup.record != nil { turn.mark(.foundRecordExpired) }
        return Finding(peer: lookup.peer, record: usable, failure: lookup.failure, messages: waiting)
    }
}
