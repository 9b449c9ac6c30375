import Basics

/// A node as it is named in a local network (RFC 6763): a name by chance, a port, addresses, and which network it is of. Nothing
/// of it says whose it is, or outlasts the node's run.
///
/// ```
/// _roost._udp.local                PTR   4f1c…._roost._udp.local
/// 4f1c…._roost._udp.local          SRV   0 0 7337 4f1c….local
/// 4f1c…._roost._udp.local          TXT   network=90d2…
/// 4f1c….local                      A     192.168.1.17
/// ```
package struct LocalService: Hashable, Sendable {
    /// The name of all nodes' service.
    private static let service = ["_roost", "_udp", "local"].map { [UInt8]($0.utf8) }
    fileprivate static let networkKey = "network="

    /// The name of this node.
    package let instance: DnsName
    package let host: DnsName
    package let port: UInt16
    /// What tells its network from others: letters and digits.
    package let network: String
    /// Their ports are 0.
    package let addresses: [Endpoint]

    /// What is asked for.
    package static let name = DnsName(labels: service)

    /// - Parameter label: 1 to 63 letters and digits, by chance.
    init?(label: String, port: UInt16, network: String, addresses: [Endpoint]) {
        guard let instance = LocalService.name?.prefixed(by: label), let host = DnsName(label + ".local") else {
            return nil
        }
        self.init(instance: instance, host: host, port: port, network: network, addresses: addresses)
    }

    private init(instance: DnsName, host: DnsName, port: UInt16, network: String, addresses: [Endpoint]) {
        self.instance = instance
        self.host = host
        self.port = port
        self.network = network
        self.addresses = addresses
    }

    /// What others remember of it; nil where the name is too long.
    func pointer(lifetime: UInt32) -> DnsRecord? {
        LocalService.name.map { DnsRecord($0, .pointer(instance), lifetime: lifetime) }
    }

    /// The message that says all of it; with the lifetime 0, that it is over.
    func message(lifetime: UInt32) -> DnsMessage {
        let text = [UInt8]((LocalService.networkKey + network).utf8)
        let details =
            [
                DnsRecord(
                    instance, .service(priority: 0, weight: 0, port: port, target: host), lifetime: lifetime,
                    isUnique: true),
                DnsRecord(instance, .text([text]), lifetime: lifetime, isUnique: true),
            ]
            + addresses.map { DnsRecord(host, .address($0), lifetime: lifetime, isUnique: true) }
        return DnsMessage(
            isResponse: true, answers: pointer(lifetime: lifetime).map { [$0] } ?? [], additional: details)
    }

    /// Whether the bytes of a message have the label of the service or of this node in them. All that concerns it has: what else is said
    /// in a network isn't read at all.
    func mayConcern(_ message: [UInt8]) -> Bool {
        let wanted = [LocalService.service.first, host.labels.first].compactMap { $0 }
        return message.indices.contains { start in
            wanted.contains { label in
                Int(message[start]) == label.count && message.count - start > label.count
                    && zip(message[(start + 1)...], label).allSatisfy {
                        $0 == $1 || $0 | 0x20 == $1 && (0x41...0x5a).contains($0)
                    }
            }
        }
    }

    /// The services that a message says all of. A node says it in one message.
    static func services(in message: DnsMessage) -> [(service: LocalService, lifetime: UInt32)] {
        let records = message.answers + message.additional
        var found: [(service: LocalService, lifetime: UInt32)] = []
        let named = records.lazy.filter { $0.name == LocalService.name }
        for record in named.prefix(LocalLimits.nodesOfMessage) {
            guard case .pointer(let instance) = record.content,
                Array(instance.labels.dropFirst()) == LocalService.service,
                let (port, host) = records.firstService(of: instance), let network = records.network(of: instance)
            else { continue }
            let addresses = records.compactMap { record -> Endpoint? in
                guard record.name == host, case .address(let endpoint) = record.content else { return nil }
                return endpoint
            }
            let service = LocalService(
                instance: instance, host: host, port: port, network: network, addresses: addresses)
            found.append((service, record.lifetime))
        }
        return found
    }
}

extension [DnsRecord] {
    fileprivate func firstService(of instance: DnsName) -> (port: UInt16, host: DnsName)? {
        for record in self where record.name == instance {
            if case .service(_, _, let port, let host) = record.content { return (port, host) }
        }
        return nil
    }

    fileprivate func network(of instance: DnsName) -> String? {
        for record in self where record.name == instance {
            guard case .text(let strings) = record.content else { continue }
            return strings.lazy.map { String(decoding: $0, as: UTF8.self) }
                .first { $0.hasPrefix(LocalService.networkKey) }
                .map { String($0.dropFirst(LocalService.networkKey.count)) }
        }
        return nil
    }
}
