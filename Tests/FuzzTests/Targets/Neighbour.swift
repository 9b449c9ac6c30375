import Basics
import Discovery

/// What a machine of the local network says to all, or a name server of a list: the first byte chooses whether it is one message, a script
/// of some, or an answer that is a list.
func readNeighbour(_ input: [UInt8]) throws(Finding) {
    var script = Script(input)
    let choice = script.below(3)
    if choice == 2 { return try readList(script.rest()) }
    guard choice == 1 else {
        let bytes = script.rest()
        guard let message = DnsMessage(bytes) else { return }
        let again = DnsMessage(message.bytes)
        // Of records of other types nothing is kept, and what is written may be longer without pointers.
        if let again { try expect(again.answers.count == message.answers.count, "a message reads the same") }
        return
    }
    let own = Endpoint(ipv4: 0xc0a8_0102, port: 0)
    let link = LocalLink(interface: 1, isIPv4: true, addresses: [.init(own, prefix: 24)], port: 7_337)
    var now = Instant.origin
    guard var search = LocalDiscovery(on: link, network: "00", seed: 1, now: now) else { return }
    var sent = 0
    for _ in 0..<64 {
        while let directive = search.nextDirective() {
            switch directive {
            case .send(let bytes):
                sent += 1
                try expect(DnsMessage(bytes) != nil && bytes.count < 1_400, "what is said can be read, and is short")
            case .found(let endpoints):
                try expect(endpoints.count <= LocalLimits.nodes, "neighbours are few")
                try expect(
                    endpoints.allSatisfy { $0.isUsable && ($0.ipv4 ?? 0) >> 8 == 0xc0_a801 },
                    "neighbours are in the network")
            }
        }
        let part = script.bytes(Int(script.u16() % 2_048))
        let sender = Endpoint(ipv4: 0xc0a8_0100 | UInt32(script.below(8)), port: 5_353)
        if script.below(4) == 0 {
            now = max(now, search.nextDeadline ?? now)
            search.handleDeadline(now: now)
        } else {
            search.observe(part.span.bytes, from: sender, now: now)
        }
    }
    try expect(sent <= 70, "little is said")
}

private func readList(_ answer: [UInt8]) throws(Finding) {
    _ = HostList.texts(in: answer)
    guard let entries = HostList.entries(in: answer) else { return }
    var random = SeededGenerator(seed: 1)
    let drawn = HostList.drawn(from: entries, using: &random)
    try expect(
        drawn.count == min(Set(entries.map { "\($0.host):\($0.port)" }).count, HostList.mostEntries), "each host once")
    try expect(drawn.allSatisfy { !$0.host.isEmpty && $0.port != 0 }, "a host has a name and a port")
    try expect(zip(drawn, drawn.dropFirst()).allSatisfy { $0.priority <= $1.priority }, "the first come first")
}
