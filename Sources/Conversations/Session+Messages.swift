import Basics
import Cryptography

extension Session {
    // MARK: Sealing

    /// Begins a sending chain where the other side's step was seen since the last. Returns whether there is one.
    private mutating func ensureSending(_ suite: CipherSuite, _ generator: inout SecureGenerator) -> Bool {
        guard sending == nil else { return true }
        let secret = generator.secretKey()
        guard let agreed = suite.sharedSecret(secret, peerKey) else { return false }
        var (object, seed, shared): ([UInt8], SecretDigest?, SecretKey?)
        if isInitiator {
            guard let made = suite.encapsulate(to: peerObject, generator: &generator) else { return false }
            object = made.ciphertext + [UInt8](repeating: 0, count: CipherSuite.kemObjectSize - made.ciphertext.count)
            (seed, shared) = (nil, made.secret)
        } else {
            let drawn = generator.secretDigest()
            (object, seed, shared) = (suite.encapsulationKey(seed: drawn), drawn, nil)
        }
        let step = KeySchedule.step(root, agreed, shared)
        root = step.root
        sending = SendingChain(
            secret: secret, publicKey: suite.publicKey(of: secret), headerKey: nextSending, object: object, seed: seed,
            chainKey: step.chainKey)
        nextSending = step.nextHeaderKey
        return true
    }

    /// The sealed bytes of the next message. `content` has its padding already; `clear` are the envelope's bytes in the
    /// clear. Nil where the other side's keys are none.
    mutating func seal(
        padded content: [UInt8], clear: [UInt8], mailbox: MailboxID, to peer: PeerID, today: Day,
        by cipher: EnvelopeCipher, generator: inout SecureGenerator
    ) -> [UInt8]? {
        guard ensureSending(cipher.suite, &generator), var chain = sending else { return nil }
        let place = MessageHeader(
            ratchetKey: chain.publicKey, previousCount: previousCount, number: chain.number)
        let key = chain.advance()
        sending = chain
        lastUsed = today
        let nonce = generator.bytes(XChaChaPoly.nonceSize)
        var sealed: [UInt8]
        if let opening {
            let beginning = origin.ephemeral.array + origin.prekeyDay.number.bigEndianBytes + opening.ciphertext
            let header = FirstHeader(
                sender: cipher.peer, place: place, name: origin.name,
                responderGeneration: origin.responderGeneration)
            let sealedHeader = XChaChaPoly.seal(
                header.encoded, nonce: nonce, key: opening.headerKey,
                authenticating: EnvelopeParts.associated(clear, mailbox, beginning))
            sealed = beginning.masked(nonce: nonce, key: KeySchedule.maskKey(of: peer)) + sealedHeader
            sealed += XChaChaPoly.seal(
                content, nonce: nonce, key: key,
                authenticating: transcript(isSent: true, clear, mailbox, nonce, sealedHeader, []))
        } else {
            guard let headerKey = chain.headerKey else { return nil }
            let sealedHeader = XChaChaPoly.seal(
                place.encoded, nonce: nonce, key: headerKey,
                authenticating: EnvelopeParts.associated(clear, mailbox, []))
            let object = chain.object.masked(nonce: nonce, key: KeySchedule.objectKey(headerKey))
            sealed = sealedHeader + object
            sealed += XChaChaPoly.seal(
                content, nonce: nonce, key: key,
                authenticating: transcript(isSent: true, clear, mailbox, nonce, sealedHeader, object))
        }
        return nonce + sealed
    }

    /// How many bytes of an envelope's sealed part stand before the content of the next message.
    var overhead: Int { opening == nil ? EnvelopeLayout.content : EnvelopeLayout.firstContent }

    /// What a message's content authenticates.
    private func transcript(
        isSent: Bool, _ clear: [UInt8], _ mailbox: MailboxID, _ nonce: [UInt8], _ sealedHeader: [UInt8],
        _ object: [UInt8]
    ) -> [UInt8] {
        var hash = Blake2b(.conversation)
        hash.update(origin.binding)
        hash.update(UInt8(isSent == isInitiator ? 0 : 1))
        hash.update(clear)
        hash.update(mailbox.bytes)
        hash.update(nonce)
        hash.update(sealedHeader)
        hash.update(object)
        return hash.finish().array
    }

    // MARK: Opening

    /// The content, with its padding, of a first message of this session. Where it throws, nothing has changed.
    mutating func open(_ first: FirstMessage, today: Day) throws(OpenError) -> [UInt8] {
        var after = self
        guard let index = after.receiving.firstIndex(where: { $0.headerKey == nil }) else { throw .keyUsed }
        let key = try after.receiving[index].key(of: first.header.place.number, today: today)
        let parts = first.parts
        let authenticated = transcript(
            isSent: false, parts.clear, parts.mailbox, parts.nonce, parts[EnvelopeLayout.firstHeader], [])
        guard
            let content = XChaChaPoly.open(
                Array(parts.sealed[EnvelopeLayout.firstContent...]), nonce: parts.nonce, key: key,
                authenticating: authenticated)
        else { throw .notAuthentic }
        after.lastUsed = today
        self = after
        return content
    }

    /// The content, with its padding, of a message whose header opened with a key of this session. Where it throws,
    /// nothing has changed.
    mutating func open(
        _ parts: EnvelopeParts, _ header: MessageHeader, under headerKey: SecretKey, today: Day, _ suite: CipherSuite
    ) throws(OpenError) -> [UInt8] {
        var after = self
        let object = parts[EnvelopeLayout.object]
        let known = after.receiving.firstIndex { $0.headerKey == headerKey }
        if known == nil {
            guard headerKey == nextReceiving else { throw .noSession }
            try after.ratchet(
                to: header, object.masked(nonce: parts.nonce, key: KeySchedule.objectKey(headerKey)), today: today,
                suite)
        }
        let index = known ?? after.receiving.count - 1
        let key = try after.receiving[index].key(of: header.number, today: today)
        let authenticated = transcript(
            isSent: false, parts.clear, parts.mailbox, parts.nonce, parts[EnvelopeLayout.header], object)
        guard
            let content = XChaChaPoly.open(
                Array(parts.sealed[EnvelopeLayout.content...]), nonce: parts.nonce, key: key,
                authenticating: authenticated)
        else {
            // The first of a chain may be the answer to what another copy of this person's data has sent. And a chain that is
            // known may have been begun by who has stolen the session: then the honest sender's has the same header key.
            throw .noSession
        }
        after.lastUsed = today
        self = after
        return content
    }

    /// The other side has begun a chain.
    private mutating func ratchet(
        to header: MessageHeader, _ object: [UInt8], today: Day, _ suite: CipherSuite
    ) throws(OpenError) {
        guard let chain = sending, let agreed = suite.sharedSecret(chain.secret, header.ratchetKey) else {
            throw .noSession
        }
        var shared: SecretKey?
        if let seed = chain.seed {
            shared = suite.decapsulate(Array(object.prefix(CipherSuite.encapsulationSize)), seed: seed)
        } else {
            peerObject = object
        }
        if let last = receiving.indices.last { try receiving[last].end(count: header.previousCount, today: today) }
        let step = KeySchedule.step(root, agreed, shared)
        root = step.root
        receiving.append(ReceivingChain(headerKey: nextReceiving, chainKey: step.chainKey))
        nextReceiving = step.nextHeaderKey
        peerKey = header.ratchetKey
        previousCount = chain.number
        sending = nil
        opening = nil
    }
}
