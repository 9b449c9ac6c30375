import Basics

/// What machines send to addresses from which they have never heard: false contacts, nodes that are gone, and whoever others
/// name to have them flooded. In each minute of virtual time it must stay within what `Limits` allow.
///
/// Each shard has one, of its own hosts; what concerns all together is added up when a minute is over.
package struct VictimLedger {
    /// A host, and an address or an address block that it sends to.
    private struct Pair: Hashable {
        let host: UInt32
        let victim: UInt64
    }

    /// All that was sent in a minute to the blocks that hadn't agreed.
    struct Minute {
        let number: Int64
        let blocks: [UInt64: Int]
    }

    /// The most that a node sends to an address in a minute: the bucket for it, and what flows back into that in the meantime.
    package static let mostPerAddress = 2 * Limits.unansweredPerHost
    /// The same where a node in between has said lately that somebody is there who has agreed.
    package static let mostPerAttestedAddress = mostPerAddress + 2 * Limits.unansweredPerAttestedHost
    /// The same for an address block.
    package static let mostPerBlock = 2 * Limits.unansweredPerBlock
    /// The most hellos of dials to an address, at the request of whomever.
    package static let mostDials = Limits.probesPerHost * Limits.probeSends

    /// The hosts that are followed: those with lower numbers, each until it has heard from so many addresses.
    static let followedHosts: UInt32 = 1 << 13
    static let followedAddresses = 1_024

    private var heard: [UInt32: Set<UInt64>] = [:]
    private var minute: Int64 = 0
    private var addresses: [Pair: Int] = [:]
    private var dials: [Pair: Int] = [:]
    private var blocks: [Pair: Int] = [:]
    /// Until when somebody is said to be there.
    private var attested: [Pair: Instant] = [:]
    private var closed: [Minute] = []
    /// Datagrams to such addresses, and the most of one node to one address in a minute.
    package private(set) var sent = 0
    package private(set) var mostOfOne = 0
    package private(set) var findings = CheckFindings()

    package init() {}

    /// A host sends something. `isDial`: from the socket for dials.
    package mutating func send(from host: HostID, to remote: Endpoint, isDial: Bool, at time: Instant) {
        let now = Int64(time.sinceOrigin.components.seconds) / 60
        if now != minute { close(now) }
        let number = UInt32(host.index)
        let address = VictimLedger.address(remote)
        guard number < VictimLedger.followedHosts, heard[number]?.contains(address) != true,
            (heard[number]?.count ?? 0) < VictimLedger.followedAddresses
        else { return }
        sent += 1
        let pair = Pair(host: number, victim: address)
        if isDial {
            VictimLedger.check(&dials[pair, default: 0], VictimLedger.mostDials, "dials", host, remote.host, &findings)
            return
        }
        let isAttested = attested[pair].map { time < $0 } ?? false
        VictimLedger.check(
            &addresses[pair, default: 0],
            isAttested ? VictimLedger.mostPerAttestedAddress : VictimLedger.mostPerAddress, "datagrams", host,
            remote.host, &findings)
        mostOfOne = max(mostOfOne, addresses[pair] ?? 0)
        guard !remote.isLocal else { return }
        let block = Pair(host: number, victim: remote.block)
        VictimLedger.check(
            &blocks[block, default: 0], VictimLedger.mostPerBlock, "datagrams", host, "the block of \(remote.host)",
            &findings)
    }

    /// A host is told by a node in between that somebody is at an address who has agreed to a way.
    package mutating func attest(_ remote: Endpoint, to host: HostID, at time: Instant) {
        guard UInt32(host.index) < VictimLedger.followedHosts else { return }
        // What was sent just before counts in the same minute.
        attested[Pair(host: UInt32(host.index), victim: VictimLedger.address(remote))] =
            time + Limits.attestationTime + .seconds(60)
    }

    /// A host hears from an address: whoever is there takes part.
    package mutating func hear(_ host: HostID, from remote: Endpoint) {
        let (number, address) = (UInt32(host.index), VictimLedger.address(remote))
        guard number < VictimLedger.followedHosts,
            (heard[number]?.count ?? 0) < VictimLedger.followedAddresses
        else { return }
        if heard[number, default: []].insert(address).inserted { addresses[Pair(host: number, victim: address)] = nil }
    }

    /// A node begins anew with its program, and remembers nothing: it may send as much again.
    package mutating func startOver(_ host: HostID) {
        let number = UInt32(host.index)
        addresses = addresses.filter { $0.key.host != number }
        dials = dials.filter { $0.key.host != number }
        blocks = blocks.filter { $0.key.host != number }
    }

    /// Hands over the minutes that are over.
    mutating func drain() -> [Minute] {
        defer { closed = [] }
        return closed
    }

    private mutating func close(_ now: Int64) {
        var all: [UInt64: Int] = [:]
        for (pair, count) in blocks { all[pair.victim, default: 0] += count }
        if !all.isEmpty { closed.append(Minute(number: minute, blocks: all)) }
        (minute, addresses, blocks) = (now, [:], [:])
        attested = attested.filter { $0.value.sinceOrigin.components.seconds >= now * 60 }
        // Dials are bounded over two minutes.
        if now % 2 == 0 { dials = [:] }
    }

    private static func check(
        _ count: inout Int, _ most: Int, _ what: String, _ host: HostID, _ victim: @autoclosure () -> String,
        _ findings: inout CheckFindings
    ) {
        count += 1
        guard count == most + 1 else { return }
        findings.add(
            "Host \(host.index) sent more than \(most) \(what) in a minute to \(victim()), from where it has never heard."
        )
    }

    /// An address without its port, in a word.
    private static func address(_ endpoint: Endpoint) -> UInt64 {
        endpoint.ipv4.map { UInt64($0) } ?? (endpoint.high ^ endpoint.low &* 0x9e37_79b9_7f4a_7c15 | 1 << 63)
    }
}

/// What all machines together sent to one address block in a minute.
struct VictimFlood {
    /// The minutes of which not all shards may have told yet.
    private var minutes: [Int64: [UInt64: Int]] = [:]
    /// The most that one block got in a minute, from all.
    private(set) var most = 0
    private static let kept = 8

    mutating func add(_ minute: VictimLedger.Minute) {
        for (block, count) in minute.blocks {
            let sum = (minutes[minute.number]?[block] ?? 0) + count
            minutes[minute.number, default: [:]][block] = sum
            most = max(most, sum)
        }
        // Whoever is silent for minutes tells of an earlier one late: that is looked at for itself.
        if minutes.count > VictimFlood.kept, let oldest = minutes.keys.min() { minutes[oldest] = nil }
    }
}
