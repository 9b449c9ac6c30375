import Basics
import Kademlia
import NodeCore
import Simulation

/// How far a node's estimate of the network's size is off.
enum SizeEstimate {
    /// Ideal lookups of 32 random points, each of which finds the 3 closest.
    static func measure(nodes: Int) {
        var generator = SeededGenerator(seed: UInt64(nodes))
        let runs = max(20, 200_000 / nodes)
        var errors: [Double] = []
        for _ in 0..<runs {
            let ids = (1..<nodes).map { _ in NodeID(generator.bytes32()) }
            var size = NetworkSize()
            for _ in 0..<32 {
                let target = generator.bytes32()
                size.observe(closest(3, to: target, of: ids), wanted: 3, to: target)
            }
            if let estimate = size.estimate { errors.append(Double(estimate - nodes) / Double(nodes)) }
        }
        print("\(nodes) nodes, ideal lookups: \(summary(errors)), \(runs) runs")
    }

    /// The estimates of real nodes, an hour after they joined a virtual network.
    static func measureLive(nodes: Int) {
        var network = VirtualNetwork(seed: 3, suite: .cheap, configuration: NodeConfiguration(families: .ipv4))
        let hosts = (0..<nodes).map { _ in network.addHost() }
        for (index, host) in hosts.enumerated() {
            network.start(host, bootstrap: index == 0 ? [] : [hosts[0]])
            network.run(for: .milliseconds(50))
        }
        network.run(for: .seconds(3_600))
        let errors = hosts.compactMap { network.node($0).status.networkSize }
            .map { Double($0 - nodes) / Double(nodes) }
        print("\(nodes) nodes, an hour after joining: \(summary(errors)), \(errors.count) estimates")
    }

    private static func closest(_ count: Int, to target: Bytes32, of ids: [NodeID]) -> [NodeID] {
        var best: [NodeID] = []
        for id in ids {
            if best.count == count, !(id.distance(to: target) < best[count - 1].distance(to: target)) { continue }
            let place = best.firstIndex { id.distance(to: target) < $0.distance(to: target) } ?? best.count
            best.insert(id, at: place)
            if best.count > count { best.removeLast() }
        }
        return best
    }

    private static func summary(_ errors: [Double]) -> String {
        let mean = errors.reduce(0, +) / Double(max(1, errors.count))
        let sizes = errors.map(abs).sorted()
        guard !sizes.isEmpty else { return "no estimate" }
        return "half are within \(percent(sizes[sizes.count / 2])), nine in ten within "
            + "\(percent(sizes[sizes.count * 9 / 10])), bias \(percent(mean))"
    }

    private static func percent(_ share: Double) -> String { "\(Double(Int(share * 1_000)) / 10) %" }
}
