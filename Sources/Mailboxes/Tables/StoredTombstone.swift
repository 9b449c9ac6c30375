import Basics
import Wire

/// A tombstone as stored: with the key that signed it, so that it can be handed on and verified by others.
struct StoredTombstone {
    let expiry: Day
    let key: BlindedKey
    let signature: Signature

    init(expiry: Day, key: BlindedKey, signature: Signature) {
        self.expiry = expiry
        self.key = key
        self.signature = signature
    }

    init?(_ bytes: RawSpan) {
        var reader = ByteReader(bytes)
        guard let day = try? reader.u32(bytes), let key = try? reader.bytes32(bytes),
            let signature = try? reader.signature(bytes)
        else { return nil }
        self.init(expiry: Day(number: day), key: BlindedKey(key), signature: signature)
    }

    var bytes: [UInt8] {
        var writer = ByteWriter(capacity: 100)
        writer.u32(expiry.number)
        writer.bytes32(key.bytes)
        writer.signature(signature)
        return writer.bytes
    }
}
