import Basics
import ControlAPI
import Simulation

/// Runs a scenario with real nodes: starts them, lets people write and faults happen as the story says, heals, and
/// checks what arrived.
public actor Conductor {
    /// How far a run is.
    public struct Progress: Sendable {
        public enum Phase: Sendable { case forming, running, healing }
        public var phase: Phase
        /// Real time since the network has formed, below zero before; and how long it runs.
        public var time: Duration
        public var duration: Duration
        public var nodesUp: Int
        public var accepted: Int
        public var delivered: Int
        public var lookups: Int
    }

    /// The run was asked to end early.
    struct Interrupted: Error {}

    /// The network is left alone for at least so long once all nodes have joined.
    private static let shortestSettling = Duration.seconds(5)
    /// How long people may take to join.
    private static let joinPatience = Duration.seconds(60)
    /// The time left once all has arrived: for duplicates to arrive as well.
    private static let aftermath = Duration.seconds(3)
    /// Samples of the time during which it runs.
    private static let samples = 100
    /// Nodes that a newcomer is told of.
    private static let introductions = 3

    let scenario: Scenario
    let fleet: any Fleet
    let pace: Pace
    let chronicle: Chronicle
    var people: [Person] = []
    /// Since when the node at each place is up; nil: it is not.
    var upSince: [Duration?] = []
    var nodesEver = 0
    /// The effects of strikes that are not over.
    var struck: [Int: Struck] = [:]
    var notes = TestbedNotes()
    var faults: Chance
    var mail: Chance
    var points: Chance
    var introducing: Chance
    private let isInterrupted: @Sendable () -> Bool
    private let show: @Sendable (Progress) -> Void
    private var phase = Progress.Phase.forming
    private var traffic = TrafficBook()
    private var isSampling = false
    /// What was sent until the network had formed, and what an idle node sends a second; nil where it isn't told.
    private var bytesBefore = 0
    private var idleRate: Double?

    /// - Precondition: `scenario.problem` is nil.
    package init(
        _ scenario: Scenario, on fleet: any Fleet, pace: Pace, isInterrupted: @escaping @Sendable () -> Bool,
        show: @escaping @Sendable (Progress) -> Void
    ) {
        precondition(scenario.problem == nil)
        self.scenario = scenario
        self.fleet = fleet
        self.pace = pace
        self.isInterrupted = isInterrupted
        self.show = show
        chronicle = Chronicle(run: String(UInt64.random(in: 0...UInt64.max), radix: 36))
        faults = Chance(seed: scenario.seed, .faults)
        mail = Chance(seed: scenario.seed, .mail)
        points = Chance(seed: scenario.seed, .lookups)
        introducing = Chance(seed: scenario.seed, .bootstrap)
    }

    /// Runs the scenario, and ends all nodes.
    public func run() async throws(TestbedError) -> Findings {
        let result = await live()
        let findings = await findings(isOver: (try? result.get()) ?? false)
        for person in people { await person.goAway(abruptly: true) }
        await fleet.end()
        if case .failure(let error) = result { throw error }
        return findings
    }

    /// Whether it came to its end.
    private func live() async -> Result<Bool, TestbedError> {
        do {
            try await form()
            try await play()
            try await heal()
            return .success(true)
        } catch let error as TestbedError {
            return .failure(error)
        } catch {
            return .success(false)
        }
    }

    // MARK: Forming

    private func form() async throws {
        let (fleet, nodes) = (fleet, scenario.nodes)
        try await whileWatching {
            try await fleet.form(nodes) { count in Task { await self.count(up: count) } }
        }
        await recordWhoIsUp()
        nodesEver = upSince.count
        let hidden = faults.pick(Int(Double(nodes) * scenario.hidden), of: Array(1..<max(1, nodes)))
        if !hidden.isEmpty { notes.record("hidden nodes", by: await fleet.hide(hidden)) }
        let settling = max(pace.moment(scenario.settling), Conductor.shortestSettling)
        traffic.take(await fleet.traffic())
        let since = ContinuousClock.now
        try await pause(until: since + settling)
        let readings = await fleet.traffic()
        if !readings.isEmpty {
            let seconds = (ContinuousClock.now - since) / .seconds(1)
            idleRate = Double(traffic.take(readings)) / Double(readings.count) / seconds
        }
        for number in 0..<scenario.peers {
            people.append(Person(number: number, daemon: await fleet.daemon(named: "p\(number)"), chronicle: chronicle))
        }
        let people = people
        try await whileWatching {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for person in people {
                    group.addTask { try await self.join(person) }
                }
                try await group.waitForAll()
            }
        }
        traffic.take(await readTraffic())
        bytesBefore = traffic.bytes
        chronicle.markFormed()
    }

    private func join(_ person: Person) async throws {
        try await person.comeOnline(bootstrap: acquaintances())
        if let id = await person.id { chronicle.introduce(person.number, as: id) }
        let isJoined = await Patience.holds(within: Conductor.joinPatience) {
            (try? await person.daemon.client.status().state) == .ready
        }
        guard !isJoined else { return }
        let place = await fleet.nodes().compactMap(\.endpoint).first ?? "the nodes"
        throw TestbedError(
            .creation,
            "The node of person \(person.number) did not join the network: see that this machine is not too busy, and that "
                + "\(place) can be reached from here.")
    }

    private func count(up count: Int) {
        while upSince.count < count { upSince.append(chronicle.now) }
    }

    /// Nodes that a newcomer is told of.
    func acquaintances() async -> [String] {
        let endpoints = await fleet.nodes().filter(\.isUp).compactMap(\.endpoint)
        return introducing.pick(Conductor.introductions, of: endpoints)
    }

    // MARK: Running

    private func play() async throws {
        let begun = ContinuousClock.now
        let story = Story(scenario, nodes: upSince.count, pace: pace)
        notes.skip(of: scenario)
        let shaping = await fleet.shape(scenario.link)
        if scenario.link.loss > 0 { notes.record("loss", by: shaping.loss) }
        notes.record("latency \(notes.latency(of: scenario.link))", by: shaping.latency)
        phase = .running
        let step = max(story.duration / Conductor.samples, .seconds(2))
        var nextSample = Duration.zero
        try await withThrowingDiscardingTaskGroup { group in
            var events = story.events[...]
            while true {
                let now = ContinuousClock.now - begun
                if now >= nextSample {
                    nextSample = now + step
                    group.addTask { await self.sample() }
                }
                while let event = events.first, event.at <= now {
                    events.removeFirst()
                    group.addTask { await self.perform(event.step) }
                }
                if now >= story.duration { break }
                let next = min(events.first?.at ?? story.duration, nextSample, story.duration)
                try await pause(until: begun + next)
            }
        }
        if scenario.link.loss > 0 { await fleet.unshape() }
    }

    private func perform(_ step: Story.Step) async {
        switch step {
        case .write: await write()
        case .flood: await flood()
        case .lookUp: await lookUp()
        case .strike(let number, let kind): await strike(number, kind)
        case .mend(let number): await mend(number)
        case .goAway(let person, let abruptly): await people[person].goAway(abruptly: abruptly)
        case .comeBack(let person): await comeBack(people[person])
        case .replace(let place): await replace(place)
        }
    }

    func comeBack(_ person: Person) async {
        do throws(TestbedError) {
            try await person.comeOnline(bootstrap: acquaintances())
        } catch {
            await person.goAway(abruptly: true)
            chronicle.add(Violation("Person \(person.number) could not come back.", trace: [error.sentence]))
        }
    }

    // MARK: Healing

    private func heal() async throws {
        phase = .healing
        for number in struck.keys.sorted() { await mend(number) }
        await withDiscardingTaskGroup { group in
            for person in people { group.addTask { await self.comeBack(person) } }
        }
        let deadline = ContinuousClock.now + pace.healing(scenario)
        while chronicle.open > 0, ContinuousClock.now < deadline {
            try await pause(until: min(deadline, ContinuousClock.now + .seconds(1)))
            await sample()
        }
        try await pause(until: ContinuousClock.now + Conductor.aftermath)
        await sample()
        await compare()
    }

    /// Looks into all inboxes, and asks senders what became of what is in none.
    private func compare() async {
        for person in people {
            do throws(ControlError) {
                let inbox = try await person.inbox()
                for message in inbox { chronicle.receive(message, by: person.number) }
                chronicle.compare(inbox: inbox, of: person.number)
            } catch {
                chronicle.add(
                    Violation("The inbox of person \(person.number) can't be read.", trace: [error.message]))
            }
        }
        for (letter, message) in chronicle.missing {
            do throws(ControlError) {
                if let sent = try await people[letter.sender].sent(message) {
                    chronicle.record(sent)
                } else {
                    chronicle.forgotten(letter)
                }
            } catch {
                chronicle.record(letter, "its sender's node does not answer: \(error.message)")
            }
        }
    }

    // MARK: Looking on

    /// Counts the nodes that are up and what was sent, and records nodes that ended by themselves. One look at a time.
    private func sample() async {
        guard !isSampling else { return }
        isSampling = true
        defer { isSampling = false }
        for end in await fleet.unexpectedEnds() { chronicle.add(Violation("A node ended by itself.", trace: [end])) }
        for person in people where await person.isOnline {
            guard let end = await person.daemon.unexpectedEnd() else { continue }
            chronicle.add(Violation("The node of person \(person.number) ended by itself.", trace: [end]))
            await person.goAway(abruptly: true)
        }
        await recordWhoIsUp()
        let readings = await readTraffic()
        chronicle.sample(nodesUp: upSince.count { $0 != nil }, bytes: traffic.take(readings))
        showProgress()
    }

    private func readTraffic() async -> [TrafficBook.Reading] {
        await fleet.traffic() + ProcessFleet.traffic(of: people.map(\.daemon))
    }

    private func recordWhoIsUp() async {
        let nodes = await fleet.nodes()
        while upSince.count < nodes.count { upSince.append(nil) }
        for (place, node) in nodes.enumerated() {
            if !node.isUp { upSince[place] = nil } else if upSince[place] == nil { upSince[place] = chronicle.now }
        }
    }

    private func showProgress() {
        let counts = chronicle.progress
        show(
            Progress(
                phase: phase, time: chronicle.now, duration: pace.moment(scenario.duration),
                nodesUp: upSince.count { $0 != nil }, accepted: counts.accepted, delivered: counts.delivered,
                lookups: counts.lookups))
    }

    private func findings(isOver: Bool) async -> Findings {
        let memory = await fleet.residentBytes()
        var summary = Summary(of: scenario)
        chronicle.write(into: &summary, isOver: isOver)
        summary.nodesUp = upSince.count { $0 != nil }
        summary.nodesEver = nodesEver
        if !memory.isEmpty {
            summary.memory.parts = [.init(name: "resident", bytes: memory.reduce(0, +) / memory.count)]
        }
        summary.traffic.idleBytesPerSecondPerNode = idleRate ?? 0
        let readings = await fleet.traffic()
        traffic.take(readings)
        summary.traffic.kinds = traffic.kinds
        summary.traffic.perNode = readings.filter { $0.uptime >= 1 }.map { Double($0.bytes) / $0.uptime }.sorted()
        if let idleRate, chronicle.hasFormed, summary.messages.delivered > 0 {
            let idle = idleRate * Double(summary.nodesUp) * (chronicle.now / .seconds(1))
            let sent = Double(traffic.bytes - bytesBefore) - idle
            summary.messages.bytesSentPerDelivered = Int(max(0, sent)) / summary.messages.delivered
        }
        return Findings(
            summary: summary, kind: fleet.kind, notes: notes,
            residentBytes: memory.isEmpty ? nil : memory.reduce(0, +))
    }

    // MARK: Time

    /// How often the conductor checks whether the run was asked to end.
    private static let step = Duration.milliseconds(100)

    private func pause(until instant: ContinuousClock.Instant) async throws {
        while ContinuousClock.now < instant {
            if isInterrupted() { throw Interrupted() }
            try await Task.sleep(until: min(instant, .now + Conductor.step), clock: .continuous)
            showProgress()
        }
        if isInterrupted() { throw Interrupted() }
    }

    /// Does something that takes long, unless the run is asked to end.
    private func whileWatching(_ work: @escaping @Sendable () async throws -> Void) async throws {
        let task = Task { try await work() }
        let watch = Task {
            while !Task.isCancelled {
                if isInterrupted() { return task.cancel() }
                showProgress()
                try? await Task.sleep(for: Conductor.step)
            }
        }
        defer { watch.cancel() }
        let result = await task.result
        if isInterrupted() { throw Interrupted() }
        try result.get()
    }
}

/// What a run has found.
public struct Findings: Sendable {
    public var summary: Summary
    /// What the nodes were.
    public var kind: TestbedKind
    public var notes: TestbedNotes
    /// What all nodes together occupied at the end; nil where the system doesn't tell.
    public var residentBytes: Int?
}
