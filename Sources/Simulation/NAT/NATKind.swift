import Basics

/// What stands between hosts and the network outside, by what it does, in the terms of RFC 4787.
public struct NATKind: Hashable, Sendable {
    /// When two datagrams of one inner address and port leave from the same outer port (RFC 4787, §4.1).
    public enum Mapping: String, Hashable, Sendable, CaseIterable {
        /// Nothing is mapped: addresses and ports stay as they are. With filtering it is a firewall.
        case none
        /// Always: "endpoint-independent mapping".
        case independent
        /// If they go to the same address: "address-dependent mapping".
        case addressDependent
        /// If they go to the same address and port: "address and port-dependent mapping".
        case endpointDependent
    }

    /// From where datagrams are let in (RFC 4787, §5).
    public enum Filtering: String, Hashable, Sendable, CaseIterable {
        /// From anywhere, while there is a mapping: "endpoint-independent filtering".
        case none
        /// From any port of an address that was sent to lately: "address-dependent filtering".
        case address
        /// From an address and port that was sent to lately: "address and port-dependent filtering".
        case endpoint
    }

    /// Which outer port a new mapping gets (RFC 4787, §4.2).
    public enum Ports: Hashable, Sendable {
        /// The inner one where it is free, else any.
        case preserving
        /// Any, by chance.
        case random
        /// The last one given and so many more: 1 to 1,024.
        case step(Int)
    }

    public var mapping: Mapping
    public var filtering: Filtering
    public var ports: Ports
    /// How long what was sent to a remote is remembered after the last datagram, while nothing has come from there, and once
    /// something has. Linux: 30 s and 120 s (`nf_conntrack_udp_timeout`, and the same for streams).
    public var unanswered = Duration.seconds(30)
    public var answered = Duration.seconds(120)
    /// After so long a mapping ends, however much it is used; nil: never.
    public var absolute: Duration?
    /// Whether what comes in counts as use (RFC 4787, REQ-6: it may).
    public var isRefreshedByInput = true
    /// Whether hosts behind it reach each other by its outer address (RFC 4787, REQ-9).
    public var hairpins = false
    /// Whether a datagram that it doesn't let in blocks its port for where that came from: for as long as something unanswered
    /// is remembered, nothing comes in from there, even if the host then sends there.
    public var blocksUnsolicited = false
    /// Whether it is a carrier's: customers share it, and each has a home NAT of the kind `port` behind it.
    public var isCarriers = false

    public init(mapping: Mapping, filtering: Filtering, ports: Ports = .preserving) {
        (self.mapping, self.filtering, self.ports) = (mapping, filtering, ports)
    }

    /// Whether it changes addresses and ports.
    var translates: Bool { mapping != .none }

    /// Whether strangers can't reach who is behind it: it lets in only what was sent to, or nobody can tell others at what
    /// port it would.
    public var hidesFromStrangers: Bool {
        filtering != .none || mapping == .addressDependent || mapping == .endpointDependent || isCarriers
    }
}

extension NATKind {
    /// Nothing: anybody can reach the host.
    public static let open = NATKind(mapping: .none, filtering: .none)
    /// "Full cone".
    public static let full = NATKind(mapping: .independent, filtering: .none)
    /// "Restricted cone".
    public static let address = NATKind(mapping: .independent, filtering: .address)
    /// "Port-restricted cone", as most home routers are.
    public static let port = NATKind(mapping: .independent, filtering: .endpoint)
    /// "Symmetric": another port for each remote.
    public static let symmetric = NATKind(mapping: .endpointDependent, filtering: .endpoint, ports: .random)
    /// A carrier's. RFC 6888 wants hairpinning and mapping independent of endpoints; 65 s is the median of mobile carriers
    /// (Richter et al., "A Multi-perspective Analysis of Carrier-Grade NAT Deployment", IMC 2016, §6.3).
    public static let carrier: NATKind = {
        var kind = NATKind(mapping: .independent, filtering: .endpoint, ports: .random)
        (kind.answered, kind.hairpins, kind.isCarriers) = (.seconds(65), true, true)
        return kind
    }()
    /// A stateful firewall without translation, as before IPv6 hosts at home.
    public static let firewall = NATKind(mapping: .none, filtering: .endpoint)
    /// What hidden nodes are behind unless a scenario says otherwise: a filter that keeps addresses and ports, lets in from where
    /// the host has sent to within two minutes, the shortest that RFC 4787 allows (REQ-5), and doesn't count input as use.
    public static let portRestricted = filter(.endpoint)
    /// The same from any port of such an address.
    public static let addressRestricted = filter(.address)

    private static func filter(_ filtering: Filtering) -> NATKind {
        var kind = NATKind(mapping: .none, filtering: filtering)
        (kind.unanswered, kind.isRefreshedByInput) = (kind.answered, false)
        return kind
    }

    /// The usual kinds, by the names that scenario files have for them.
    public static let usual: [(name: String, kind: NATKind)] = [
        ("none", .open), ("full", .full), ("address", .address), ("port", .port), ("symmetric", .symmetric),
        ("carrier", .carrier), ("firewall", .firewall), ("portRestricted", .portRestricted),
        ("addressRestricted", .addressRestricted),
    ]

    /// The usual kind of a name; nil where there is none.
    public init?(named name: String) {
        guard let kind = NATKind.usual.first(where: { $0.name == name })?.kind else { return nil }
        self = kind
    }

    /// Its name, where it is a usual kind.
    public var name: String? { NATKind.usual.first { $0.kind == self }?.name }

    /// What is wrong with it, as a sentence; nil: nothing.
    public var problem: String? {
        if case .step(let step) = ports, !(1...1_024).contains(step) {
            return "A NAT's ports go up by 1 to 1,024 at a time, not by \(step)."
        }
        let lifetimes = Duration.seconds(1)...Duration.seconds(86_400)
        if ![unanswered, answered, absolute ?? answered].allSatisfy(lifetimes.contains) {
            return "What a NAT remembers lasts from a second to a day."
        }
        if isCarriers, mapping == .none { return "A carrier's NAT maps addresses: its mapping is not none." }
        return nil
    }
}
