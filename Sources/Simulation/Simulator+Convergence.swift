import Basics
import Cryptography
import NodeCore
import Storage

/// How alike the buddies of mailboxes are: of each mailbox the k closest of all nodes that are up and can be reached.
public struct ConvergenceFigures: Hashable, Sendable {
    /// Mailboxes of which any of their buddies keeps something.
    public var mailboxes = 0
    /// Of these, those of which all buddies keep the same.
    public var alike = 0
    /// Envelopes and tombstones that any buddy of a mailbox keeps, each as often as it has buddies, and how many there are.
    public var wanted = 0
    public var held = 0

    public init() {}

    /// The share of all copies that there would be if all buddies kept the same; nil where there is nothing to keep.
    public var share: Double? { wanted > 0 ? Double(held) / Double(wanted) : nil }
}

extension Simulator {
    /// People whose mailboxes are compared: each costs a search of all nodes.
    private static let mailboxesCompared = 50

    /// Compares what buddies keep now. What is promised is less: a node that comes closer later gets nothing of what is there
    /// already, and one that was away hears of no tombstone.
    var convergence: ConvergenceFigures {
        var figures = ConvergenceFigures()
        let living = (roster.hosts + people.filter { network.isUp($0) }).filter { !network.isHidden($0) }
        let epoch = network.now.utc.epoch
        for person in people.prefix(Simulator.mailboxesCompared) {
            for epoch in [epoch, epoch.advanced(by: -1)] {
                guard
                    let location = network.peerID(person)?.blindedKey(
                        for: .mailbox, epoch: epoch, suite: scenario.suite)?.location
                else { continue }
                let closest = living.sorted {
                    network.nodeID($0).distance(to: location.bytes) < network.nodeID($1).distance(to: location.bytes)
                }
                add(closest.prefix(scenario.bucketSize).map { kept(of: location, by: $0) }, to: &figures)
            }
        }
        return figures
    }

    private func add(_ kept: [Set<[UInt8]>], to figures: inout ConvergenceFigures) {
        let all = kept.reduce(into: Set()) { $0.formUnion($1) }
        guard !all.isEmpty else { return }
        figures.mailboxes += 1
        if kept.allSatisfy({ $0 == all }) { figures.alike += 1 }
        figures.wanted += kept.count * all.count
        figures.held += kept.reduce(0) { $0 + $1.count }
    }

    /// What a machine keeps of a mailbox: a letter for the table, and the key.
    private func kept(of location: Location, by host: HostID) -> Set<[UInt8]> {
        var kept: Set<[UInt8]> = []
        for (letter, table) in [(UInt8(ascii: "e"), Table.envelopes), (UInt8(ascii: "t"), .tombstones)] {
            network.disk(host).scan(table, prefix: location.bytes.array, after: nil) { key, _ in
                kept.insert([letter] + key.withUnsafeBytes { [UInt8]($0) })
                return true
            }
        }
        return kept
    }
}
