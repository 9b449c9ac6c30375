import Basics
import Wire

/// Random values of everything that is encoded, reproducible by the generator's seed.
extension SeededGenerator {
    mutating func bytes(_ count: Int) -> [UInt8] {
        written(capacity: count + 7) { writer in
            while writer.count < count { writer.u64(next()) }
            writer.truncate(to: count)
        }
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

    mutating func signature() -> Signature { Signature(r: bytes32(), s: bytes32()) }

    mutating func tombstone() -> Tombstone {
        Tombstone(
            envelope: EnvelopeID(bytes32()), expiry: Day(number: UInt32(truncatingIfNeeded: next())),
            signature: signature())
    }

    mutating func ipv4Endpoint() -> Endpoint {
        let address = UInt32(number(1...223)) << 24 | UInt32(number(0...0xff_ffff))
        return Endpoint(ipv4: address, port: UInt16(number(1...65_535)))
    }

    mutating func ipv6Endpoint() -> Endpoint {
        Endpoint(high: 0x2001_0db8 << 32 | next() >> 32, low: next(), port: UInt16(number(1...65_535)))
    }

    mutating func contacts() -> [UInt8] {
        let count = number(0...Limits.contactsPerAnswer)
        return written { writer in
            for _ in 0..<count where writer.count <= 900 {
                let families = number(1...3)
                writer.bytes32(bytes32())
                writer.u8(UInt8(families))
                if families & 1 != 0 { writer.ipv4Endpoint(ipv4Endpoint()) }
                if families & 2 != 0 { writer.endpoint(ipv6Endpoint()) }
            }
        }
    }

    mutating func entries() -> [UInt8] {
        let ids = (0..<number(0...Limits.entriesPerPage)).map { _ in EnvelopeID(bytes32()) }.sorted()
        return written { writer in
            for id in ids {
                let size = Limits.sizeClasses[number(0...Limits.sizeClasses.count - 1)]
                writer.mailboxEntry(MailboxEntry(envelope: id, size: size))
            }
        }
    }

    mutating func tombstones() -> [UInt8] {
        let count = number(1...Limits.tombstonesPerDiscard)
        return written { writer in for _ in 0..<count { writer.tombstone(tombstone()) } }
    }

    /// A chunk of something of one of the given sizes, and a payload that its bytes lie somewhere in.
    mutating func chunk(sizes: [Int]) -> (chunk: DownloadChunk, payload: [UInt8]) {
        let size = sizes[number(0...sizes.count - 1)]
        let index = number(0...Chunks.count(of: size) - 1)
        let range = ByteRange(offset: number(0...9), count: Chunks.range(index, of: size).count)
        return (DownloadChunk(size: size, index: index, bytes: range), bytes(range.end))
    }

    mutating func recordSizes() -> [Int] { [number(SignedRecord.minimumByteCount...Limits.recordSize)] }

    mutating func request() -> Sample<Request> {
        let kinds: [RPCKind] = [
            .ping, .findNode, .getRecord, .putRecord, .deposit, .deliver, .authorize, .list, .fetch, .discard,
            .confirm,
        ]
        let id = UInt32(truncatingIfNeeded: next())
        let location = Location(bytes32())
        let key = BlindedKey(bytes32())
        let kind = kinds[number(0...kinds.count - 1)]
        switch kind {
        case .putRecord, .deposit, .deliver:
            let (chunk, payload) = chunk(sizes: kind == .putRecord ? recordSizes() : Limits.sizeClasses)
            let upload = UploadChunk(
                location: location, object: bytes32(), size: chunk.size, index: chunk.index, bytes: chunk.bytes)
            let request: Request =
                kind == .putRecord ? .putRecord(upload) : kind == .deposit ? .deposit(upload) : .deliver(upload)
            return Sample(request, requestID: id, payload: payload)
        case .findNode:
            let families = AddressFamilies(rawValue: UInt8(number(1...3)))
            let count = number(1...Limits.contactsPerAnswer)
            return Sample(.findNode(target: bytes32(), count: count, families: families), requestID: id)
        case .getRecord: return Sample(.getRecord(location, chunk: number(0...4)), requestID: id)
        case .authorize: return Sample(.authorize(location, key: key, signature()), requestID: id)
        case .list:
            return Sample(
                .list(location, after: Bool.random(using: &self) ? EnvelopeID(bytes32()) : nil), requestID: id)
        case .fetch: return Sample(.fetch(location, EnvelopeID(bytes32()), chunk: number(0...77)), requestID: id)
        case .discard:
            let payload = tombstones()
            let range = ByteRange(offset: 0, count: payload.count)
            return Sample(.discard(location, key: key, tombstones: range), requestID: id, payload: payload)
        case .confirm:
            let endpoint = Bool.random(using: &self) ? ipv4Endpoint() : ipv6Endpoint()
            return Sample(.confirm(PublicKey(bytes32()), at: endpoint), requestID: id)
        default: return Sample(.ping, requestID: id)
        }
    }

    mutating func response() -> Sample<Response> {
        let id = UInt32(truncatingIfNeeded: next())
        let uploads: [RPCKind] = [.putRecord, .deposit, .deliver]
        switch number(0...12) {
        case 0:
            let observed = Bool.random(using: &self) ? ipv4Endpoint() : ipv6Endpoint()
            let time = UnixTime(seconds: Int64(number(0...Int(Limits.latestTime))))
            return Sample(.pong(observed: observed, time: time), to: .ping, requestID: id)
        case 1:
            let payload = contacts()
            let range = ByteRange(offset: 0, count: payload.count)
            return Sample(.contacts(range), to: .findNode, requestID: id, payload: payload)
        case 2:
            let (chunk, payload) = chunk(sizes: Limits.sizeClasses)
            return Sample(.chunk(chunk), to: .fetch, requestID: id, payload: payload)
        case 3:
            let (chunk, payload) = chunk(sizes: recordSizes())
            return Sample(.chunk(chunk), to: .getRecord, requestID: id, payload: payload)
        case 4:
            let received = UInt128(next()) << 64 | UInt128(next())
            return Sample(.partial(received), to: uploads[number(0...2)], requestID: id)
        case 5: return Sample(.kept, to: uploads[number(0...1)], requestID: id)
        case 6: return Sample(.collected(tombstone()), to: .deposit, requestID: id)
        case 7: return Sample(.granted, to: .authorize, requestID: id)
        case 8:
            let payload = entries()
            let page = Response.page(
                entries: ByteRange(offset: 0, count: payload.count),
                more: payload.isEmpty ? false : Bool.random(using: &self))
            return Sample(page, to: .list, requestID: id, payload: payload)
        case 9:
            let count = number(0...Limits.tombstonesPerDiscard)
            return Sample(.discarded(count: count), to: .discard, requestID: id)
        case 10: return Sample(.accepted, to: .deliver, requestID: id)
        case 11: return Sample(.reached, to: .confirm, requestID: id)
        default:
            let reason = RefusalReason(rawValue: UInt8(number(1...10))) ?? .busy
            let seconds = UInt32(number(0...Int(Limits.retryAfterSeconds)))
            let kind = RPCKind.allCases[number(0...RPCKind.allCases.count - 1)]
            return Sample(.refused(reason, retryAfterSeconds: seconds), to: kind, requestID: id)
        }
    }
}
