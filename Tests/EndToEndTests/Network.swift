import Foundation
import Testing

/// Nodes on loopback, each a process with a data directory of its own.
final class Network {
    let root: String
    private(set) var members: [Member] = []

    private init(root: String) { self.root = root }

    /// Starts `count` nodes, of which the first is the others' bootstrap, and ends all of them after `body`.
    static func with(_ count: Int, _ body: (Network) async throws -> Void) async throws {
        var template = Array("/tmp/roost-e2e-XXXXXX".utf8CString)
        let root = try #require(mkdtemp(&template).map { String(cString: $0) })
        let network = Network(root: root)
        do {
            for index in 0..<count { try await network.member("node\(index)").start() }
            for member in network.members { try await member.join() }
            try await body(network)
        } catch {
            await network.end()
            throw error
        }
        await network.end()
    }

    /// Somebody new, who isn't running yet.
    func member(_ name: String) throws -> Member {
        let member = Member(name, in: self)
        members.append(member)
        return member
    }

    /// Where the first node listens.
    var bootstrap: [String] { members.first?.endpoint.map { ["--bootstrap", $0] } ?? [] }

    private func end() async {
        for member in members { _ = try? await member.stop(SIGKILL) }
        try? FileManager.default.removeItem(atPath: root)
    }
}

/// A node and its person.
final class Member {
    let name: String
    let root: String
    private unowned let network: Network
    private(set) var daemon: Running?
    /// Where it listens; of a node that has stopped, where it did.
    private(set) var endpoint: String?

    init(_ name: String, in network: Network) {
        self.name = name
        self.network = network
        root = network.root
    }

    var directory: String { root + "/" + name }

    /// Runs `roost` on this directory.
    func roost(_ arguments: String..., input: Data = Data()) async throws -> Command.Result {
        try await Command.run(nil, arguments + ["--data", directory], input: input, home: root)
    }

    /// `roost up` that may fail: returns once it is ready or has ended. A `wrapper` is a program that runs it.
    func launch(_ options: [String], wrapper: [String] = []) async throws -> Running {
        let command = try wrapper + [Command.binary(), "up", "--data", directory] + options
        let running = try Running(command[0], Array(command.dropFirst()), home: root)
        daemon = running
        try await eventually { running.output.hasSuffix("\n") || !running.isRunning }
        return running
    }

    /// Starts the node, by default on any port and through the network's first node.
    func start(
        listen: String = "127.0.0.1:0", bootstrap: [String]? = nil, wrapper: [String] = []
    ) async throws {
        let running = try await launch(["--listen", listen] + (bootstrap ?? network.bootstrap), wrapper: wrapper)
        let fields = running.output.split(separator: " ")
        try #require(fields.count == 4 && fields[0] == "ready", "\(name): \(running.output)\(running.errors)")
        endpoint = String(fields[2].dropFirst("udp=".count))
    }

    /// Where the daemon says that it listens.
    var listening: [String] {
        let field = daemon?.output.split(separator: " ").first { $0.hasPrefix("udp=") }
        return field?.dropFirst("udp=".count).split(separator: ",").map(String.init) ?? []
    }

    /// Waits until the node has joined.
    func join() async throws {
        let status = try await roost("status", "--wait", "ready", "--timeout", "30")
        try #require(status.status == 0, "\(name): \(status.output)\(status.errors)")
    }

    /// Ends the daemon by a signal; returns its exit status.
    @discardableResult
    func stop(_ signal: Int32 = SIGTERM) async throws -> Int32? {
        defer { daemon = nil }
        daemon?.send(signal: signal)
        return try await daemon?.end(within: .seconds(6))
    }

    /// The person's peer ID. Of somebody who has not run a node yet it makes the keys.
    func id() async throws -> String {
        try await roost("init").output.trimmingCharacters(in: .newlines)
    }

    /// Sends a message that must come as far as `state`, and returns what is said of it.
    @discardableResult
    func send(_ text: String, to peer: String, until state: String) async throws -> [String: Any] {
        let sent = try await roost(
            "send", peer, "-", "--until", state, "--timeout", "30", "--json", input: Data(text.utf8))
        try #require(sent.status == 0, "\(sent.output)\(sent.errors)")
        return try sent.object()
    }

    /// What has arrived, without marking it.
    func inbox() async throws -> [[String: Any]] { try await roost("inbox", "--peek", "--json").objects() }

    /// Waits until so many messages have arrived, and sees that no more do at once.
    func receive(_ texts: [String], via routes: [String]? = nil) async throws {
        try await eventually { try await self.inbox().count >= texts.count }
        let messages = try await inbox()
        #expect(messages.map { $0["text"] as? String } == texts)
        if let routes { #expect(messages.map { $0["via"] as? String } == routes) }
    }

    /// The state of each message in the outbox.
    func outboxStates() async throws -> [String?] {
        try await roost("outbox", "--json").objects().map { $0["state"] as? String }
    }
}
