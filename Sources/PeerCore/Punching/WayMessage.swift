import Basics
import Wire

/// What two people tell each other to open a way between their nodes. An offer has a peer, a time and a nonce; an answer has none
/// of them.
///
/// ```
/// 1  who asks (32)          4  key of the sender's node (32)
/// 2  time u64               5  endpoints (18 each): an address (16) and a port u16
/// 3  nonce u64              0  zeros, so that all of it has 256 bytes
/// ```
package struct WayMessage: Equatable {
    /// Who makes the offer, when, and what both are to say hello with.
    package struct Question: Equatable {
        package let peer: PeerID
        package let time: UnixTime
        package let nonce: UInt64

        package init(peer: PeerID, time: UnixTime, nonce: UInt64) {
            self.peer = peer
            self.time = time
            self.nonce = nonce
        }
    }

    package private(set) var question: Question?
    /// The key of the sender's node.
    package let key: PublicKey
    /// Where that node may be found, besides where the buddy in between sees it. At most `Limits.wayCandidates` less two, as others are
    /// learnt on the way.
    package let endpoints: [Endpoint]

    private static let size = 256
    private static let fieldHead = 5

    package init(question: Question? = nil, key: PublicKey, endpoints: [Endpoint]) {
        self.question = question
        self.key = key
        self.endpoints = Array(endpoints.prefix(Limits.wayCandidates - 2))
    }

    package var bytes: [UInt8] {
        var writer = FieldWriter()
        if let question {
            writer.bytes(1, question.peer.bytes.array)
            writer.integer(2, UInt64(clamping: question.time.seconds))
            writer.integer(3, question.nonce)
        }
        writer.bytes(4, key.bytes.array)
        writer.bytes(5, endpoints.flatMap { $0.high.bigEndianBytes + $0.low.bigEndianBytes + $0.port.bigEndianBytes })
        writer.bytes(0, [UInt8](repeating: 0, count: WayMessage.size - writer.bytes.count - WayMessage.fieldHead))
        return writer.bytes
    }

    /// Reads a message; nil where it is none. Endpoints that nothing can be sent to are left out.
    package init?(_ bytes: RawSpan) {
        var peer: PeerID?
        var (time, nonce): (UInt64?, UInt64?)
        var key: PublicKey?
        var endpoints: [Endpoint] = []
        do throws(DecodeError) {
            var reader = FieldReader(bytes)
            while let (tag, value) = try reader.next(bytes) {
                switch tag {
                case 1: peer = PeerID(try value.bytes32(bytes))
                case 2: time = try value.integer(bytes)
                case 3: nonce = try value.integer(bytes)
                case 4: key = PublicKey(try value.bytes32(bytes))
                case 5: endpoints = WayMessage.endpoints(value.copy(of: bytes).span.bytes)
                default: break
                }
            }
        } catch {
            return nil
        }
        guard let key else { return nil }
        self.init(key: key, endpoints: endpoints)
        guard let peer, let time, let nonce else { return }
        question = Question(peer: peer, time: UnixTime(seconds: Int64(clamping: time)), nonce: nonce)
    }

    private static func endpoints(_ bytes: RawSpan) -> [Endpoint] {
        stride(from: 0, through: bytes.byteCount - 18, by: 18).compactMap { offset in
            guard let high = UInt64(bigEndianBytes: bytes, at: offset),
                let low = UInt64(bigEndianBytes: bytes, at: offset + 8),
                let port = UInt16(bigEndianBytes: bytes, at: offset + 16)
            else { return nil }
            let endpoint = Endpoint(high: high, low: low, port: port)
            return endpoint.isUsable ? endpoint : nil
        }
    }
}
