import Basics
import Discovery

/// A list of bootstrap nodes in the DNS, as a person writes it: `dns:example.org`.
///
/// Its nodes are the SRV records of `_roost._udp.example.org` (RFC 2782). A key may be named for a node, and only that key is then accepted there:
/// in a text record of the same name, as `key=KEY@HOST:PORT`.
public struct BootstrapList: Hashable, Sendable, CustomStringConvertible {
    /// The domain whose list it is.
    public let domain: String

    static let prefix = "dns:"
    private static let service = "_roost._udp."
    private static let keyField = "key="

    /// Whether a text is meant to name a list.
    package static func isMeant(_ text: String) -> Bool { text.hasPrefix(prefix) }

    /// Reads `dns:DOMAIN`. Throws `bootstrapInvalid`.
    public init(_ text: String) throws(ServiceError) {
        let domain = text.dropFirst(BootstrapList.isMeant(text) ? BootstrapList.prefix.count : 0)
        guard BootstrapList.isMeant(text), let name = DnsName(BootstrapList.service + domain),
            let host = name.hostText, host.hasPrefix(BootstrapList.service),
            BootstrapList.isDomain(host.dropFirst(BootstrapList.service.count))
        else {
            throw ServiceError(
                .bootstrapInvalid,
                "The bootstrap list \"\(text)\" has no domain after `dns:`; write dns:DOMAIN, such as dns:example.org.")
        }
        self.domain = String(host.dropFirst(BootstrapList.service.count))
    }

    /// Letters, digits, hyphens and underscores in parts between points, as names of hosts have them (RFC 1123 §2.1, RFC 8552): what else
    /// the DNS allows was never meant.
    private static func isDomain(_ text: Substring) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty
                && part.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
                    default: false
                    }
                }
        }
    }

    /// Where its records are.
    package var name: String { BootstrapList.service + domain }

    /// As `init(_:)` reads it.
    public var description: String { BootstrapList.prefix + domain }

    /// The nodes that two answers name; nil where they can't be read.
    ///
    /// - Parameters:
    ///   - services: the answer to the question for SRV records.
    ///   - texts: that for text records; nil where there are none.
    package static func addresses(
        services: [UInt8], texts: [UInt8]?, using random: inout some RandomNumberGenerator
    ) -> [BootstrapAddress]? {
        guard let entries = HostList.entries(in: services) else { return nil }
        var strings: [String] = []
        if let texts {
            guard let read = HostList.texts(in: texts) else { return nil }
            strings = read
        }
        let pinned = strings.compactMap { text -> BootstrapAddress? in
            guard text.hasPrefix(keyField) else { return nil }
            return try? BootstrapAddress(String(text.dropFirst(keyField.count)))
        }
        return HostList.drawn(from: entries, using: &random).compactMap { entry in
            let key = pinned.first { $0.host.lowercased() == entry.host && $0.port == entry.port }?.key
            return BootstrapAddress(key: key, host: entry.host, port: entry.port)
        }
    }
}
