import Basics

extension Scenario {
    /// The most relaying nodes: as many as have addresses, and newcomers besides.
    public static let maximumNodes = 1_000_000
    /// The longest that a scenario may last: half a year, so that certificates, epochs and expiry are in it many times.
    public static let maximumDuration = Duration.seconds(180 * 86_400)

    /// When a scenario may begin: with ten digits of seconds, so that clocks that are wrong by years are still clocks.
    static let startTimes: Range<Int64> = 1_000_000_000..<10_000_000_000

    /// The largest share of time for which people may be away: they come online now and then.
    public static let maximumOffline = 0.999

    /// The most kinds of NATs in a mix: what is told of each pair still fits on a page.
    public static let maximumKinds = 16

    /// The most messages and lookups: what is known of each is kept to the end.
    public static let maximumCount = 10_000_000

    /// Which k a scenario may have: with fewer than four buddies there is no majority that outlives one of them.
    public static let bucketSizes = 4...Limits.bucketSize

    /// What is wrong with this scenario, as a sentence for a person; nil where it can be run.
    public var problem: String? {
        if !(1...Scenario.maximumNodes).contains(nodes) {
            return "A simulation has 1 to \(Scenario.maximumNodes) nodes, not \(nodes)."
        }
        if !Scenario.bucketSizes.contains(bucketSize) {
            let (least, most) = (Scenario.bucketSizes.lowerBound, Scenario.bucketSizes.upperBound)
            return "k is a number from \(least) to \(most), not \(bucketSize)."
        }
        if !(0...Scenario.maximumNodes).contains(peers) {
            return "A simulation has 0 to \(Scenario.maximumNodes) people, not \(peers)."
        }
        if duration <= .zero || duration > Scenario.maximumDuration {
            return "A simulation lasts more than no time, and at most 180 days."
        }
        if isSettled, hidden > 0 {
            return "In a settled network all nodes are reached: hidden is for networks that form."
        }
        if settling < .zero || settling > Scenario.maximumDuration { return "Settling takes 0 to 180 days." }
        if healing < .zero || healing > Scenario.maximumDuration { return "Healing takes 0 to 180 days." }
        if let churn, !(.seconds(1)...Scenario.maximumDuration).contains(churn.halfLife) {
            return "A half-life is from one second to 180 days."
        }
        if !(.seconds(1)...Scenario.maximumDuration).contains(spell) {
            return "People are online for one second to 180 days at a time."
        }
        if let repairInterval, !(.seconds(10) ... .seconds(86_400)).contains(repairInterval) {
            return "Rounds of repair are from 10 s to a day apart."
        }
        if let uplink, !(10_000...100_000_000_000).contains(uplink) {
            return "An uplink has from 10,000 to 100,000,000,000 bits a second."
        }
        if link.latency.lowerBound < .microseconds(1) || link.latency.upperBound > .seconds(60) {
            return "Latencies are from one microsecond to one minute."
        }
        if !Scenario.startTimes.contains(startTime.seconds) {
            return "startTime is in seconds since 1970, from 2001 to 2286."
        }
        let shares = [
            ("loss", link.loss), ("duplication", link.duplication), ("jitter", link.jitter), ("hidden", hidden),
            ("liars", liars?.share ?? 0), ("cancels", cancels), ("reads", reads), ("deletes", deletes),
            ("leavers", leavers), ("households", households),
        ]
        for (name, share) in shares where !(0...1).contains(share) {
            return "\(name) is a share from 0 to 1, not \(share)."
        }
        if !(0...Scenario.maximumOffline).contains(offline) {
            return "offline is a share from 0 to \(Scenario.maximumOffline), not \(offline)."
        }
        for (name, count) in [("messages", messages), ("flood", flood), ("lookups", lookups)]
        where !(0...Scenario.maximumCount).contains(count) {
            return "\(name) is a number from 0 to \(Scenario.maximumCount)."
        }
        if let problem = natProblem { return problem }
        if let problem = strangers?.problem { return problem }
        if peers < 1 && strangers != nil { return "Strangers write to somebody: at least one person." }
        if peers < 2 && (messages > 0 || flood > 0) { return "Messages take at least 2 people." }
        if leavers > 0 && messages > 0 && leaverCount > peers - 2 {
            return "Leavers write to people who stay: at least 2 must."
        }
        return faults.lazy.compactMap(problem).first
    }

    private var natProblem: String? {
        if let problem = nat.problem { return problem }
        guard !nats.isEmpty else { return nil }
        if nats.count > Scenario.maximumKinds { return "nats has at most \(Scenario.maximumKinds) kinds." }
        for nat in nats {
            if !(0...1).contains(nat.share) { return "nats.\(nat.name) is a share from 0 to 1, not \(nat.share)." }
            if let problem = nat.kind.problem { return problem }
        }
        let sum = nats.reduce(0) { $0 + $1.share }
        if !(0.999...1.001).contains(sum) { return "The shares of nats are 1 together, not \(sum)." }
        return Set(nats.map(\.name)).count == nats.count ? nil : "nats has each name once."
    }

    /// How many people leave for good.
    var leaverCount: Int { Int(Double(peers) * leavers) }

    private func problem(of fault: Fault) -> String? {
        if fault.at < .zero || fault.at > duration {
            return "A fault comes while the simulation runs: from 0 to its end."
        }
        let (share, lasting) = (fault.kind.share, fault.kind.lasting ?? .zero)
        if !(0...1).contains(share) { return "A fault strikes a share from 0 to 1, not \(share)." }
        if lasting < .zero || lasting > Scenario.maximumDuration { return "A fault lasts 0 to 180 days." }
        switch (fault.kind, fault.among) {
        case (.stop, .people), (.stop, .everybody): return "Only nodes stop for good."
        case (.damage, .people), (.damage, .everybody): return "Only values on the disks of nodes are damaged."
        case (.secondCopy, .nodes), (.secondCopy, .everybody): return "Only people live on two machines."
        case (.restore, .nodes), (.restore, .everybody): return "Only people go back to an old copy of their disks."
        default: break
        }
        let longest = Scenario.maximumDuration.components.seconds
        switch fault.kind {
        case .slowDisk(_, let delay, _) where !(.zero ... .seconds(3_600)).contains(delay):
            return "A slow disk takes at most an hour for a commit."
        case .clockJump(_, let seconds) where seconds.magnitude > UInt64(longest):
            return "A clock jumps by at most 180 days."
        case .drift(_, let millionths, _) where millionths.magnitude > 1_000_000:
            return "A clock drifts by at most 1,000,000 millionths."
        case .timerDrift(_, let millionths, _) where millionths.magnitude > TimerRate.maximumMillionths.magnitude:
            return "Timers run fast or slow by at most \(TimerRate.maximumMillionths) millionths."
        case .replay(_, let later, _) where later < .zero || later > Scenario.maximumDuration:
            return "Datagrams come again within 180 days."
        case .damage(_, let values) where !(0...10_000).contains(values):
            return "On each disk 0 to 10,000 values are damaged."
        case .mtuHole(_, let bytes, _) where !(0...65_535).contains(bytes):
            return "Datagrams have 0 to 65,535 bytes."
        default: return nil
        }
    }
}
