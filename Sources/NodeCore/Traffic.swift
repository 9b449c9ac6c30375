import Basics
import Wire

/// What nodes sent, by what it was for: datagrams and bytes.
public struct Traffic: Sendable {
    /// What a datagram was for.
    public enum Kind: Hashable, Sendable {
        /// A handshake's first message, whatever request rides in it: 1,200 bytes.
        case initiation
        case request(RPCKind)
        case answer(RPCKind)
        /// Hellos and answers to them.
        case hello
        /// What sessions need besides, and what waited behind a handshake.
        case other
    }

    /// Datagrams, and their bytes together.
    public struct Count: Hashable, Sendable {
        public var datagrams = 0
        public var bytes = 0
    }

    private var counts = [Count](repeating: Count(), count: Traffic.placeCount)
    /// Whether there is anything to take.
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

    public subscript(kind: Kind) -> Count { counts[Traffic.place(of: kind)] }

    /// Every kind there is, in a fixed order.
    public static let kinds: [Kind] =
        [.initiation, .hello, .other] + RPCKind.allCases.flatMap { [.request($0), .answer($0)] }

    mutating func note(_ kind: Kind, bytes: Int) {
        guard bytes > 0 else { return }
        let place = Traffic.place(of: kind)
        counts[place].datagrams += 1
        counts[place].bytes += bytes
        isEmpty = false
    }

    /// Takes back the count of a datagram that didn't leave after all.
    mutating func withdraw(place: Int, bytes: Int) {
        guard counts.indices.contains(place), counts[place].datagrams > 0 else { return }
        counts[place].datagrams -= 1
        counts[place].bytes -= bytes
    }

    /// Adds what was counted elsewhere, and resets that.
    public mutating func take(_ other: inout Traffic) {
        guard !other.isEmpty else { return }
        for place in counts.indices where other.counts[place].datagrams > 0 {
            counts[place].datagrams += other.counts[place].datagrams
            counts[place].bytes += other.counts[place].bytes
            other.counts[place] = Count()
        }
        other.isEmpty = true
    }

    /// Hands over what was counted, and forgets it.
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
