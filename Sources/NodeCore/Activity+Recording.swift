import Basics
import Sessions
import Wire

/// What the node's own words come to in counts.
extension Activity {
    /// Counts a datagram that came in, and what it was for.
    mutating func record(_ received: Received, of datagram: RawSpan) {
        let kind: Traffic.Kind
        switch received {
        case .request(_, _, let header): kind = header.kind.map { .request($0) } ?? .other
        case .response(_, let header), .established(_, response: let header?):
            kind = header.kind.map { .answer($0) } ?? .other
        case .challengeAnswered: kind = .answer(.ping)
        case .established(_, response: nil), .proven, .lost, .hello, .helloAnswer, .nothing: kind = .other
        }
        switch try? DatagramKind(of: datagram) {
        case .initiation: self.received.add(.initiation, bytes: datagram.byteCount)
        case .hello, .helloAnswer: self.received.add(.hello, bytes: datagram.byteCount)
        default: self.received.add(kind, bytes: datagram.byteCount)
        }
        switch received {
        case .nothing(let reason): record(.dropped(reason))
        case .hello: record(.dropped(.answered))
        default: break
        }
    }

    /// Counts handshakes, and resets the counts that it took over.
    mutating func take(_ outcomes: inout HandshakeOutcomes) {
        guard outcomes != HandshakeOutcomes() else { return }
        record(.handshake(.completed), count: Int(outcomes.completed))
        record(.handshake(.accepted), count: Int(outcomes.accepted))
        record(.handshake(.unanswered), count: Int(outcomes.unanswered))
        outcomes = HandshakeOutcomes()
    }

    /// Counts what came of sessions that were seen elsewhere, and resets the counts that it took over.
    mutating func take(_ outcomes: inout PathOutcomes) {
        guard outcomes != PathOutcomes() else { return }
        record(.path(.followed), count: Int(outcomes.followed))
        record(.path(.stayed), count: Int(outcomes.stayed))
        record(.path(.unproven), count: Int(outcomes.unproven))
        record(.path(.returned), count: Int(outcomes.returned))
        outcomes = PathOutcomes()
    }

    /// Counts an answer to another's request.
    mutating func record(_ response: Response, to header: RPCHeader) {
        if case .refused(let reason, _) = response { record(.refused(reason)) }
        let kept: Kept
        switch header.kind {
        case .deposit: kept = .envelope
        case .putRecord: kept = .record
        default: return
        }
        switch response {
        case .kept: record(.brought(kept, .kept))
        case .collected: record(.brought(kept, .collected))
        case .refused(let reason, _): record(.declined(kept, reason))
        default: break
        }
    }

    /// Counts the answer to a request of this node's.
    mutating func record(_ response: Response, of kind: RPCKind, after roundTrip: Duration) {
        if case .refused = response { record(.asked(kind, .refused)) } else { record(.asked(kind, .answered)) }
        record(.roundTrip(kind, roundTrip))
    }
}
