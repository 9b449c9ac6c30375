import Basics
import Wire

/// Demands proof of an address before any Diffie-Hellman while strangers ask for more work than a node should do for
/// them.
extension SessionTable {
    /// Returns nil if an initiation is to be processed. Under load, only an initiation with a valid cookie is
    /// processed. Any other is answered with a cookie, which is much shorter than the initiation.
    mutating func challenge(
        _ initiation: RawSpan, over path: Path, now: Instant, into queue: inout DatagramQueue
    ) -> DropReason? {
        if load.takes(at: now) { return nil }
        let cookie = Cookies.Cookie(
            high: initiation.bigEndian(at: InitiationLayout.cookie),
            low: initiation.bigEndian(at: InitiationLayout.cookie + 8))
        guard cookies.accepts(cookie, from: path.endpoint, now: now, random: &random) else {
            sendCookie(
                cookies.make(for: path.endpoint, now: now, random: &random),
                answering: initiation.bigEndian(at: InitiationLayout.senderIndex), over: path, into: &queue)
            marks.insert(.cookieDemanded)
            return .challenged
        }
        // A proven address must not get all of the processor either.
        let block = Account.block(of: path.endpoint)
        guard initiators.allows(block, at: now) else {
            marks.insert(.blockOverItsHandshakes)
            return .rateLimited
        }
        initiators.take(block, at: now)
        marks.insert(.cookieAccepted)
        return nil
    }

    /// Limits that a simulation may use up at any time, as a flood of datagrams would.
    public enum SharedLimit {
        /// On initiations that are answered without a cookie.
        case initiations
        /// On hints.
        case hints
        /// On answers to hellos.
        case helloAnswers
    }

    /// Uses up a limit for a second.
    public mutating func useUp(_ limit: SharedLimit, at now: Instant) {
        switch limit {
        case .initiations: load.empty(at: now)
        case .hints: hints.empty(at: now)
        case .helloAnswers: helloAnswers.empty(at: now)
        }
    }

    private func sendCookie(
        _ cookie: Cookies.Cookie, answering index: UInt32, over path: Path, into queue: inout DatagramQueue
    ) {
        queue.append(over: path, as: .other, count: CookieLayout.byteCount) { datagram in
            datagram.storeBytes(of: DatagramKind.cookie.rawValue, as: UInt8.self)
            datagram.storeBytes(of: index.bigEndian, toByteOffset: CookieLayout.receiverIndex, as: UInt32.self)
            datagram.storeBytes(of: cookie.high.bigEndian, toByteOffset: CookieLayout.cookie, as: UInt64.self)
            datagram.storeBytes(of: cookie.low.bigEndian, toByteOffset: CookieLayout.cookie + 8, as: UInt64.self)
        }
    }

    /// Retransmits our initiation with the cookie that its recipient demands. Only the recipient and nodes on the path
    /// know its index. A forged cookie costs one retransmission; a node under load then asks for another.
    mutating func receiveCookie(
        _ datagram: RawSpan, over path: Path, now: Instant, into queue: inout DatagramQueue
    ) -> Received {
        let index: UInt32 = datagram.bigEndian(at: CookieLayout.receiverIndex)
        let cookie = datagram.extracting(CookieLayout.cookie..<CookieLayout.byteCount)
        guard let place = handshakes.place(of: index), handshakes.entries[place].wasSent(over: path),
            handshakes.entries[place].send(withCookie: cookie, over: path, now: now, into: &queue)
        else {
            marks.insert(.cookieUnexpected)
            return .nothing(.unexpected)
        }
        marks.insert(.cookieSentBack)
        return .nothing(.repeated)
    }
}
