import Basics
import Cryptography
import Sessions
import Wire

/// A new node for each request, with a ping in its first datagram: what opening a session costs the node that answers.
///
/// What a newcomer computes to begin is done before. Each place in the window has an address of its own, in another block,
/// as nodes don't let one block open many sessions at once.
struct HandshakeLoad: Load {
    let sockets: [BatchSocket]
    private let target: Endpoint
    private var newcomers: [Newcomer] = []
    /// Who asks from each socket at present.
    private var asking: [Int]
    private var isUsed = 0
    private var remote: PublicKey?
    private var plaintext = ByteWriter(capacity: Limits.datagramSize)
    private let count: Int

    private struct Newcomer {
        var table: SessionTable?
        var initiation = DatagramQueue(capacity: 0)
        var number: UInt32 = 0
    }

    /// Each takes some kilobytes, and half a millisecond.
    private static let most = 20_000

    init(_ options: Options) throws(LoadError) {
        guard options.target.isLoopback, options.target.isIPv4 else {
            throw LoadError("Handshakes come from many addresses: give a target at 127.0.0.1.")
        }
        count = options.count + options.warmUp
        guard count <= HandshakeLoad.most else {
            throw LoadError("Handshakes and those before them may be \(HandshakeLoad.most) together: ask for less.")
        }
        target = options.target
        var sockets: [BatchSocket] = []
        for place in 0..<options.window {
            // 127.1.N.1: any address of 127.0.0.0/8 is this machine's.
            sockets.append(try BatchSocket(at: Endpoint(ipv4: 0x7f01_0001 | UInt32(place) << 8, port: 0)))
        }
        self.sockets = sockets
        asking = [Int](repeating: 0, count: options.window)
    }

    mutating func prepare() throws(LoadError) {
        var probe = HandshakeLoad.table()
        for nonce: UInt64 in 1...5 where remote == nil {
            var queue = DatagramQueue()
            _ = probe.sendHello(nonce: nonce, to: target, now: monotonic(), into: &queue)
            sockets[0].send(&queue)
            BatchSocket.wait(for: [sockets[0]], milliseconds: 500)
            _ = sockets[0].receive { bytes, _ in
                if let answer = HelloAnswer(bytes.bytes) { remote = answer.key }
            }
        }
        guard let remote else { throw LoadError("No node of this network answers at \(target): start one.") }
        newcomers = (0..<count).map { _ in Newcomer() }
        var body = ByteWriter(capacity: Limits.bodySize)
        for index in 0..<count {
            var table = HandshakeLoad.table()
            var queue = DatagramQueue(capacity: 1)
            body.reset()
            Request.ping.encode(requestID: 1, into: &body)
            body.withSpan {
                _ = table.sendRequest(
                    $0, kind: .request(.ping), requestID: 1, as: .node, to: remote, id: remote.nodeID,
                    over: .direct(target), now: monotonic(), into: &queue)
            }
            newcomers[index] = Newcomer(table: table, initiation: queue)
        }
    }

    private static func table() -> SessionTable {
        var system = SystemRandomNumberGenerator()
        return SessionTable(
            node: SecretKey(system.bytes32()), mode: .client, network: "main", suite: .sodium,
            seed: system.bytes32())
    }

    mutating func ask(_ number: UInt32, now: Instant, into queue: inout DatagramQueue) {
        guard isUsed < newcomers.count else { return }
        let socket = Int(number) % sockets.count
        asking[socket] = isUsed
        newcomers[isUsed].number = number
        func copy(_ path: Path, _ bytes: UnsafeRawBufferPointer) {
            queue.append(over: path, as: .initiation, bytes.bytes)
        }
        newcomers[isUsed].initiation.forEach(copy)
        newcomers[isUsed].initiation = DatagramQueue(capacity: 0)
        isUsed += 1
    }

    mutating func take(
        _ bytes: UnsafeRawBufferPointer, from endpoint: Endpoint, at socket: Int, now: Instant,
        into queue: inout DatagramQueue
    ) -> Taken {
        let place = asking[socket]
        guard
            let received = newcomers[place].table?.receive(
                bytes.bytes, over: .direct(endpoint), now: now, plaintext: &plaintext, into: &queue)
        else { return .nothing }
        switch received {
        case .established(_, response: let header?):
            newcomers[place].table = nil
            let response = plaintext.withSpan { try? Response.decode($0, after: header) }
            guard case .pong = response else { return .wrong }
            return .answered(newcomers[place].number)
        // A cookie was asked for, and sent.
        case .nothing(.repeated): return .nothing
        // For somebody who asked from here before, or a question of the node's own.
        default: return .nothing
        }
    }
}
