import Basics
import Platform
import Simulation
import SimulationReport

/// Relaying nodes that are the containers of a service `node`, which Compose or a Swarm has started on this machine's engine.
/// People are processes beside the runner, as ever.
///
/// At the end all containers run and are connected as they were found, though some may be others than before.
public actor ContainerFleet: Fleet {
    private struct Place {
        var container: String
        var name: String
        var isUp: Bool
        var id: Bytes32?
        var endpoint: String?
        /// Cut off from these.
        var apart: [DockerContainer.Attachment] = []
        var isPaused = false
    }

    public nonisolated let kind = TestbedKind.containers
    /// The service whose containers are the nodes.
    private static let service = "node"
    /// Where a node listens that says nothing else.
    private static let usualPort: UInt16 = 7_337
    /// How long a container may take until its node is ready.
    private static let patience = Duration.seconds(60)
    /// Requests to the engine at a time.
    private static let atATime = 4

    private let engine: DockerEngine
    private let directory: RunDirectory
    private let surroundings: Daemon.Surroundings
    private let isOfSwarm: Bool
    private let project: String
    private var places: [Place]

    /// How many containers run.
    public nonisolated let count: Int

    /// Finds the containers of a project: of the one that this process is a container of, or of the one that `named` names.
    /// Never of whichever there is: they will be killed, and some lose their disks.
    public init(program: String, engine socket: String?, project named: String?) async throws(TestbedError) {
        let engine = DockerEngine(socket: socket ?? DockerEngine.usualSocket)
        let running = try await engine.containers(of: ContainerFleet.service).filter(\.isRunning)
        let own = try await engine.inspect(ProcessInfo.processInfo.hostName).flatMap(DockerContainer.project)
        guard let project = own ?? named else {
            let projects = Set(running.map(\.project)).sorted().joined(separator: ", ")
            throw TestbedError(
                .demand,
                "Name the project whose containers `\(ContainerFleet.service)` are to be killed and cut off, in "
                    + "COMPOSE_PROJECT_NAME"
                    + (projects.isEmpty ? ": there is none now." : "; now there are: \(projects)."))
        }
        let containers = running.filter { $0.project == project }
        guard let first = containers.first, let inspected = try await engine.inspect(first.id) else {
            throw TestbedError(
                .demand,
                "There are no running containers of a service `\(ContainerFleet.service)` in the project \(project): start "
                    + "some, such as by `docker compose up --scale \(ContainerFleet.service)=50 --detach`.")
        }
        for container in containers {
            guard DockerContainer.ready(in: try await engine.output(of: container.id)).id != nil else {
                throw TestbedError(
                    .demand,
                    "The container \(container.name) is not a Roost node that is ready: nothing was done to any.")
            }
        }
        self.engine = engine
        isOfSwarm = first.isOfSwarm
        self.project = project
        count = containers.count
        places = containers.map { Place(container: $0.id, name: $0.name, isUp: true) }
        directory = try RunDirectory()
        surroundings = Daemon.Surroundings(
            program: program, lifeline: try Lifeline(),
            gate: Gate(places: max(2, ProcessInfo.processInfo.activeProcessorCount)),
            network: DockerContainer.variable("ROOST_NETWORK", of: inspected).flatMap { $0.isEmpty ? nil : $0 }
                ?? "main",
            port: 0)
    }

    /// The containers run already: learns their identities. Those beyond `count` are left alone.
    public func form(_ count: Int, joined: @escaping @Sendable (Int) -> Void) async throws(TestbedError) {
        places = Array(places.prefix(count))
        for place in places.indices {
            try await learn(place)
            joined(place + 1)
        }
    }

    // MARK: Ending and starting

    public func kill(_ place: Int) async {
        places[place].isUp = false
        try? await engine.tell(places[place].container, to: "kill")
    }

    public func revive(_ place: Int, keepingDisk: Bool, bootstrap: [String]) async throws(TestbedError) {
        guard !places[place].isUp else { return }
        if isOfSwarm { return try await succeed(place) }
        if keepingDisk {
            try await engine.tell(places[place].container, to: "start")
        } else {
            try await renew(place)
        }
        try await learn(place)
        places[place].isUp = true
    }

    public func replace(_ place: Int, bootstrap: [String]) async throws(TestbedError) {
        places[place].isUp = false
        if isOfSwarm {
            try await engine.tell(places[place].container, to: "kill")
            return try await succeed(place)
        }
        try await renew(place)
        try await learn(place)
        places[place].isUp = true
    }

    /// Removes a container with its disk, and makes one like it with the same name.
    private func renew(_ place: Int) async throws(TestbedError) {
        let name = places[place].name
        guard let inspected = try await engine.inspect(places[place].container) else {
            throw TestbedError(.creation, "The container \(name) is gone.")
        }
        // The new container gets back the networks that the old one was cut off from: it is on the larger side.
        try await engine.remove(places[place].container)
        places[place].container = try await engine.create(name, DockerContainer.twin(of: inspected))
        for attachment in DockerContainer.attachments(of: inspected).dropFirst() + places[place].apart {
            try await engine.connect(
                places[place].container, to: attachment.network, aliases: attachment.aliases)
        }
        (places[place].apart, places[place].isPaused) = ([], false)
        try await engine.tell(places[place].container, to: "start")
    }

    /// Waits for the container that the Swarm puts in a killed one's place.
    private func succeed(_ place: Int) async throws(TestbedError) {
        let deadline = ContinuousClock.now + ContainerFleet.patience
        while ContinuousClock.now < deadline {
            let known = Set(places.map(\.container))
            let newcomers = try await engine.containers(of: ContainerFleet.service)
                .filter { $0.isRunning && $0.project == project && !known.contains($0.id) }
            if let newcomer = newcomers.first {
                places[place] = Place(container: newcomer.id, name: newcomer.name, isUp: false)
                try await learn(place)
                places[place].isUp = true
                return
            }
            try? await Task.sleep(for: .milliseconds(500))
        }
        throw TestbedError(.creation, "The Swarm has put no container in the place of \(places[place].name).")
    }

    /// Waits until the node in a container is ready, and learns who and where it is.
    private func learn(_ place: Int) async throws(TestbedError) {
        let deadline = ContinuousClock.now + ContainerFleet.patience
        let container = places[place].container
        while ContinuousClock.now < deadline {
            guard let inspected = try await engine.inspect(container) else { break }
            let address = DockerContainer.attachments(of: inspected).lazy.compactMap(\.address).first
            let (id, port) = DockerContainer.ready(in: (try? await engine.output(of: container)) ?? "")
            if let address, let id {
                places[place].id = id
                places[place].endpoint = "\(address):\(port ?? ContainerFleet.usualPort)"
                return
            }
            try? await Task.sleep(for: .milliseconds(200))
        }
        throw TestbedError(.creation, "The node in the container \(places[place].name) did not become ready.")
    }

    // MARK: Looking on

    public func nodes() async -> [FleetNode] {
        places.map { FleetNode(id: $0.id, endpoint: $0.endpoint, isUp: $0.isUp) }
    }

    public func unexpectedEnds() async -> [String] {
        guard let containers = try? await engine.containers(of: ContainerFleet.service) else { return [] }
        var ends: [String] = []
        for (index, place) in places.enumerated()
        where place.isUp && !place.isPaused && !containers.contains(where: { $0.id == place.container && $0.isRunning })
        {
            places[index].isUp = false
            ends.append("The container \(place.name) no longer runs")
        }
        return ends
    }

    public func residentBytes() async -> [Int] {
        await statistics().compactMap { _, value in
            guard let usage = value["memory_stats"]?["usage"]?.number else { return nil }
            // Pages of files that could go at any time are not what it takes, whichever version of cgroups counts them.
            let stats = value["memory_stats"]?["stats"]
            let files = (stats?["inactive_file"] ?? stats?["total_inactive_file"])?.number ?? 0
            return max(0, usage - files)
        }
    }

    package func traffic() async -> [TrafficBook.Reading] {
        await statistics().map { container, value in
            let networks = (value["networks"]?.members ?? []).map(\.value)
            let sum = { (name: String) in networks.reduce(0) { $0 + ($1[name]?.number ?? 0) } }
            return TrafficBook.Reading(
                key: container, uptime: 0,
                kinds: [.init(name: "all of containers", datagrams: sum("tx_packets"), bytes: sum("tx_bytes"))])
        }
    }

    private func statistics() async -> [(container: String, value: JSONValue)] {
        let engine = engine
        return await withTaskGroup(of: (String, JSONValue)?.self) { group in
            var all: [(String, JSONValue)] = []
            for (index, place) in places.filter(\.isUp).enumerated() {
                if index >= ContainerFleet.atATime, let one = await group.next() ?? nil { all.append(one) }
                let container = place.container
                group.addTask { (try? await engine.statistics(of: container)).map { (container, $0) } }
            }
            for await one in group { if let one { all.append(one) } }
            return all
        }
    }

    // MARK: The network

    public func cutOff(_ places: [Int], people: [Person]) async -> String? {
        var (isCut, isPaused) = (false, false)
        for place in places {
            if await disconnect(place) {
                isCut = true
            } else if (try? await engine.tell(self.places[place].container, to: "pause")) != nil {
                self.places[place].isPaused = true
                isPaused = true
            }
        }
        for person in people { await person.daemon.pause() }
        var ways: [String] = []
        if isCut { ways.append("disconnecting containers from their networks, each by itself") }
        if isPaused { ways.append("pausing containers that can't be disconnected") }
        if !people.isEmpty { ways.append("SIGSTOP for people") }
        return ways.isEmpty ? nil : ways.joined(separator: ", ")
    }

    /// Whether it could be taken out of all its networks.
    private func disconnect(_ place: Int) async -> Bool {
        guard let inspected = try? await engine.inspect(places[place].container) else { return false }
        for attachment in DockerContainer.attachments(of: inspected) {
            guard (try? await engine.disconnect(places[place].container, from: attachment.network)) != nil else {
                await connect(place)
                return false
            }
            places[place].apart.append(attachment)
        }
        return true
    }

    private func connect(_ place: Int) async {
        let apart = places[place].apart
        places[place].apart = []
        for attachment in apart {
            try? await engine.connect(
                places[place].container, to: attachment.network, aliases: attachment.aliases)
        }
        if places[place].isPaused {
            places[place].isPaused = false
            try? await engine.tell(places[place].container, to: "unpause")
        }
        // Its address may be another now.
        if places[place].isUp, !apart.isEmpty { try? await learn(place) }
    }

    public func reconnect(people: [Person]) async {
        for person in people { await person.daemon.resume() }
        for place in places.indices where !places[place].apart.isEmpty || places[place].isPaused {
            await connect(place)
        }
    }

    public func shape(_ link: LinkModel) async -> (loss: String?, latency: String?) { (nil, nil) }
    public func unshape() async {}
    public func hide(_ places: [Int]) async -> String? { nil }

    // MARK: People, and the end

    public func daemon(named name: String) async -> Daemon {
        Daemon(directory: "\(directory.path)/\(name)", address: "0.0.0.0", in: surroundings)
    }

    public func end() async {
        await reconnect(people: [])
        for place in places where !place.isUp && !isOfSwarm {
            try? await engine.tell(place.container, to: "start")
        }
        directory.remove()
    }
}
