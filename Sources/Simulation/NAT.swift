import Basics

/// What stands between a host and the Internet, by what it lets in (RFC 4787, §5).
///
/// Outside, the host has one address, and its ports stay what they are.
public enum NATKind: Hashable, Sendable {
    /// Only from an address and port that the host has sent to lately, from the same socket: "address and port-dependent
    /// filtering", which most home routers and mobile networks have.
    case portRestricted
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
        sentAt[Flow(socket: socket, remote: remote)] = time
    }

    func admits(from remote: Endpoint, to socket: VirtualSocket, at time: Instant) -> Bool {
        switch kind {
        case .portRestricted:
            guard let sentAt = sentAt[Flow(socket: socket, remote: remote)] else { return false }
            return time - sentAt < NAT.timeout
        }
    }
}
