import Basics

/// What stands between a host and the Internet, by what it lets in (RFC 4787, §5).
///
/// Outside, the host has one address, and its ports stay what they are.
public enum NATKind: String, Hashable, Sendable, CaseIterable {
    /// Only from an address and port that the host has sent to lately, from the same socket: "address and port-dependent
    /// filtering", which most home routers and mobile networks have.
    case portRestricted
    /// From any port of an address that the host has sent to lately, from the same socket: "address-dependent filtering".
    case addressRestricted
}

/// The NAT in front of one host, and what it remembers.
struct NAT {
    private struct Flow: Hashable {
        let socket: VirtualSocket
        let remote: Endpoint
    }

    let kind: NATKind
    private var sentAt: [Flow: Instant] = [:]

    /// How long a hole stays open after the host last sent through it: the shortest that RFC 4787 allows (REQ-5).
    private static let timeout = Duration.seconds(120)

    init(_ kind: NATKind) { self.kind = kind }

    mutating func recordSent(from socket: VirtualSocket, to remote: Endpoint, at time: Instant) {
        sentAt[Flow(socket: socket, remote: filtered(remote))] = time
    }

    func admits(from remote: Endpoint, to socket: VirtualSocket, at time: Instant) -> Bool {
        guard let sentAt = sentAt[Flow(socket: socket, remote: filtered(remote))] else { return false }
        return time - sentAt < NAT.timeout
    }

    /// What it looks at of where a datagram goes to or comes from.
    private func filtered(_ remote: Endpoint) -> Endpoint {
        switch kind {
        case .portRestricted: remote
        case .addressRestricted: remote.with(port: 0)
        }
    }
}
