import Basics
import Cryptography
import Wire

/// `first`, `first + 1`, … modulo 256.
func counting(from first: UInt8, count: Int) -> [UInt8] { (0..<count).map { first &+ UInt8(truncatingIfNeeded: $0) } }

/// Thirty-two counting bytes.
func bytes32(from first: UInt8) -> Bytes32 { Bytes32(counting(from: first, count: 32)) ?? .zero }

/// Sixty-four counting bytes.
func signature(from first: UInt8) -> Signature { Signature(counting(from: first, count: 64).span.bytes) ?? .zero }

extension Signature {
    static let zero = Signature(r: .zero, s: .zero)
}

/// What `write` writes.
func written(capacity: Int = Limits.bodySize, _ write: (inout ByteWriter) -> Void) -> [UInt8] {
    var writer = ByteWriter(capacity: capacity)
    write(&writer)
    return writer.overflowed ? [] : writer.bytes
}

/// The error that decoding ends with, or nil where it succeeds.
func decodeError(of body: () throws(DecodeError) -> Void) -> DecodeError? {
    do throws(DecodeError) {
        try body()
        return nil
    } catch {
        return error
    }
}

func requestError(_ bytes: [UInt8]) -> DecodeError? {
    decodeError { () throws(DecodeError) in _ = try Request.decode(bytes.span.bytes) }
}

func responseError(_ bytes: [UInt8]) -> DecodeError? {
    decodeError { () throws(DecodeError) in _ = try Response.decode(bytes.span.bytes) }
}

/// A request or response with the payload that its ranges are parts of.
struct Sample<Message: Sendable>: Sendable {
    let message: Message
    /// Of the request; a response repeats it.
    let header: RPCHeader
    let payload: [UInt8]
}

extension Sample<Request> {
    init(_ request: Request, requestID: UInt32 = 0x0102_0304, payload: [UInt8] = []) {
        self.init(message: request, header: RPCHeader(request.kind, requestID: requestID), payload: payload)
    }

    var body: [UInt8] {
        written { message.encode(requestID: header.requestID, payload: payload.span.bytes, into: &$0) }
    }
}

extension Sample<Response> {
    init(_ response: Response, to kind: RPCKind, requestID: UInt32 = 0x0102_0304, payload: [UInt8] = []) {
        self.init(message: response, header: RPCHeader(kind, requestID: requestID), payload: payload)
    }

    var body: [UInt8] {
        written { message.encode(answering: header, payload: payload.span.bytes, into: &$0) }
    }
}

/// Decodes a request and encodes it again: the same bytes where they were in their one form.
func recodedRequest(_ body: [UInt8]) throws(DecodeError) -> [UInt8] {
    let (header, request) = try Request.decode(body.span.bytes)
    return written { request.encode(requestID: header.requestID, payload: body.span.bytes, into: &$0) }
}

/// As `recodedRequest`, of a response.
func recodedResponse(_ body: [UInt8]) throws(DecodeError) -> [UInt8] {
    let (header, response) = try Response.decode(body.span.bytes)
    return written { response.encode(answering: header, payload: body.span.bytes, into: &$0) }
}

extension Request {
    /// The case, its values, and the bytes of its range in place of where they lie.
    func described(in bytes: [UInt8]) -> String {
        func describe(_ name: String, _ chunk: UploadChunk) -> String {
            let bytes = Hexadecimal.encode(chunk.bytes.copy(of: bytes.span.bytes))
            return "\(name) \(chunk.location) \(chunk.object.hex) \(chunk.size) \(chunk.index) \(bytes)"
        }
        switch self {
        case .putRecord(let chunk): return describe("putRecord", chunk)
        case .deposit(let chunk): return describe("deposit", chunk)
        case .deliver(let chunk): return describe("deliver", chunk)
        case .discard(let mailbox, let key, let range):
            return "discard \(mailbox) \(key) \(Hexadecimal.encode(range.copy(of: bytes.span.bytes)))"
        case .announce(let mailbox, let range):
            return "announce \(mailbox) \(Hexadecimal.encode(range.copy(of: bytes.span.bytes)))"
        case .announceCollected(let mailbox, let range):
            return "announceCollected \(mailbox) \(Hexadecimal.encode(range.copy(of: bytes.span.bytes)))"
        case .punch(let mailbox, let range, let asker):
            let offer = Hexadecimal.encode(range.copy(of: bytes.span.bytes))
            return "punch \(mailbox) \(offer) \(asker.map { "\($0)" } ?? "")"
        case .reconcile(let request):
            let bytes = Hexadecimal.encode(request.ranges.copy(of: bytes.span.bytes))
            return "reconcile \(request.nonce) \(request.firstDay) \(request.depth) \(bytes)"
        default: return "\(self)"
        }
    }
}

extension Response {
    /// The case, its values, and the bytes of its range in place of where they lie.
    func described(in bytes: [UInt8]) -> String {
        func hex(_ range: ByteRange) -> String { Hexadecimal.encode(range.copy(of: bytes.span.bytes)) }
        switch self {
        case .contacts(let range): return "contacts \(hex(range))"
        case .passed(let range, let answerer): return "passed \(hex(range)) \(answerer.map { "\($0)" } ?? "")"
        case .chunk(let chunk): return "chunk \(chunk.size) \(chunk.index) \(hex(chunk.bytes))"
        case .page(let range, let more): return "page \(hex(range)) \(more)"
        case .reconciled(let range, let depth):
            return "reconciled \(hex(range)) \(depth.map { "\($0)" } ?? "")"
        default: return "\(self)"
        }
    }
}
