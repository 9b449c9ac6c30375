import Basics
import Cryptography
import Wire

extension Conversation {
    /// As it is kept on disk: tagged fields, 1 the logical time u64, 2 the last message sent, 3 the sessions, one after
    /// another with their length (u32), 4 the newest session of the peer that is kept no more (generation u32, number u32).
    public init(_ span: RawSpan) throws(DecodeError) {
        var (lamport, sessions): (UInt64, [Session]) = (0, [])
        var (lastSent, dropped): (MessageID?, SessionName?)
        var fields = FieldReader(span)
        while let (tag, value) = try fields.next(span) {
            var reader = ByteReader(value)
            switch tag {
            case 1: lamport = try value.integer(span)
            case 2: lastSent = MessageID(try value.integer(span))
            case 3:
                while !reader.isAtEnd {
                    let range = try reader.range(span, count: Int(try reader.u32(span)))
                    sessions.append(try Session(range.copy(of: span).span.bytes))
                }
            case 4: dropped = try reader.sessionName(span, isOwn: false)
            default: break
            }
        }
        self.init(lamport: lamport, lastSent: lastSent, sessions: sessions, dropped: dropped)
    }

    public var encoded: [UInt8] {
        var fields = FieldWriter()
        fields.integer(1, lamport)
        if let lastSent { fields.bytes(2, lastSent.array) }
        if !sessions.isEmpty {
            fields.bytes(
                3,
                sessions.flatMap { session in
                    let bytes = session.encoded
                    return UInt32(clamping: bytes.count).bigEndianBytes + bytes
                })
        }
        if let dropped {
            fields.bytes(4, dropped.generation.bigEndianBytes + dropped.number.bigEndianBytes)
        }
        return fields.bytes
    }
}

extension Session {
    fileprivate var encoded: [UInt8] {
        var fields = FieldWriter()
        fields.bytes(
            1,
            [isInitiator ? 1 : 0, isDoubted ? 1 : 0] + origin.name.generation.bigEndianBytes
                + origin.name.number.bigEndianBytes + origin.responderGeneration.bigEndianBytes
                + origin.prekeyDay.number.bigEndianBytes + origin.prekey.bytes.array + origin.ephemeral.array
                + origin.binding.array + start.bigEndianBytes + lastUsed.number.bigEndianBytes
                + previousCount.bigEndianBytes + peerKey.bytes.array)
        if let opening { fields.bytes(2, opening.headerKey.bytes + opening.ciphertext) }
        fields.bytes(3, root.exposedBytes.array + nextSending.bytes + nextReceiving.bytes)
        if let sending {
            fields.bytes(
                4,
                sending.secret.bytes + sending.publicKey.bytes.array + sending.chainKey.bytes
                    + sending.number.bigEndianBytes + encoded(sending.headerKey)
                    + encoded(sending.seed?.exposedBytes.array) + sending.object)
        }
        if !peerObject.isEmpty { fields.bytes(5, peerObject) }
        if !receiving.isEmpty { fields.bytes(6, receiving.flatMap(encoded)) }
        return fields.bytes
    }

    private func encoded(_ key: SecretKey?) -> [UInt8] { encoded(key?.bytes) }
    private func encoded(_ bytes: [UInt8]?) -> [UInt8] { bytes.map { [1] + $0 } ?? [0] }

    private func encoded(_ chain: ReceivingChain) -> [UInt8] {
        encoded(chain.headerKey) + encoded(chain.chainKey) + chain.number.bigEndianBytes
            + UInt32(clamping: chain.skipped.count).bigEndianBytes
            + chain.skipped.flatMap { $0.number.bigEndianBytes + $0.since.number.bigEndianBytes + $0.key.bytes }
    }

