import Basics
import Simulation

/// The relaying nodes of a run, be they processes or containers. Each has a place, numbered from 0; in a place one node
/// follows the other.
package protocol Fleet: Sendable {
    /// What it consists of, for the report.
    var kind: TestbedKind { get }

    /// Brings that many nodes up, and returns once all have joined. `joined` is told how many are up.
    func form(_ count: Int, joined: @escaping @Sendable (Int) -> Void) async throws(TestbedError)

    /// Ends a node without a word. Its disk stays.
    func kill(_ place: Int) async
    /// Brings a killed node back, or, where its disk is lost, one with new keys at the same address.
    func revive(_ place: Int, keepingDisk: Bool, bootstrap: [String]) async throws(TestbedError)
    /// Ends a node if it runs, and has a new one with new keys in its place.
    func replace(_ place: Int, bootstrap: [String]) async throws(TestbedError)

    /// What is known of each place.
    func nodes() async -> [FleetNode]
    /// Nodes that ended without being told to: a sentence each.
    func unexpectedEnds() async -> [String]
    /// What each running node occupies in bytes, as far as the system tells.
    func residentBytes() async -> [Int]
    /// What each running node has sent since it started, as far as it tells.
    func traffic() async -> [TrafficBook.Reading]

    /// Cuts the nodes at these places and these people off from all others; tells by what, or nil where it can't.
    func cutOff(_ places: [Int], people: [Person]) async -> String?
    func reconnect(people: [Person]) async
    /// From now on the datagrams of all take as long and are as often lost; tells by what each of the two was done.
    func shape(_ link: LinkModel) async -> (loss: String?, latency: String?)
    /// No more of that.
    func unshape() async
    /// Makes these places reachable only for nodes that they have sent to; tells by what, or nil where it can't.
    func hide(_ places: [Int]) async -> String?

    /// Makes a person's node, which is always a process of this machine.
    func daemon(named name: String) async -> Daemon

    /// Ends everything, and leaves nothing behind.
    func end() async
}

/// A relaying node, as far as it is known.
public struct FleetNode: Sendable {
    /// Nil where it isn't known.
    public var id: Bytes32?
    /// Where others reach it.
    public var endpoint: String?
    public var isUp: Bool

    public init(id: Bytes32?, endpoint: String?, isUp: Bool) {
        self.id = id
        self.endpoint = endpoint
        self.isUp = isUp
    }
}

/// What the nodes of a run are.
public enum TestbedKind: String, Sendable {
    case processes, containers
}
