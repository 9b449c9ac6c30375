import Basics

/// Scenarios by chance. Which features and faults a run has is drawn as well, each on in about half of all runs: with all
/// of them always on, some hide what others would bring to light (Groce, Zhang, Eide, Chen and Regehr, "Swarm Testing",
/// ISSTA 2012).
extension Scenario {
    /// The scenario that a seed stands for: mostly small, so that a run takes a second or two.
    ///
    /// Each part has draws of its own, so that a new kind of fault changes nothing else.
    public static func drawn(from seed: UInt64) -> Scenario {
        var scenario = Scenario()
        scenario.seed = seed
        let shape = scenario.drawShape()
        scenario.drawStartTime()
        scenario.drawLinks()
        scenario.drawPeople(shape)
        scenario.drawWorkload(shape)
        scenario.drawFaults()
        scenario.drawRarePaths()
        scenario.drawBucketSize()
        scenario.drawNAT()
        scenario.drawBootstrapNames()
        scenario.drawMix()
        scenario.drawEndpoints()
        return scenario
    }

    /// How many events a run may have, roughly: by the same chance 10,000 to 20,000 or any of the four octaves above, and
    /// of one run in forty up to 2.5 million. Small runs reach most of what large ones reach for a hundredth of the time; what
    /// takes a full table or a long time the few large ones reach.
    private static func budget(_ draw: inout Draw) -> Int {
        let octave = draw.below(40) == 0 ? draw.number(5...7) : draw.below(5)
        return draw.number(10_000...20_000) << octave
    }

    /// Events a second of each machine, as measured over drawn scenarios, where people come and go within hours.
    private static let busyRate = 1.3
    /// The same where they come and go within days.
    private static let quietRate = 0.3

    /// How large a run is, and how long it lasts.
    private enum Shape {
        /// Hours, with some dozens of nodes.
        case usual
        /// Days, with few nodes and little traffic: epochs end, certificates and mail expire.
        case long
        /// Hours, with so few nodes that all of them are buddies of everything.
        case tiny
    }

    private func draw(_ part: Int) -> Draw { Draw(Chance(seed: seed, .scenario, host: part)) }

    // MARK: Parts

    private mutating func drawShape() -> Shape {
        var draw = draw(1)
        suite = .cheap
        let budget = Scenario.budget(&draw)
        settling = draw.duration(.seconds(60)...(.seconds(300)))
        healing = .seconds(2 * 3_600)
        switch draw.below(10) {
        case 0..<2:
            (nodes, peers) = (draw.number(1...4), draw.number(2...3))
            let longest = lasting(budget, rate: Scenario.quietRate)
            duration = draw.duration(.seconds(86_400)...min(max(longest, .seconds(90_000)), .seconds(4 * 86_400)))
            return .long
        case 2:
            (nodes, peers) = (draw.number(1...4), draw.number(2...4))
            duration = min(max(lasting(budget, rate: Scenario.busyRate), .seconds(300)), .seconds(2 * 3_600))
            return .tiny
        default:
            peers = draw.number(2...6)
            // As many as leave a quarter of an hour to run, and sometimes more than a bucket holds.
            let most = min(Int(Double(budget) / (900 * Scenario.busyRate)) - peers, 40)
            nodes = draw.number(5...max(5, most))
            duration = min(max(lasting(budget, rate: Scenario.busyRate), .seconds(300)), .seconds(2 * 3_600))
            return .usual
        }
    }

    /// How long so many machines run until there have been so many events, once the network has formed.
    private func lasting(_ budget: Int, rate: Double) -> Duration {
        let all = Double(budget) / (rate * Double(nodes + peers))
        return .seconds(Int64(all)) - settling
    }

