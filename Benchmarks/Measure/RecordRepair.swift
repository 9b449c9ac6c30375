import NodeCore
import Simulation

/// What it costs to keep the records of people who are away, by those who hold them.
enum RecordRepair {
    static func measure(nodes: Int) {
        let (before, without) = bytes(nodes: nodes, people: 0)
        let (_, with) = bytes(nodes: nodes, people: 10)
        print("bytes/s a node, nobody ever there      \(before), \(without)")
        print("the same with records of 10 who left   \(with)")
        print("bytes/s a record, of all its holders   \((with - without) * Double(nodes) / 20)")
    }

    /// The bytes that a node sends in a second, in the first hour and in the four after the people have left.
    private static func bytes(nodes: Int, people: Int) -> (first: Double, later: Double) {
        var network = VirtualNetwork(seed: 3, suite: .cheap, configuration: NodeConfiguration(families: .ipv4))
        let relays = (0..<nodes).map { _ in network.addHost() }
        let persons = (0..<people).map { _ in network.addHost(withPerson: true) }
        for (index, host) in (relays + persons).enumerated() {
            network.start(host, bootstrap: index == 0 ? [] : [relays[0]])
            network.run(for: .milliseconds(50))
        }
        network.run(for: .seconds(900))
        for person in persons { network.crash(person) }
        nonisolated(unsafe) var sent = 0
        network.tap = { _, _, datagram in sent += datagram.count }
        network.run(for: .seconds(3_600))
        let first = sent
        network.run(for: .seconds(4 * 3_600))
        return (Double(first) / 3_600 / Double(nodes), Double(sent - first) / 14_400 / Double(nodes))
    }
}
