import Basics
import NIOCore
import Sessions

/// Sends datagrams. Each leaves by the path over which its recipient was last heard, if that path is still usable;
/// otherwise the system chooses. Counts what was sent and what the system refused.
struct Departures {
    /// How sending goes.
    private(set) var health = SendHealth()
    private var paths = ReturnPaths()
    private var refusals = [Int](repeating: 0, count: SendRefusal.allCases.count)
    private var news: News?

    /// What sending reveals about this machine's network.
    enum News: Hashable {
        /// An address that datagrams were to leave from is not this machine's any more, or leads nowhere.
        case addressLost
        /// Datagrams leave again, after a time in which the system refused all of them.
        case leavesAgain
    }

    /// Refusals may be short-lived, as when a queue is full: this long without a datagram that left is an outage.
    private static let outage = Duration.seconds(1)

    /// A datagram came from `endpoint` by `path`, and answers might also leave by other paths.
    mutating func recordHeard(_ endpoint: Endpoint, by path: ReturnPath) { paths.record(endpoint, path, now: .now()) }

    /// This machine's addresses or routes have changed. `chosen`: the addresses from which the system now sends by its
    /// default routes.
    mutating func networkChanged(chosen: [Endpoint]) { paths.networkChanged(chosen: chosen) }

    /// Sends datagrams, as many as possible with one system call; returns the numbers of those that it refused.
    mutating func send(_ batch: DatagramQueue.Batch, by sockets: Sockets, now: Instant) -> [Int] {
        var refused: [Int] = []
        // What waits in `Sockets.outgoing`: the numbers up to the one before the next, over one socket.
        var waiting = 0
        batch.visit { number, path, bytes in
            switch path {
            case .direct(let endpoint):
                let back = paths[endpoint]
                let socket = sockets.socket(for: endpoint, by: back)
                if sockets.outgoing.isFull || (!sockets.outgoing.isEmpty && socket != waiting) {
                    flush(sockets, waiting, before: number, now, &refused)
                }
                if let socket {
                    waiting = socket
                    sockets.outgoing.append(bytes, to: endpoint, from: back?.source)
                } else if !hasLeft(.noRoute, bytes.count, now) {
                    refused.append(number)
                }
            }
        }
        flush(sockets, waiting, before: batch.count, now, &refused)
        return refused
    }

    /// Sends what waits over a socket. One that is refused there is tried by itself: by another way, where there is one.
    private mutating func flush(
        _ sockets: Sockets, _ socket: Int, before number: Int, _ now: Instant, _ refused: inout [Int]
    ) {
        let outgoing = sockets.outgoing
        var next = 0
        while next < outgoing.count {
            let sent = sockets.sendBatch(from: next, over: socket)
            for index in next..<next + sent { _ = hasLeft(nil, outgoing.added(index).bytes.count, now) }
            next += sent
            guard next < outgoing.count else { break }
            let (bytes, endpoint) = outgoing.added(next)
            if !hasLeft(send(bytes, to: endpoint, over: sockets), bytes.count, now) {
                refused.append(number - outgoing.count + next)
            }
            next += 1
        }
        outgoing.removeAll()
    }

    /// The same from the second port, from which no requests are answered.
    mutating func sendProbe(
        _ bytes: UnsafeRawBufferPointer, over path: Path, by sockets: Sockets, now: Instant
    ) -> Bool {
        switch path {
        case .direct(let endpoint): hasLeft(sockets.send(bytes, to: endpoint, by: nil), bytes.count, now)
        }
    }

    /// Counts what became of a datagram; false where it was refused.
    private mutating func hasLeft(_ refusal: SendRefusal?, _ bytes: Int, _ now: Instant) -> Bool {
        guard let refusal else {
            let outage = health.recordSent(bytes: bytes, now: now)
            if let outage, outage >= Departures.outage, news == nil { news = .leavesAgain }
            return true
        }
        health.recordRefused(refusal, now: now)
        refusals[refusal.place] += 1
        return false
    }

    private mutating func send(
        _ bytes: UnsafeRawBufferPointer, to endpoint: Endpoint, over sockets: Sockets
    ) -> SendRefusal? {
        let path = paths[endpoint]
        let refusal = sockets.send(bytes, to: endpoint, by: path)
        guard let refusal, refusal.mayBeOfSource, let path else { return refusal }
        if let source = path.source { paths.forget(source: source) } else { paths.forget(endpoint) }
        news = .addressLost
        return sockets.send(bytes, to: endpoint, by: nil)
    }

    /// What was learnt since the last call.
    mutating func takeNews() -> News? {
        defer { news = nil }
        return news
    }

    /// Hands over how many datagrams were refused and why, and forgets it.
    mutating func drainRefusals(_ body: (SendRefusal, Int) -> Void) {
        for reason in SendRefusal.allCases where refusals[reason.place] > 0 {
            body(reason, refusals[reason.place])
            refusals[reason.place] = 0
        }
    }
}
