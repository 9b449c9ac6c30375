import Basics
import Wire

/// Datagrams and their bytes, by what they were for.
public struct Traffic: Sendable {
    /// What a datagram was for.
    public enum Kind: Hashable, Sendable {
        /// A handshake's first message, whatever request rides in it: 1,200 bytes.
        case initiation
        case request(RPCKind)
        case answer(RPCKind)
        /// Hellos and answers to them.
        case hello
        /// What sessions need besides: proofs of an address, cookies, hints, and answers to handshakes whose request is
        /// answered later or not at all.
        case other
    }

    /// Datagrams, and their bytes together.
    public struct Count: Hashable, Sendable {
        public var datagrams: Int
        public var bytes: Int

        public init(datagrams: Int = 0, bytes: Int = 0) { (self.datagrams, self.bytes) = (datagrams, bytes) }
    }

    /// Empty before the first datagram, so that a counter that only holds another's place allocates nothing.
    private var counts: [Count] = []
    /// Whether there is anything to drain.
    private var isEmpty = true

    /// How many places there are: as many as kinds.
    public static let placeCount = 3 + 2 * (RPCKind.allCases.count + 1)

    public init() {}

    /// Where `drain` has a kind.
    public static func place(of kind: Kind) -> Int {
        switch kind {
        case .other: 0
        case .initiation: 1
        case .hello: placeCount - 1
        case .request(let kind): 2 * Int(kind.rawValue)
        case .answer(let kind): 2 * Int(kind.rawValue) + 1
        }
    }

    public subscript(kind: Kind) -> Count { counts.isEmpty ? Count() : counts[Traffic.place(of: kind)] }

    /// Every kind there is, in a fixed order.
    public static let kinds: [Kind] =
        [.initiation, .hello, .other] + RPCKind.allCases.flatMap { [.request($0), .answer($0)] }

    /// Counts one datagram.
    package mutating func add(_ kind: Kind, bytes: Int) {
        guard bytes > 0 else { return }
        if counts.isEmpty { counts = [Count](repeating: Count(), count: Traffic.placeCount) }
        let place = Traffic.place(of: kind)
        counts[place].datagrams += 1
        counts[place].bytes += bytes
        isEmpty = false
    }

    /// The counts of both together.
    public static func + (left: Traffic, right: Traffic) -> Traffic {
        guard !left.isEmpty else { return right }
        guard !right.isEmpty else { return left }
        var sum = left
        for place in sum.counts.indices {
            sum.counts[place].datagrams += right.counts[place].datagrams
            sum.counts[place].bytes += right.counts[place].bytes
        }
        return sum
    }

    /// Hands over what was counted, and begins again from zero.
    public mutating func drain(_ body: (_ place: Int, Count) -> Void) {
        guard !isEmpty else { return }
        for place in counts.indices where counts[place].datagrams > 0 {
            body(place, counts[place])
            counts[place] = Count()
        }
        isEmpty = true
    }

    /// All kinds together.
    public var total: Count {
        counts.reduce(into: Count()) {
            $0.datagrams += $1.datagrams
            $0.bytes += $1.bytes
        }
    }
}
