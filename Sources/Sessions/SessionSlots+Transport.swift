import Basics
import Cryptography
import Wire

/// Transport datagrams, sealed and opened with the keys of sessions.
extension SessionSlots {
    /// Sends a body, which may be empty; false where it exceeds the session's `maximumBody`, or the session's counters
    /// are used up. `path`: another than the session's.
    mutating func seal(
        _ body: RawSpan, as kind: Traffic.Kind, over slot: Int, along path: Path? = nil,
        into queue: inout DatagramQueue
    ) -> Bool {
        guard let counter = entries[slot].takeCounter(forBodyOf: body.byteCount, budget) else { return false }
        let count = TransportLayout.overhead + body.byteCount
        let index = entries[slot].remoteIndex
        var tag: UInt32 = 0
        queue.append(over: path ?? entries[slot].path, as: kind, count: count) { datagram in
            datagram.storeBytes(of: DatagramKind.transport.rawValue, as: UInt8.self)
            datagram.storeBytes(of: index.bigEndian, toByteOffset: TransportLayout.receiverIndex, as: UInt32.self)
            datagram.storeBytes(of: UInt64(counter).bigEndian, toByteOffset: TransportLayout.counter, as: UInt64.self)
            suite.seal(
                body, nonce: UInt64(counter), firstOf: slot, in: keys,
                into: UnsafeMutableRawBufferPointer(rebasing: datagram[TransportLayout.sealed...]))
            tag = datagram.loadUnaligned(fromByteOffset: count - NoiseSizes.tag, as: UInt32.self)
        }
        entries[slot].recordSent(tag: UInt32(bigEndian: tag))
        return true
    }

    /// Reads a transport datagram into `plaintext`; nil on success. Nothing changes unless it is authentic and new.
    mutating func open(
        _ datagram: RawSpan, at slot: Int, into plaintext: inout ByteWriter, now: Instant
    ) -> DropReason? {
        let sealed = datagram.extracting(TransportLayout.sealed..<datagram.byteCount)
        guard sealed.byteCount <= Limits.bodySize + NoiseSizes.tag else { return .malformed }
        let stated: UInt64 = datagram.bigEndian(at: TransportLayout.counter)
        guard let counter = entries[slot].counter(stated, budget) else { return .replayed }
        let isAuthentic = plaintext.append(count: sealed.byteCount - NoiseSizes.tag) {
            suite.open(sealed, nonce: stated, secondOf: slot, in: keys, into: $0)
        }
        guard isAuthentic == true else {
            plaintext.reset()
            return .unauthentic
        }
        entries[slot].recordReceived(counter, at: now)
        return nil
    }
}
