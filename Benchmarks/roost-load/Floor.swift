import Basics
import Cryptography
import Sessions

/// The least that an encrypted answer can cost here: datagrams in batches, one seal and one opening, and nothing in between.
enum Floor {
    /// Everybody knows it: it protects nothing.
    static let key = SecretKey(Bytes32(words: (1, 1, 1, 1)))
    static let request = 60
    /// Before what is sealed: a nonce.
    private static let head = 8

    static func append(_ nonce: UInt64, bytes: Int, to endpoint: Endpoint, into queue: inout DatagramQueue) {
        let zeros = [UInt8](repeating: 0, count: bytes)
        append(nonce, zeros.span.bytes, to: endpoint, into: &queue)
    }

    private static func append(_ nonce: UInt64, _ body: RawSpan, to endpoint: Endpoint, into queue: inout DatagramQueue)
    {
        queue.append(over: .direct(endpoint), as: .other, count: head + body.byteCount + ChaChaPoly.tagSize) {
            datagram in
            datagram.storeBytes(of: nonce, as: UInt64.self)
            ChaChaPoly.seal(
                body, nonce: nonce, key: key, authenticating: RawSpan(),
                into: UnsafeMutableRawBufferPointer(rebasing: datagram[head...]))
        }
    }

    /// The nonce of a datagram that opens.
    static func open(_ bytes: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer) -> UInt64? {
        guard bytes.count >= head + ChaChaPoly.tagSize else { return nil }
        let nonce = bytes.loadUnaligned(as: UInt64.self)
        let isAuthentic = ChaChaPoly.open(
            bytes.bytes.extracting(head..<bytes.count), nonce: nonce, key: key, authenticating: RawSpan(), into: room)
        return isAuthentic ? nonce : nil
    }

    /// Answers what comes until the time is over, and says first where it listens.
    static func serve(_ options: Options) throws(LoadError) {
        // libsodium chooses its fastest code at its first use, and sealing takes it for used.
        _ = CipherSuite.sodium.publicKey(of: key)
        let socket = try BatchSocket(at: Endpoint(ipv4: 0x7f00_0001, port: 0))
        print("ready 127.0.0.1:\(socket.port)")
        flushOutput()
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 2_048, alignment: 8)
        defer { room.deallocate() }
        let answer = [UInt8](repeating: 0, count: options.answer)
        var queue = DatagramQueue()
        let end = monotonic() + .seconds(options.seconds)
        while monotonic() < end {
            let received = socket.receive { bytes, endpoint in
                guard let nonce = open(bytes, into: room) else { return }
                append(nonce | 1 << 63, answer.span.bytes, to: endpoint, into: &queue)
            }
            if received > 0 { socket.send(&queue) } else { BatchSocket.wait(for: [socket], milliseconds: 1_000) }
        }
    }
}

/// Requests to `Floor.serve`.
struct FloorLoad: Load {
    let sockets: [BatchSocket]
    private let target: Endpoint
    private let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 2_048, alignment: 8)
    private let zeros = [UInt8](repeating: 0, count: Floor.request)

    init(_ options: Options) throws(LoadError) {
        _ = CipherSuite.sodium.publicKey(of: Floor.key)
        target = options.target
        sockets = [try BatchSocket(at: options.target.with(port: 0))]
    }

    mutating func prepare() {}

    mutating func ask(_ number: UInt32, now: Instant, into queue: inout DatagramQueue) {
        Floor.append(UInt64(number), bytes: Floor.request, to: target, into: &queue)
    }

    mutating func take(
        _ bytes: UnsafeRawBufferPointer, from endpoint: Endpoint, at socket: Int, now: Instant,
        into queue: inout DatagramQueue
    ) -> Taken {
        guard let nonce = Floor.open(bytes, into: room), nonce >> 63 == 1 else { return .wrong }
        return .answered(UInt32(truncatingIfNeeded: nonce))
    }
}
