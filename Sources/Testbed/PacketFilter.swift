import Simulation

/// Loss, cuts and closed doors between addresses of this run: a table of nftables, and netem where the kernel has it. Only to
/// be used in a network namespace of one's own, with which both end.
struct PacketFilter: Sendable {
    private static let table = "inet roost_scenario"
    /// Of how many datagrams a share is told.
    private static let precision = 100_000

    private let lifeline: Lifeline

    /// Nil where it can't be made.
    init?(lifeline: Lifeline) async {
        self.lifeline = lifeline
        // In the input hook a datagram vanishes after it was sent, as it does on the way; in the output hook its sender would
        // be told.
        let rules = [
            "add table \(PacketFilter.table)",
            "add set \(PacketFilter.table) apart { type ipv4_addr; }",
            "add set \(PacketFilter.table) hidden { type ipv4_addr; }",
            "add chain \(PacketFilter.table) loss",
            "add chain \(PacketFilter.table) input { type filter hook input priority 0; policy accept; }",
            "add rule \(PacketFilter.table) input ip saddr @apart ip daddr != @apart meta l4proto udp drop",
            "add rule \(PacketFilter.table) input ip saddr != @apart ip daddr @apart meta l4proto udp drop",
            "add rule \(PacketFilter.table) input meta l4proto udp jump loss",
        ]
        for rule in rules where await nft(rule) != nil { return nil }
    }

    /// Cuts these addresses off from all others, not from each other.
    func cutOff(_ addresses: [String]) async -> Bool {
        guard !addresses.isEmpty else { return true }
        return await nft("add element \(PacketFilter.table) apart { \(addresses.joined(separator: ", ")) }") == nil
    }

    func reconnect() async { _ = await nft("flush set \(PacketFilter.table) apart") }

    /// From now on this share of all datagrams is lost.
    func lose(_ share: Double) async -> Bool {
        if share == 0 { return await nft("flush chain \(PacketFilter.table) loss") == nil }
        let lost = Int(share * Double(PacketFilter.precision))
        return await nft(
            "add rule \(PacketFilter.table) loss numgen random mod \(PacketFilter.precision) < \(lost) drop") == nil
    }

    /// These addresses are reached only by addresses that they have sent to before, as behind a router: by connection
    /// tracking.
    func hide(_ addresses: [String]) async -> Bool {
        guard !addresses.isEmpty else { return true }
        if await nft("list chain \(PacketFilter.table) hiding") != nil {
            guard await nft("add chain \(PacketFilter.table) hiding") == nil,
                await nft("add rule \(PacketFilter.table) hiding ip daddr @hidden ct state new drop") == nil,
                await nft("add rule \(PacketFilter.table) input meta l4proto udp jump hiding") == nil
            else { return false }
        }
        return await nft("add element \(PacketFilter.table) hidden { \(addresses.joined(separator: ", ")) }") == nil
    }

    /// Delays and duplicates by netem, on average as the link's; false where the kernel has none.
    func delay(_ link: LinkModel) async -> Bool {
        let (shortest, longest) = (link.latency.lowerBound, link.latency.upperBound)
        func microseconds(_ duration: Duration) -> String { "\(Int(duration / .microseconds(1)))us" }
        var arguments = ["qdisc", "add", "dev", "lo", "root", "netem", "limit", "100000", "delay"]
        arguments += [microseconds((shortest + longest) / 2), microseconds((longest - shortest) / 2)]
        if link.duplication > 0 { arguments += ["duplicate", "\(link.duplication * 100)%"] }
        return await Tool.run("tc", arguments, lifeline: lifeline) == nil
    }

    private func nft(_ command: String) async -> String? { await Tool.run("nft", [command], lifeline: lifeline) }
}
