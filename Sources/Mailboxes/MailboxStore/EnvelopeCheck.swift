import Basics
import Wire

/// The first checks of an envelope that is brought: its size, and an acceptable expiry.
enum EnvelopeCheck {
    /// Whether an envelope may have this size.
    static func isPossible(size: Int) -> Bool { Limits.sizeClasses.contains(size) }

    /// Checks what the first chunk already tells, before the others are sent in vain. The header lies within it.
    static func refusal(ofFirst chunk: UploadChunk, _ body: RawSpan, now: Now) -> RefusalReason? {
        guard chunk.index == 0 else { return nil }
        guard let place = Chunks.checkedRange(0, of: chunk.size),
            chunk.bytes.isChunk(ofCount: place.count, in: body),
            let header = try? EnvelopeHeader(decodingStart: body.extracting(chunk.bytes.bounds)),
            header.size == chunk.size
        else { return .invalid }
        return refusal(of: header, now: now)
    }

    /// Whether an envelope may turn out to be signed by an accepted sender, as far as one of its chunks tells.
    static func maybeSigned(_ chunk: UploadChunk, _ body: RawSpan) -> Bool {
        guard chunk.index == 0 else { return true }
        guard chunk.bytes.bounds.upperBound <= body.byteCount else { return false }
        let header = try? EnvelopeHeader(decodingStart: body.extracting(chunk.bytes.bounds))
        return header?.deliverySignature != nil
    }

    /// Why the whole envelope is refused, or nil.
    static func refusal(of envelope: [UInt8], now: Now) -> RefusalReason? {
        guard let header = try? EnvelopeHeader(decoding: envelope.span.bytes) else { return .invalid }
        return refusal(of: header, now: now)
    }

    private static func refusal(of header: EnvelopeHeader, now: Now) -> RefusalReason? {
        let today = now.utc.day
        return header.expiry < today || today.advanced(by: Limits.envelopeDaysAccepted) < header.expiry ? .expiry : nil
    }
}