    fileprivate init(_ span: RawSpan) throws(DecodeError) {
        var (origin, secrets): (ByteRange?, ByteRange?)
        var opening: Opening?
        var sending: SendingChain?
        var peerObject: [UInt8] = []
        var receiving: [ReceivingChain] = []
        var fields = FieldReader(span)
        while let (tag, value) = try fields.next(span) {
            var reader = ByteReader(value)
            switch tag {
            case 1: origin = value
            case 2:
                let key = try reader.secret(span)
                opening = Opening(ciphertext: try reader.rest(span).copy(of: span), headerKey: key)
            case 3: secrets = value
            case 4: sending = try reader.sendingChain(span)
            case 5: peerObject = value.copy(of: span)
            case 6: while !reader.isAtEnd { receiving.append(try reader.receivingChain(span)) }
            default: break
            }
        }
        guard let origin, let secrets else { throw .missingField }
        var reader = ByteReader(origin)
        let (role, doubted) = (try reader.u8(span), try reader.u8(span))
        let name = try reader.sessionName(span, isOwn: role == 1)
        self.origin = Origin(
            name: name, responderGeneration: try reader.u32(span), prekeyDay: Day(number: try reader.u32(span)),
            prekey: PublicKey(try reader.bytes32(span)), ephemeral: try reader.bytes32(span),
            binding: try reader.bytes32(span))
        start = try reader.u64(span)
        lastUsed = Day(number: try reader.u32(span))
        previousCount = try reader.u32(span)
        peerKey = PublicKey(try reader.bytes32(span))
        isDoubted = doubted == 1
        var keys = ByteReader(secrets)
        root = try keys.digest(span)
        nextSending = try keys.secret(span)
        nextReceiving = try keys.secret(span)
        self.opening = opening
        self.sending = sending
        self.peerObject = peerObject
        self.receiving = receiving
    }
}

extension SecretKey {
    fileprivate var bytes: [UInt8] { exposedBytes.array }
}

extension ByteReader {
    fileprivate mutating func secret(_ span: RawSpan) throws(DecodeError) -> SecretKey {
        SecretKey(try bytes32(span))
    }

    fileprivate mutating func digest(_ span: RawSpan) throws(DecodeError) -> SecretDigest {
        SecretDigest(Digest512(first: try bytes32(span), second: try bytes32(span)))
    }

    fileprivate mutating func optional<Value>(
        _ span: RawSpan, _ read: (inout ByteReader) throws(DecodeError) -> Value
    ) throws(DecodeError) -> Value? {
        try u8(span) == 1 ? try read(&self) : nil
    }

    fileprivate mutating func sessionName(_ span: RawSpan, isOwn: Bool) throws(DecodeError) -> SessionName {
        SessionName(isOwn: isOwn, generation: try u32(span), number: try u32(span))
    }

    fileprivate mutating func sendingChain(_ span: RawSpan) throws(DecodeError) -> SendingChain {
        let (secretKey, publicKey) = (try secret(span), PublicKey(try bytes32(span)))
        let (chainKey, number) = (try secret(span), try u32(span))
        let headerKey = try optional(span) { reader throws(DecodeError) in try reader.secret(span) }
        let seed = try optional(span) { reader throws(DecodeError) in try reader.digest(span) }
        return SendingChain(
            secret: secretKey, publicKey: publicKey, headerKey: headerKey, object: try rest(span).copy(of: span),
            seed: seed, chainKey: chainKey, number: number)
    }

    fileprivate mutating func receivingChain(_ span: RawSpan) throws(DecodeError) -> ReceivingChain {
        let headerKey = try optional(span) { reader throws(DecodeError) in try reader.secret(span) }
        let chainKey = try optional(span) { reader throws(DecodeError) in try reader.secret(span) }
        let (number, count) = (try u32(span), try u32(span))
        var skipped: [ReceivingChain.Skipped] = []
        for _ in 0..<count {
            let (number, since) = (try u32(span), Day(number: try u32(span)))
            skipped.append(ReceivingChain.Skipped(number: number, key: try secret(span), since: since))
        }
        return ReceivingChain(headerKey: headerKey, chainKey: chainKey, number: number, skipped: skipped)
    }
}
