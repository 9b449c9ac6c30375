import Basics
import Cryptography
import Exchange
import NodeCore
import PeerCore
import Station
import Storage

/// Names a host of a virtual network: how many hosts were there before it. A name is never used again.
public struct HostID: Hashable, Comparable, Sendable {
    public let index: Int
    package init(index: Int) { self.index = index }
    public static func < (left: HostID, right: HostID) -> Bool { left.index < right.index }
}

/// Writes that are on their way to a virtual disk.
struct CommitUnderWay {
    /// Which run of its host they belong to: a crash drops what was under way.
    let incarnation: Int
    let group: [WriteBatch]
}

/// A machine of a virtual network: the production `Station`, with the agent of a person if it is a person's machine.
/// Its disk survives crashes, and its clock may be wrong.
struct VirtualHost {
    static let port: UInt16 = 7_337
    /// The port of the socket that sends probes.
    static let probePort: UInt16 = 17_337
    /// A machine reads its sockets at multiples of this, in nanoseconds: what comes between two of them is one turn of its
    /// station, as under load it is behind real sockets.
    private static let readingInterval: Int64 = 100_000
    /// The most datagrams of one turn: as many as are read from real sockets before others have their turn.
    static let turnSize = 256
    /// How long a commit takes on a healthy disk.
    static let commitDelay = Duration.milliseconds(3)

    let id: HostID
    /// What its node is started with.
    var configuration: NodeConfiguration
    /// What its system says of its network at the start, where it says anything.
    let network: NetworkState?
    /// Stands in front of its IPv6 address, or nil where anybody can reach that.
    var firewall: Firewall?
    /// Datagrams sent by this host for which it has no route.
    var unroutable = 0
    /// The same of its IPv4 address.
    var filter: Firewall?
    /// The NAT that it is behind, and its address there; nil: it has an address on the Internet.
    var home: NAT?
    var innerAddress: UInt32 = 0
    let secret: SecretKey
    var profile: ProfileKey?
    var disk: MemoryStore
    /// What runs there, or ran last.
    var station: Station
    var isUp = false
    var incarnation = 0
    /// How much the host's civil clock is ahead of the true one.
    var clockSkew: Int64 = 0
    /// What waits for the disk.
    var commits = CommitQueue()
    /// How long a commit takes.
    var commitDelay = VirtualHost.commitDelay
    /// Lies in the node's place.
    var liar: Liar?
    /// Whether commits fail, as on a full disk.
    var isDiskFull = false
    /// What else is wrong with it; nil: nothing.
    var ailment: Ailment?
    /// The wake-up that is scheduled, in nanoseconds, to tell it from those that were superseded.
    var wakeUpAt: Int64?
    /// What it sends through, or nil where nothing holds it back.
    var uplink: Uplink?
    /// Draws for the datagrams that this host sends.
    var linkGenerator: SeededGenerator
    var sequence: UInt64 = 0
    /// What the person was told, and the answers to operators' commands, unless the network collects the news.
    var notices: [PeerNotice] = []
    var answers: [NodeEvent] = []
    var startedAt = Instant.origin
    var bytesSent = 0
    var datagramsSent = 0
    /// Draws the seed of each run of the node, and of the person's side.
    var incarnations: Chance
    /// Of all that happened here.
    var trace = TraceHash()
    /// What it has counted under each key, where that is followed.
    var counters: SessionCounters

    /// When datagrams are read that arrive at a time, both in nanoseconds.
    static func reading(after instant: Int64) -> Int64 {
        let step = readingInterval
        return (instant + step - 1) / step * step
    }

    /// The socket that listens at an endpoint of this host's address.
    static func socket(at endpoint: Endpoint, main: UInt16) -> VirtualSocket? {
        let isMain = endpoint.port == main
        guard isMain || endpoint.port == VirtualHost.probePort else { return nil }
        return (isMain ? VirtualSocket.main : .probe).over(endpoint.family)
    }

    mutating func changeAilment(_ change: (inout Ailment) -> Void) {
        var changed = ailment ?? Ailment()
        change(&changed)
        ailment = changed.isNothing ? nil : changed
    }
}

/// One of the sockets of a virtual host: two for each address family.
package enum VirtualSocket: UInt8, Hashable {
    /// What others know it by.
    case main
    /// What it sends probes from.
    case probe
    case mainIPv6
    case probeIPv6

    var isIPv6: Bool { self == .mainIPv6 || self == .probeIPv6 }
    var isProbe: Bool { self == .probe || self == .probeIPv6 }

    /// The socket for the same purpose and an address family.
    func over(_ family: AddressFamilies) -> VirtualSocket {
        isProbe ? (family == .ipv6 ? .probeIPv6 : .probe) : (family == .ipv6 ? .mainIPv6 : .main)
    }
}