    /// A third begins so that midnight comes during the run, and a third so that an epoch ends.
    private mutating func drawStartTime() {
        var draw = draw(2)
        let week = 7 * UnixTime.secondsPerDay
        // Some week from 2025 to 2034.
        let epoch = Int64(draw.number(2_870...3_390)) * week
        let length = min(Int64(settling.components.seconds + duration.components.seconds), UnixTime.secondsPerDay)
        let before = Int64(draw.number(60...Int(max(61, length))))
        switch draw.below(3) {
        case 0: startTime = UnixTime(seconds: epoch - before)
        case 1:
            startTime = UnixTime(seconds: epoch + Int64(draw.number(1...6)) * UnixTime.secondsPerDay - before)
        default: startTime = UnixTime(seconds: epoch + Int64(draw.below(Int(week))))
        }
    }

    private mutating func drawLinks() {
        var draw = draw(3)
        let shortest = draw.duration(.milliseconds(1)...(.milliseconds(100)))
        link.latency = shortest...(shortest + draw.duration(.milliseconds(1)...(.milliseconds(400))))
        link.jitter = draw.one(of: [0, 0.1, 0.1, 1])
        if draw.isOn { link.loss = draw.one(of: [0.01, 0.05, 0.1, 0.2]) }
        if draw.isOn { link.duplication = draw.one(of: [0.01, 0.1, 0.5]) }
        if draw.isOn { hidden = draw.one(of: [0.1, 0.3, 0.6]) }
        if draw.below(4) == 0 { uplink = draw.one(of: [64_000, 256_000, 1_000_000]) }
    }

    private mutating func drawPeople(_ shape: Shape) {
        var draw = draw(4)
        offline = draw.one(of: [0, 0.3, 0.5, 0.8, 0.95])
        // Visits of seconds are costly: each time all begins anew.
        spell = draw.one(of: [.seconds(20), .seconds(60), .seconds(300), .seconds(1_800)])
        if shape == .long { spell = spell * 30 }
        absences = draw.isOn ? .weibull : .exponential
        hurries = draw.isOn
        if draw.isOn { reads = draw.one(of: [0.3, 1]) }
        if draw.isOn { deletes = draw.one(of: [0.1, 0.5]) }
        if draw.isOn { cancels = draw.one(of: [0.05, 0.3]) }
    }

    private mutating func drawWorkload(_ shape: Shape) {
        var draw = draw(5)
        messages = draw.number(1...(shape == .long ? 20 : 60))
        if draw.isOn { lookups = draw.number(1...20) }
        if draw.below(4) == 0 { flood = draw.number(10...200) }
    }

    private mutating func drawRarePaths() {
        var draw = draw(7)
        buggifies = draw.isOn
    }

    private mutating func drawBucketSize() {
        var draw = draw(8)
        bucketSize = draw.one(of: [20, 20, 12, 8])
    }

    private mutating func drawNAT() {
        var draw = draw(10)
        nat = draw.one(of: [.portRestricted, .addressRestricted])
    }

    private mutating func drawBootstrapNames() {
        var draw = draw(12)
        hasBootstrapNames = draw.isOn
    }

    private mutating func drawEndpoints() {
        var draw = draw(13)
        endpoints = draw.one(of: [.accepted, .accepted, .everyone])
    }

    /// Half of the runs in which nodes can be reached have people behind NATs, of kinds that half of them are in. Whom nobody can
    /// reach is found by nobody: where all the nodes have gone that they know, only bootstrap names lead back.
    private mutating func drawMix() {
        var draw = draw(11)
        let stops = faults.contains { if case .stop = $0.kind { true } else { false } }
        let nodesStay = churn == nil && !stops
        guard draw.isOn, hidden == 0, nodes >= 5, nodesStay || hasBootstrapNames else { return }
        let kinds = NATKind.usual.filter { _ in draw.isOn }
        guard !kinds.isEmpty else { return }
        nats = kinds.map { NATShare($0.name, $0.kind, 1 / Double(kinds.count)) }.sorted { $0.name < $1.name }
        households = draw.one(of: [0, 0.3, 0.7])
    }

