/// A domain name: labels of 1 to 63 bytes, 255 bytes in all with their lengths (RFC 1035, §2.3.4).
///
/// Letters of ASCII are held as small ones, since names that differ in these alone are the same (RFC 4343; RFC 6762, §16).
public struct DnsName: Hashable, Sendable {
    /// None of the root. An instance's label may hold any bytes (RFC 6763, §4.1.1).
    package let labels: [[UInt8]]

    /// Nil where a label or the name has another length.
    package init?(labels: [[UInt8]]) {
        let size = labels.reduce(1) { $0 + 1 + $1.count }
        guard size <= DnsLimits.name,
            labels.allSatisfy({ (1...DnsLimits.label).contains($0.count) })
        else { return nil }
        let isSmall = !labels.contains { $0.contains { (0x41...0x5a).contains($0) } }
        self.labels = isSmall ? labels : labels.map { $0.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 } }
    }

    /// Reads a name as people write it, with or without a dot at the end; nil for what is none.
    public init?(_ text: String) {
        let text = text.hasSuffix(".") ? text.dropLast() : text[...]
        self.init(labels: text.split(separator: ".", omittingEmptySubsequences: false).map { [UInt8]($0.utf8) })
    }

    /// The name of something in this domain.
    package func prefixed(by label: String) -> DnsName? { DnsName(labels: [[UInt8](label.utf8)] + labels) }

    /// The name as a host's: letters, digits, hyphens and underscores alone; nil where it has others.
    public var hostText: String? {
        let isPlain = labels.allSatisfy { label in
            label.allSatisfy {
                (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d || $0 == 0x5f
            }
        }
        return isPlain ? labels.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ".") : nil
    }

    /// The name in a message, without compression.
    var bytes: [UInt8] { labels.flatMap { [UInt8($0.count)] + $0 } + [0] }
}
