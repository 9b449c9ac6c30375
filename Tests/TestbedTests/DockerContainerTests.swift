import Basics
import Foundation
import SimulationReport
import Testbed
import Testing

@Suite struct DockerContainerTests {
    private func json(_ text: String) throws -> JSONValue { try #require(JSONValue(parsing: Data(text.utf8))) }

    @Test func containersOfComposeAndOfASwarmAreRecognised() throws {
        let composed = try json(
            """
            {"Id": "abc", "Names": ["/roost-node-7"], "State": "running", "Labels": {"com.docker.compose.service": "node",
             "com.docker.compose.project": "roost", "com.docker.compose.container-number": "7"}}
            """)
        let one = try #require(DockerContainer(listed: composed))
        #expect(one.name == "roost-node-7" && one.service == "node" && one.project == "roost" && one.number == 7)
        #expect(one.isRunning && !one.isOfSwarm)
        let task = try json(
            """
            {"Id": "def", "Names": ["/net_node.1.x"], "State": "exited", "Labels": {"com.docker.stack.namespace": "net",
             "com.docker.swarm.service.name": "net_node"}}
            """)
        let other = try #require(DockerContainer(listed: task))
        #expect(other.service == "node" && other.project == "net" && other.isOfSwarm && !other.isRunning)
        #expect(try DockerContainer(listed: json(#"{"Id": "x", "Names": ["/redis"], "Labels": {}}"#)) == nil)
    }

    private static let inspected = """
        {"Id": "0123456789abcdef", "Config": {"Hostname": "0123456789ab", "Image": "roost", "Env": ["A=1", "ROOST_NETWORK=lab"],
          "Labels": {"com.docker.compose.service": "node"}, "Volumes": {"/var/lib/roost": {}}},
         "HostConfig": {"ReadonlyRootfs": true, "Memory": 134217728},
         "NetworkSettings": {"Networks": {
           "back": {"IPAddress": "10.0.0.5", "Aliases": ["node", "0123456789ab"]}, "front": {"IPAddress": "", "Aliases": null}}}}
        """

    /// With its limits, labels and names, but a host name of its own: what it was called after is gone.
    @Test func aTwinIsLikeTheOther() throws {
        let twin = try DockerContainer.twin(of: json(Self.inspected))
        #expect(
            twin.line == """
                {"Env": ["A=1", "ROOST_NETWORK=lab"], "Image": "roost", "Labels": {"com.docker.compose.service": "node"}, \
                "Volumes": {"/var/lib/roost": {}}, "HostConfig": {"Memory": 134217728, "ReadonlyRootfs": true}, \
                "NetworkingConfig": {"EndpointsConfig": {"back": {"Aliases": ["node"]}}}}
                """)
        let attachments = try DockerContainer.attachments(of: json(Self.inspected))
        #expect(attachments.map(\.network) == ["back", "front"] && attachments.map(\.address) == ["10.0.0.5", nil])
    }

    @Test func aNodeIsKnownByItsLastReadyLine() {
        let id = String(repeating: "a", count: 64)
        let output = "\u{1}\0\0\0\0\0\0\u{50}ready node=0 udp=x\nready node=\(id) udp=0.0.0.0:7400,[::]:7400 api=/x\n"
        let (found, port) = DockerContainer.ready(in: output)
        #expect(found == Bytes32(hex: id) && port == 7_400)
        #expect(DockerContainer.ready(in: "notice: nothing").id == nil)
    }
}
