import Platform
import Simulation
import SimulationReport
import Testbed

/// Whether this machine can run so many nodes.
enum ScenarioCapacity {
    /// More would only test how slow this machine gets: `roost sim` can have as many as one likes.
    private static let maximumProcesses = 2_000

    /// Containers are made elsewhere: with them, only the people's nodes count.
    static func check(_ scenario: Scenario, nodesAreOurs: Bool) throws(Failure) {
        let count = (nodesAreOurs ? scenario.nodes : 0) + scenario.peers
        let people = Readable.plural(scenario.peers, "person", "people")
        let who = nodesAreOurs ? "\(Readable.plural(scenario.nodes, "node")) and \(people)" : people
        guard count <= maximumProcesses else {
            throw Failure(
                .usage,
                "\(who) are more than \(Readable.count(maximumProcesses)) processes: take fewer, or `roost sim`.")
        }
        let needed = count * ProcessFleet.bytesPerNode
        if let available = SimMemory.available(), needed > available {
            throw Failure(
                .usage,
                "\(who) take about \(Readable.bytes(Double(needed))) of memory, and \(Readable.bytes(Double(available))) "
                    + "are available: take fewer with --nodes and --peers, or --force it.")
        }
        #if os(Linux)
            var limit = rlimit()
            let threads = count * ProcessFleet.threadsPerNode
            if getuid() != 0, getrlimit(__rlimit_resource_t(__RLIMIT_NPROC.rawValue), &limit) == 0,
                limit.rlim_cur < threads
            {
                throw Failure(
                    .usage,
                    "\(who) have about \(Readable.count(threads)) threads, and this user may have "
                        + "\(Readable.count(Int(limit.rlim_cur))) (ulimit -u): take fewer with --nodes, or --force it.")
            }
        #endif
    }
}
