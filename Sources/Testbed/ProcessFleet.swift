import Platform
import Simulation

/// Relaying nodes that are processes of this machine, each with its data directory and its own loopback address.
public actor ProcessFleet: Fleet {
    /// What a node occupies: 36 MiB were measured, and there is room for mail.
    public static let bytesPerNode = 40 << 20
    /// Threads of a node, as the system's limit on processes counts them.
    public static let threadsPerNode = 16
    /// Nodes through which a newcomer joins.
    static let introductions = 3

    private struct Place {
        var daemon: Daemon
        var isUp: Bool
    }

    public nonisolated let kind = TestbedKind.processes
    private let directory: RunDirectory
    private let surroundings: Daemon.Surroundings
    private let addresses: Addresses
    /// Nil where datagrams can't be filtered: nodes that are cut off are held up (SIGSTOP) instead.
    private let filter: PacketFilter?
    private var places: [Place] = []
    private var made = 0

    /// `program` is this program. Filters datagrams where this process is in a network namespace of its own.
    public init(program: String) async throws(TestbedError) {
        directory = try RunDirectory()
        let lifeline = try Lifeline()
        surroundings = Daemon.Surroundings(
            program: program, lifeline: lifeline,
            gate: Gate(places: max(2, ProcessInfo.processInfo.activeProcessorCount)),
            network: "scenario-\(UInt32.random(in: 0...UInt32.max))", port: Isolation.isInside ? 7_337 : 0)
        addresses = Addresses(isAlone: Isolation.isInside)
        filter = Isolation.isInside ? await PacketFilter(lifeline: lifeline) : nil
    }

    public func form(_ count: Int, joined: @escaping @Sendable (Int) -> Void) async throws(TestbedError) {
        let first = await place()
        places.append(first)
        try await first.daemon.start(bootstrap: [])
        places[0].isUp = true
        joined(1)
        for _ in 1..<max(1, count) { places.append(await place()) }
        let daemons = places.map(\.daemon)
        // Each joins through earlier ones, not all through the first: it is one node like any other.
        let failures = await withTaskGroup(of: (Int, TestbedError?).self) { group in
            var failures: [TestbedError] = []
            var up = 1
            var next = 1
            func startNext() {
                guard next < daemons.count else { return }
                let number = next
                next += 1
                group.addTask {
                    var bootstrap: [String] = []
                    for earlier in Set([0, number / 2, number - 1]).sorted() {
                        if let endpoint = await daemons[earlier].endpoint { bootstrap.append(endpoint) }
                    }
                    do throws(TestbedError) {
                        try await daemons[number].start(bootstrap: bootstrap)
                        return (number, nil)
                    } catch {
                        return (number, error)
                    }
                }
            }
            for _ in 0..<4 { startNext() }
            while let (number, failure) = await group.next() {
                if let failure { failures.append(failure) } else { places[number].isUp = true }
                up += 1
                joined(up)
                if failures.isEmpty, !Task.isCancelled { startNext() }
            }
            return failures
        }
        if let failure = failures.first { throw failure }
    }

    public func kill(_ place: Int) async {
        places[place].isUp = false
        await places[place].daemon.end(abruptly: true)
    }

    public func revive(_ place: Int, keepingDisk: Bool, bootstrap: [String]) async throws(TestbedError) {
        guard !places[place].isUp else { return }
        places[place].isUp = true
        if !keepingDisk { await places[place].daemon.wipe() }
        try await start(place, bootstrap)
    }

    public func replace(_ place: Int, bootstrap: [String]) async throws(TestbedError) {
        let gone = places[place].daemon
        places[place] = await self.place()
        places[place].isUp = true
        await gone.end(abruptly: true)
        await gone.wipe()
        try await start(place, bootstrap)
    }

    private func start(_ place: Int, _ bootstrap: [String]) async throws(TestbedError) {
        do throws(TestbedError) {
            try await places[place].daemon.start(bootstrap: bootstrap)
        } catch {
            places[place].isUp = false
            throw error
        }
    }

    public func nodes() async -> [FleetNode] {
        var nodes: [FleetNode] = []
        for place in places {
            nodes.append(
                FleetNode(id: await place.daemon.node, endpoint: await place.daemon.endpoint, isUp: place.isUp))
        }
        return nodes
    }

    public func unexpectedEnds() async -> [String] {
        var ends: [String] = []
        for (index, place) in places.enumerated() where place.isUp {
            guard let end = await place.daemon.unexpectedEnd() else { continue }
            places[index].isUp = false
            ends.append("Node \(index) ended \(end)")
        }
        return ends
    }

    public func residentBytes() async -> [Int] {
        var bytes: [Int] = []
        for place in places where place.isUp {
            if let resident = await place.daemon.residentBytes { bytes.append(resident) }
        }
        return bytes
    }

    package func traffic() async -> [TrafficBook.Reading] {
        await ProcessFleet.traffic(of: places.filter(\.isUp).map(\.daemon))
    }

    /// Asks some at a time.
    static func traffic(of daemons: [Daemon]) async -> [TrafficBook.Reading] {
        await withTaskGroup(of: TrafficBook.Reading?.self) { group in
            var readings: [TrafficBook.Reading] = []
            for (index, daemon) in daemons.enumerated() {
                if index >= 4, let reading = await group.next() ?? nil { readings.append(reading) }
                group.addTask { await daemon.traffic }
            }
            for await reading in group { if let reading { readings.append(reading) } }
            return readings
        }
    }

    // MARK: The network

    public func cutOff(_ places: [Int], people: [Person]) async -> String? {
        let daemons = places.map { self.places[$0].daemon } + people.map(\.daemon)
        if let filter {
            var addresses: [String] = []
            for daemon in daemons { addresses.append(daemon.address) }
            return await filter.cutOff(addresses) ? "nftables" : nil
        }
        for daemon in daemons { await daemon.pause() }
        return "SIGSTOP: no namespace could be made in which to filter, so those who were cut off were held up"
    }

    public func reconnect(people: [Person]) async {
        if let filter { return await filter.reconnect() }
        for daemon in places.map(\.daemon) + people.map(\.daemon) { await daemon.resume() }
    }

    public func shape(_ link: LinkModel) async -> (loss: String?, latency: String?) {
        guard let filter else { return (nil, nil) }
        let loses = link.loss > 0 ? await filter.lose(link.loss) : false
        return (loses ? "nftables" : nil, await filter.delay(link) ? "netem" : nil)
    }

    public func unshape() async { _ = await filter?.lose(0) }

    public func hide(_ places: [Int]) async -> String? {
        guard let filter, await filter.hide(places.map { self.places[$0].daemon.address }) else { return nil }
        return "nftables with connection tracking"
    }

    // MARK: Making

    public func daemon(named name: String) async -> Daemon {
        Daemon(directory: "\(directory.path)/\(name)", address: addresses.next(), in: surroundings)
    }

    private func place() async -> Place {
        made += 1
        return Place(daemon: await daemon(named: "n\(made)"), isUp: false)
    }

    public func end() async {
        for place in places { await place.daemon.end(abruptly: true) }
        places = []
        directory.remove()
    }
}
