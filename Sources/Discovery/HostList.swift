import Basics

/// A list of hosts in the DNS: SRV records of a service (RFC 2782), as a resolver answers with them.
public enum HostList {
    /// A host of a list.
    public struct Entry: Hashable, Sendable {
        /// A name, as it stands in the DNS.
        public let host: String
        /// 1…65535.
        public let port: UInt16
        /// Lower ones are asked first.
        public let priority: UInt16
        /// Among those of one priority, how often it is asked before the others.
        public let weight: UInt16

        public init(host: String, port: UInt16, priority: UInt16 = 0, weight: UInt16 = 0) {
            self.host = host
            self.port = port
            self.priority = priority
            self.weight = weight
        }
    }

    /// Hosts of a list that are used: one that answers suffices, and no list can have a node ask a crowd.
    public static let mostEntries = 8

    /// The hosts of an answer, in no order; nil where it can't be read.
    public static func entries(in answer: [UInt8]) -> [Entry]? {
        DnsMessage(answer)?.answers.compactMap { record in
            guard case .service(let priority, let weight, let port, let target) = record.content, port != 0,
                // The root says that there is no such service (RFC 2782).
                let host = target.hostText, !host.isEmpty
            else { return nil }
            return Entry(host: host, port: port, priority: priority, weight: weight)
        }
    }

    /// The strings of an answer's text records; nil where it can't be read. Those that are not UTF-8 are left out.
    public static func texts(in answer: [UInt8]) -> [String]? {
        DnsMessage(answer)?.answers.flatMap { record -> [String] in
            guard case .text(let strings) = record.content else { return [] }
            return strings.compactMap { String(validating: $0, as: UTF8.self) }
        }
    }

    /// The hosts to ask, each once: by priority, and within one by weight and chance (RFC 2782).
    public static func drawn(from entries: [Entry], using random: inout some RandomNumberGenerator) -> [Entry] {
        var left = entries.reduce(into: [Entry]()) { unique, entry in
            if !unique.contains(where: { $0.host == entry.host && $0.port == entry.port }) { unique.append(entry) }
        }
        var drawn: [Entry] = []
        while drawn.count < mostEntries, let priority = left.map(\.priority).min() {
            let candidates = left.filter { $0.priority == priority }
            // Those of weight 0 have a small chance as well.
            var ticket = Int.random(in: 0..<candidates.reduce(0) { $0 + Int($1.weight) + 1 }, using: &random)
            let next = candidates.first { entry in
                ticket -= Int(entry.weight) + 1
                return ticket < 0
            }
            guard let next else { break }
            drawn.append(next)
            left.removeAll { $0 == next }
        }
        return drawn
    }
}
