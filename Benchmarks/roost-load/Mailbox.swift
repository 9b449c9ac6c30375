import Basics
import CLibrary
import Cryptography
import Wire

/// Somebody's mailbox and record, with nothing but zeros in them.
struct Mailbox {
    let location: Location
    /// One chunk of it.
    let record: [UInt8]
    /// As many as one page lists.
    let envelopes: [[UInt8]]
    /// One that is too long for a chunk.
    let large: [UInt8]
    private let owner: BlindedSigner

    /// The envelope that is fetched.
    var fetched: [UInt8] { envelopes[0] }

    init(at time: UnixTime) {
        var system = SystemRandomNumberGenerator()
        owner = ProfileKey(seed: SecretKey(system.bytes32())).blinded(for: .mailbox, epoch: time.epoch)
        location = owner.location
        record = SignedRecord.encode(
            sequence: 1, validUntil: time.advanced(bySeconds: UnixTime.secondsPerDay),
            sealed: [UInt8](repeating: 7, count: 700), signer: owner)
        envelopes = (0..<Limits.entriesPerPage).map { Mailbox.envelope(sizeClass: 0, number: $0, at: time) }
        large = Mailbox.envelope(sizeClass: 1, number: 0, at: time)
    }

    private static func envelope(sizeClass: Int, number: Int, at time: UnixTime) -> [UInt8] {
        let header = EnvelopeHeader(expiry: time.day.advanced(by: 9), sizeClass: sizeClass)
        var sealed = [UInt8](repeating: 0, count: header.sealed.count)
        sealed[0] = UInt8(truncatingIfNeeded: number)
        return header.assemble(sealed: sealed)
    }

    func record(chunk index: Int) -> Request { .putRecord(chunk(index, of: record)) }

    func deposit(_ envelope: [UInt8], chunk index: Int) -> Request { .deposit(chunk(index, of: envelope)) }

    private func chunk(_ index: Int, of bytes: [UInt8]) -> UploadChunk {
        UploadChunk(
            location: location, object: Blake2b.hash256(bytes), size: bytes.count, index: index,
            bytes: Chunks.range(index, of: bytes.count))
    }

    /// What lets a session read the mailbox.
    func authorization(for node: NodeID, _ binding: Digest512) -> Request {
        let signed = SignedBytes.authorize(location, channelBinding: binding, responder: node)
        return .authorize(location, key: owner.key, owner.sign(signed))
    }
}

extension UnixTime {
    /// This machine's time.
    static var now: UnixTime { UnixTime(seconds: Int64(time(nil))) }
}
