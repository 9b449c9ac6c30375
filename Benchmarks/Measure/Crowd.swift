import Basics
import Cryptography
import Sessions
import Wire

/// What a handshake costs the node that answers it, while it has few sessions and while its table is full.
enum Crowd {
    static func measure(count: Int) {
        let few = serve(count: count, crowd: 0, blocks: 1)
        let full = serve(count: count, crowd: Limits.sessions, blocks: 16)
        let singles = serve(count: count, crowd: Limits.sessions, blocks: Limits.sessions)
        print("a handshake answered         \(Int(few)) ns")
        print("  a full table, 16 blocks    \(Int(full)) ns, \(ratio(full, few)) times")
        print("  a full table, 2,048 blocks \(Int(singles)) ns, \(ratio(singles, few)) times")
    }

    private static func ratio(_ left: Double, _ right: Double) -> String {
        let hundredths = Int(left / right * 100)
        return "\(hundredths / 100).\(hundredths / 10 % 10)\(hundredths % 10)"
    }

    private struct End {
        var table: SessionTable
        let key: PublicKey
        let endpoint: Endpoint

        init(_ number: UInt64, at endpoint: Endpoint) {
            let secret = SecretKey(Bytes32(words: (number, 6, 6, 6)))
            key = CipherSuite.sodium.publicKey(of: secret)
            table = SessionTable(
                node: secret, mode: .server, network: "main", suite: .sodium, seed: Bytes32(words: (number, 7, 7, 7)))
            self.endpoint = endpoint
        }
    }

    /// Nanoseconds of each of `count` handshakes on the answering side, once there are `crowd` sessions.
    private static func serve(count: Int, crowd: Int, blocks: Int) -> Double {
        var node = End(0, at: Endpoint(ipv4: 0x2e00_0001, port: 7_337))
        var spent = 0.0
        for number in 0..<crowd + count {
            let block = UInt32(number % max(1, number < crowd ? blocks : 200))
            let start: UInt32 = number < crowd ? 0x2d00_0000 : 0x4000_0000
            var other = End(
                UInt64(number) + 1, at: Endpoint(ipv4: start + block << 8 + UInt32(number / 256 % 250), port: 7_337))
            // Ten a second: each is answered without a cookie.
            let now = Instant.origin + .milliseconds(100 * number)
            let taken = handshake(&other, with: &node, now: now)
            if number >= crowd { spent += taken }
        }
        return spent / Double(count)
    }

    private static func handshake(_ other: inout End, with node: inout End, now: Instant) -> Double {
        var (out, back) = (DatagramQueue(), DatagramQueue())
        var plaintext = ByteWriter(capacity: Limits.datagramSize)
        var request = ByteWriter(capacity: RPCHeader.byteCount)
        RPCHeader(.ping, requestID: 1).encode(into: &request)
        _ = other.table.sendRequest(
            request.bytes.span.bytes, kind: .request(.ping), requestID: 1, as: .node, to: node.key, id: node.key.nodeID,
            over: .direct(node.endpoint), now: now, into: &out)
        var spent = 0.0
        for datagram in drain(&out) {
            let begun = processorTime()
            let received = node.table.receive(
                datagram.span.bytes, over: .direct(other.endpoint), now: now, plaintext: &plaintext, into: &back)
            if case .request(_, let carrier, _) = received {
                _ = node.table.reply(RawSpan(), as: .other, over: carrier, now: now, into: &back)
            }
            spent += processorTime() - begun
        }
        for datagram in drain(&back) {
            _ = other.table.receive(
                datagram.span.bytes, over: .direct(node.endpoint), now: now, plaintext: &plaintext, into: &out)
        }
        for datagram in drain(&out) {
            let begun = processorTime()
            _ = node.table.receive(
                datagram.span.bytes, over: .direct(other.endpoint), now: now, plaintext: &plaintext, into: &back)
            spent += processorTime() - begun
        }
        return spent
    }

    private static func drain(_ queue: inout DatagramQueue) -> [[UInt8]] {
        var datagrams: [[UInt8]] = []
        func take(_: Path, _ bytes: UnsafeRawBufferPointer) { datagrams.append([UInt8](bytes)) }
        queue.forEach(take)
        queue.removeAll()
        return datagrams
    }
}
