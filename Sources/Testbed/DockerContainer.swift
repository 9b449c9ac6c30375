import Basics
import SimulationReport

/// A container of a service, as Compose or a Swarm made it.
package struct DockerContainer: Sendable, Equatable {
    package let id: String
    package let name: String
    package let service: String
    /// Compose's project, or the Swarm's stack; empty where there is none.
    package let project: String
    /// Its number within the service; zero where it has none.
    package let number: Int
    package let isRunning: Bool
    /// Whether a Swarm looks after it, and puts another in its place when it ends.
    package let isOfSwarm: Bool

    /// Reads an entry of the engine's list; nil for a container of no service.
    package init?(listed entry: JSONValue) {
        guard let id = entry["Id"]?.text, let labels = entry["Labels"] else { return nil }
        self.id = id
        name = String((entry["Names"]?.elements.first?.text ?? id).drop { $0 == "/" })
        isRunning = entry["State"]?.text == "running"
        if let service = labels["com.docker.compose.service"]?.text {
            self.service = service
            project = labels["com.docker.compose.project"]?.text ?? ""
            number = labels["com.docker.compose.container-number"]?.text.flatMap { Int($0) } ?? 0
            isOfSwarm = false
        } else if let service = labels["com.docker.swarm.service.name"]?.text {
            // A stack's services are called STACK_SERVICE.
            let stack = labels["com.docker.stack.namespace"]?.text ?? ""
            project = stack
            self.service =
                !stack.isEmpty && service.hasPrefix(stack + "_") ? String(service.dropFirst(stack.count + 1)) : service
            number = 0
            isOfSwarm = true
        } else {
            return nil
        }
    }

    /// The project of a container that was inspected.
    static func project(of inspected: JSONValue) -> String? {
        let labels = inspected["Config"]?["Labels"]
        return labels?["com.docker.compose.project"]?.text ?? labels?["com.docker.stack.namespace"]?.text
    }

    /// The value of a variable of its environment.
    static func variable(_ name: String, of inspected: JSONValue) -> String? {
        let entries = inspected["Config"]?["Env"]?.elements.compactMap(\.text) ?? []
        return entries.first { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.count + 1)) }
    }

    /// A network that a container is in, and what it is called there.
    package struct Attachment: Sendable, Equatable {
        package let network: String
        package let aliases: [String]
        package let address: String?
    }

    package static func attachments(of inspected: JSONValue) -> [Attachment] {
        let id = inspected["Id"]?.text ?? ""
        return (inspected["NetworkSettings"]?["Networks"]?.members ?? []).map { member in
            let value = member.value
            // The engine itself adds the container's short ID.
            let aliases = (value["Aliases"]?.elements ?? []).compactMap(\.text).filter { !id.hasPrefix($0) }
            let address = value["IPAddress"]?.text.flatMap { $0.isEmpty ? nil : $0 }
            return Attachment(network: member.name, aliases: aliases, address: address)
        }
    }

    /// What makes a new container just like an inspected one, but with a disk and a host name of its own.
    package static func twin(of inspected: JSONValue) -> JSONValue {
        var members = (inspected["Config"]?.members ?? []).filter { $0.name != "Hostname" }
        if let host = inspected["HostConfig"] { members.append(.init("HostConfig", host)) }
        // Engines before 25 take one network here; the others are connected later.
        if let first = attachments(of: inspected).first {
            let endpoint = JSONValue.object(["Aliases": .array(first.aliases.map { .string($0) })])
            members.append(
                .init("NetworkingConfig", .object(["EndpointsConfig": .object([.init(first.network, endpoint)])])))
        }
        return .object(members)
    }

    /// The node's ID and port by what it printed when it was last ready.
    package static func ready(in output: String) -> (id: Bytes32?, port: UInt16?) {
        guard let start = output.ranges(of: "ready node=").last else { return (nil, nil) }
        let line = output[start.lowerBound...].prefix { $0 != "\n" }
        var (id, port): (Bytes32?, UInt16?) = (nil, nil)
        for field in line.split(whereSeparator: \.isWhitespace) {
            if field.hasPrefix("node=") { id = Bytes32(hex: field.dropFirst(5)) }
            if field.hasPrefix("udp=") { port = Endpoint(String(field.dropFirst(4).prefix { $0 != "," }))?.port }
        }
        return (id, port)
    }
}
