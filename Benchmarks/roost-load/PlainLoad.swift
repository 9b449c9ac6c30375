import Basics
import Sessions

/// Requests for nodes to other programs, in plaintext: an answer is right where it repeats the number of its request and
/// says that it is an answer.
struct PlainLoad: Load {
    let sockets: [BatchSocket]
    private let target: Endpoint
    private let isOpenDHT: Bool
    private var datagram: [UInt8]
    /// Where the number of a request stands in it.
    private let place: Int
    /// What stands before and behind the number in an answer.
    private let before, behind: [UInt8]

    init(_ options: Options) throws(LoadError) {
        target = options.target
        isOpenDHT = options.kind == .opendht
        sockets = [try BatchSocket(at: options.target.isLoopback ? options.target.with(port: 0) : .any(options.target))]
        let (own, wanted) = ([UInt8](repeating: 0x5a, count: 20), [UInt8](repeating: 0x07, count: 20))
        if isOpenDHT {
            // MessagePack: {"a": {"id", "target"}, "q": "find", "t": a number of 32 bits, "y": "q"}.
            let head: [UInt8] = [0x84, 0xa1] + "a".utf8 + [0x82, 0xa2] + "id".utf8 + [0xc4, 20] + own
            let middle: [UInt8] =
                [0xa6] + "target".utf8 + [0xc4, 20] + wanted + [0xa1] + "q".utf8 + [0xa4] + "find".utf8
            before = [0xa1] + "t".utf8 + [0xce]
            behind = [0xa1] + "y".utf8 + [0xa1] + "r".utf8
            place = head.count + middle.count + before.count
            datagram = head + middle + before + [0, 0, 0, 0] + [0xa1] + "y".utf8 + [0xa1] + "q".utf8
        } else {
            // Bencoding, BEP 5.
            let head = Array("d1:ad2:id20:".utf8) + own + "6:target20:".utf8 + wanted + "e1:q9:find_node1:t4:".utf8
            before = Array("1:t4:".utf8)
            behind = []
            place = head.count
            datagram = head + [0, 0, 0, 0] + "1:y1:qe".utf8
        }
    }

    mutating func prepare() throws(LoadError) {
        for number: UInt32 in 1...5 {
            var queue = DatagramQueue()
            ask(number, now: monotonic(), into: &queue)
            sockets[0].send(&queue)
            BatchSocket.wait(for: sockets, milliseconds: 500)
            var isThere = false
            _ = sockets[0].receive { bytes, _ in if self.number(in: bytes) != nil { isThere = true } }
            if isThere { return }
        }
        throw LoadError(
            "Nothing at \(target) answers like that: is it the right program, and does it answer its own machine?")
    }

    mutating func ask(_ number: UInt32, now: Instant, into queue: inout DatagramQueue) {
        // The highest bits are set, so that MessagePack has no shorter form for it.
        for byte in 0..<4 {
            datagram[place + byte] = UInt8(truncatingIfNeeded: (number | 0x8000_0000) >> (24 - 8 * byte))
        }
        queue.append(over: .direct(target), as: .other, datagram.span.bytes)
    }

    mutating func take(
        _ bytes: UnsafeRawBufferPointer, from endpoint: Endpoint, at socket: Int, now: Instant,
        into queue: inout DatagramQueue
    ) -> Taken { number(in: bytes).map { .answered($0) } ?? .nothing }

    /// The number that an answer repeats; nil for anything else, such as a request of that program's own.
    private func number(in bytes: UnsafeRawBufferPointer) -> UInt32? {
        let size = before.count + 4 + behind.count
        guard bytes.count >= size else { return nil }
        for start in stride(from: bytes.count - size, through: 0, by: -1) {
            let part = bytes[start..<start + size]
            guard part.prefix(before.count).elementsEqual(before), part.suffix(behind.count).elementsEqual(behind)
            else {
                continue
            }
            return part.dropFirst(before.count).prefix(4).reduce(0) { $0 << 8 | UInt32($1) } & 0x7fff_ffff
        }
        return nil
    }
}