    private mutating func drawFaults() {
        var draw = draw(6)
        // Some runs have no fault at all: what goes wrong there nothing excuses.
        guard draw.below(8) > 0 else { return }
        if draw.isOn {
            let halfLives: [Duration] = [.seconds(900), .seconds(3_600), .seconds(4 * 3_600)]
            churn = Churn(halfLife: draw.one(of: halfLives), law: draw.isOn ? .weibull : .exponential)
        }
        if draw.below(4) == 0 {
            let lies = Liars.Lie.allCases.filter { _ in draw.isOn }
            if !lies.isEmpty { liars = Liars(share: draw.one(of: [0.05, 0.1, 0.2]), lies: Set(lies)) }
        }
        // As with all else, some runs have many kinds, some few.
        let most = draw.one(of: [2, 4, 8])
        for (number, kind) in DrawnFault.allCases.enumerated() {
            var draw = self.draw(100 + number)
            guard draw.below(8) < most else { continue }
            for _ in 0..<draw.number(1...2) {
                faults.append(kind.drawn(&draw, within: duration))
            }
        }
        faults.sort { $0.at < $1.at }
        healing = max(healing, patience)
    }

    /// How long may take what waits for something after healing.
    package var patience: Duration { max(patienceWithClocks, patienceWithLostCopies, patienceAfterRestores) }

    /// Where there may be no copy of a message but its sender's, they bring it again: as long after the last time as that was
    /// after the first, after 12 hours at the latest, and each time up to a tenth later (`Backoff.afterDeposits`).
    private var patienceWithLostCopies: Duration {
        let losesCopies =
            churn != nil
            || faults.contains { fault in
                switch fault.kind {
                case .damage, .crash(_, _, keepsDisk: false): true
                default: false
                }
            }
        // Of some mail all buddies are such liars: there never was a copy.
        let makesNone = liars?.lies.contains(where: \.keepsNothing) == true
        guard losesCopies || makesNone else { return .zero }
        return min(duration, .seconds(12 * 3_600)) * 11 / 10 + .seconds(1_800)
    }

    /// Who goes on from a copy that nothing tells from the data themselves may seal what doesn't open. Unless its recipient accepts them, it is
    /// sealed anew at the first retry half an hour after the recipient published the next day's prekey (docs/conversations.md, "Older copies").
    private var patienceAfterRestores: Duration {
        let isRestored = faults.contains { if case .restore = $0.kind { true } else { false } }
        return isRestored ? .seconds((24 + 13 + 2) * 3_600) : .zero
    }

    /// What is dated by clocks that are ahead is kept by those with the right time once that has come, as is what those
    /// keep whose clocks are behind.
    private var patienceWithClocks: Duration {
        var longest = Duration.zero
        for fault in faults {
            switch fault.kind {
            case .clockJump(_, let seconds): longest += .seconds(Int64(clamping: seconds.magnitude))
            case .drift(_, let millionths, let lasting):
                longest += lasting * Int(millionths.magnitude) / 1_000_000
            default: break
            }
        }
        return longest < .seconds(12 * 3_600) ? .zero : longest + .seconds(86_400)
    }
}

/// Draws as scenarios need them.
struct Draw {
    private var chance: Chance

    init(_ chance: Chance) { self.chance = chance }

    /// True in half of all cases.
    var isOn: Bool { mutating get { chance.below(2) == 0 } }

    mutating func below(_ bound: Int) -> Int { chance.below(bound) }

    mutating func number(_ range: ClosedRange<Int>) -> Int { range.lowerBound + chance.below(range.count) }

    mutating func one<Value>(of values: [Value]) -> Value { values[chance.below(values.count)] }

    /// To the second from one second on, to the millisecond below.
    mutating func duration(_ range: ClosedRange<Duration>) -> Duration {
        let milliseconds = Int((range.upperBound - range.lowerBound).nanoseconds / 1_000_000)
        let drawn = range.lowerBound + .milliseconds(chance.below(milliseconds + 1))
        return drawn < .seconds(1) ? drawn : .seconds(drawn.components.seconds)
    }
}
