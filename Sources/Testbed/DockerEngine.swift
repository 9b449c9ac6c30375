import HTTPTransport
import Platform
import SimulationReport

/// The Docker Engine of this machine, by its HTTP API on a Unix socket (https://docs.docker.com/reference/api/engine/). Paths
/// without a version mean the engine's own, and nothing is asked that engines from 20.10 on don't have.
package struct DockerEngine: Sendable {
    /// Where an engine listens unless told otherwise.
    package static let usualSocket = "/var/run/docker.sock"
    /// How long it may take over a request: a busy one needs seconds to stop fifty containers.
    private static let patience = Duration.seconds(60)

    private let socket: String

    package init(socket: String) { self.socket = socket }

    /// All containers of a service: running or not, of this project or any.
    package func containers(of service: String) async throws(TestbedError) -> [DockerContainer] {
        let list = try await call("GET", "/containers/json?all=1")
        return list.elements.compactMap { DockerContainer(listed: $0) }.filter { $0.service == service }
            .sorted { ($0.project, $0.number, $0.name) < ($1.project, $1.number, $1.name) }
    }

    /// All that is known of a container; nil where there is none.
    package func inspect(_ id: String) async throws(TestbedError) -> JSONValue? {
        do throws(TestbedError) {
            return try await call("GET", "/containers/\(id)/json")
        } catch {
            if error.sentence.hasSuffix(DockerEngine.missing) { return nil }
            throw error
        }
    }

    /// What it has written to standard output, framed as the engine does (a header of eight bytes before each part).
    package func output(of id: String) async throws(TestbedError) -> String {
        String(decoding: try await exchange("GET", "/containers/\(id)/logs?stdout=1", nil), as: UTF8.self)
    }

    /// What it occupies, and has sent.
    package func statistics(of id: String) async throws(TestbedError) -> JSONValue {
        try await call("GET", "/containers/\(id)/stats?stream=false&one-shot=true")
    }

    /// `kill`, `start`, `pause`, `unpause`. That it is so already is no error.
    package func tell(_ id: String, to verb: String) async throws(TestbedError) {
        try await call("POST", "/containers/\(id)/\(verb)")
    }

    /// Removes it with its anonymous volumes.
    package func remove(_ id: String) async throws(TestbedError) {
        try await call("DELETE", "/containers/\(id)?force=1&v=1")
    }

    /// Makes a container; returns its ID.
    package func create(_ name: String, _ configuration: JSONValue) async throws(TestbedError) -> String {
        let made = try await call("POST", "/containers/create?name=\(name)", configuration)
        guard let id = made["Id"]?.text else {
            throw TestbedError(.creation, "The Docker engine made a container, and did not say which.")
        }
        return id
    }

    package func connect(_ id: String, to network: String, aliases: [String]) async throws(TestbedError) {
        let endpoint = JSONValue.object(["Aliases": .array(aliases.map { .string($0) })])
        try await call(
            "POST", "/networks/\(network)/connect", .object(["Container": .string(id), "EndpointConfig": endpoint]))
    }

    package func disconnect(_ id: String, from network: String) async throws(TestbedError) {
        try await call(
            "POST", "/networks/\(network)/disconnect", .object(["Container": .string(id), "Force": .bool(true)]))
    }

    // MARK: Asking

    private static let missing = "there is no such thing."

    @discardableResult
    private func call(_ method: String, _ target: String, _ body: JSONValue? = nil) async throws(TestbedError)
        -> JSONValue
    {
        let data = try await exchange(method, target, body)
        return data.isEmpty ? .null : JSONValue(parsing: data) ?? .null
    }

    private func exchange(_ method: String, _ target: String, _ body: JSONValue?) async throws(TestbedError) -> Data {
        let socket = socket
        let answer = await withTaskGroup(of: Result<(Int, Data), TestbedError>.self) { group in
            group.addTask {
                do {
                    return try await HTTPExchange.perform(
                        path: socket, method: method, target: target,
                        headers: body == nil ? [] : [("Content-Type", "application/json")],
                        body: body.map { Array($0.line.utf8) }
                    ) { exchange in
                        .success((exchange.status, Data(try await exchange.body())))
                    }
                } catch HTTPExchange.Failure.notConnected(let number) {
                    return .failure(
                        TestbedError(
                            .demand,
                            "No Docker engine answers on \(socket) (\(String(cString: strerror(number)))): start it, or see "
                                + "that this user may use it."))
                } catch {
                    return .failure(TestbedError(.creation, "The Docker engine did not answer \(method) \(target)."))
                }
            }
            group.addTask {
                try? await Task.sleep(for: DockerEngine.patience)
                return .failure(TestbedError(.creation, "The Docker engine took too long over \(method) \(target)."))
            }
            defer { group.cancelAll() }
            return await group.next() ?? .failure(TestbedError(.creation, "The Docker engine did not answer."))
        }
        let (status, data) = try answer.get()
        // 304: it is so already.
        if (200..<300).contains(status) || status == 304 { return data }
        let said = JSONValue(parsing: data)?["message"]?.text ?? "status \(status)"
        throw TestbedError(
            .creation,
            "The Docker engine refused \(method) \(target): "
                + (status == 404 ? "\(said); \(DockerEngine.missing)" : said))
    }
}

extension JSONValue {
    /// An object's member.
    subscript(_ name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    var text: String? { if case .string(let text) = self { text } else { nil } }

    var number: Int? { if case .integer(let value) = self { Int(value) } else { nil } }

    var elements: [JSONValue] { if case .array(let values) = self { values } else { [] } }

    var members: [Member] { if case .object(let members) = self { members } else { [] } }
}
