import Basics
import CLibrary

/// What is asked for.
struct Options {
    /// What is sent.
    enum Kind: String, CaseIterable {
        /// Over a session with a node of this project.
        case ping, findNode, getRecord, list, fetch, deposit
        /// A new session for each, with a ping in its first datagram.
        case handshake
        /// In plaintext, to other programs: OpenDHT (MessagePack), and the BitTorrent DHT (BEP 5).
        case opendht, bittorrent
        /// To `roost-load floor`.
        case floor
    }

    var kind = Kind.ping
    var target = Endpoint(ipv4: 0x7f00_0001, port: 7_337)
    /// Requests in flight at a time.
    var window = 64
    /// Requests that are measured, and those before them that are not.
    var count = 20_000
    var warmUp = 2_000
    /// Requests a second at most; 0: no limit.
    var rate = 0
    /// All of it takes no longer.
    var seconds = 60
    /// The process whose processor time counts.
    var process: Int?
    /// Bytes of an answer of the floor.
    var answer = 1_000
    var isJSON = false
    /// Whether other targets than the loopback are allowed, as this runs in a network namespace of its own.
    var isInNamespace = false

    static let usage = """
        usage: roost-load KIND --target ADDRESS:PORT [--window N] [--count N] [--warm-up N] [--rate PER_SECOND]
                          [--seconds N] [--pid PROCESS] [--answer BYTES] [--json] [--in-namespace]
               roost-load floor-server [--answer BYTES] [--seconds N]
        KIND: \(Kind.allCases.map(\.rawValue).joined(separator: ", "))
        """

    /// Bounds, so that a slip of the hand floods nothing: see `usage`.
    private static let windows = 1...256
    private static let counts = 0...2_000_000
    private static let times = 1...600

    init(_ arguments: [String]) throws(LoadError) {
        var rest = arguments[...]
        guard let name = rest.popFirst(), let kind = Kind(rawValue: name) else { throw LoadError(Options.usage) }
        self.kind = kind
        while let option = rest.popFirst() {
            switch option {
            case "--json": isJSON = true
            case "--in-namespace": isInNamespace = true
            case "--target":
                guard let text = rest.popFirst(), let target = Endpoint(text), target.isUsable else {
                    throw LoadError("--target needs an address and a port, such as 127.0.0.1:7337.")
                }
                self.target = target
            case "--window": window = try Options.number(option, rest.popFirst(), in: Options.windows)
            case "--count": count = try Options.number(option, rest.popFirst(), in: 1...Options.counts.upperBound)
            case "--warm-up": warmUp = try Options.number(option, rest.popFirst(), in: Options.counts)
            case "--rate": rate = try Options.number(option, rest.popFirst(), in: Options.counts)
            case "--seconds": seconds = try Options.number(option, rest.popFirst(), in: Options.times)
            case "--pid": process = try Options.number(option, rest.popFirst(), in: 1...Int(Int32.max))
            case "--answer": answer = try Options.number(option, rest.popFirst(), in: 0...Limits.bodySize)
            default: throw LoadError("There is no option \(option).\n\(Options.usage)")
            }
        }
        guard target.isLoopback || isInNamespace else {
            throw LoadError(
                "\(target) is not on this machine, and load is not for others: choose a loopback address, or say "
                    + "--in-namespace where this runs in a network namespace without a way out.")
        }
    }

    private static func number(
        _ option: String, _ text: String?, in range: ClosedRange<Int>
    ) throws(LoadError) -> Int {
        guard let number = text.flatMap({ Int($0) }), range.contains(number) else {
            throw LoadError("\(option) needs a number from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }
}
