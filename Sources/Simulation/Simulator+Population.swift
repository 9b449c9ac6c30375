import Basics
import Cryptography

/// Who is online when.
extension Simulator {
    /// The time in which people publish who they are.
    private static let publishing = Duration.seconds(300)

    // MARK: Forming

    /// A node joins; the next does soon: the network grows by at most a twentieth each second, as no bootstrap takes more.
    mutating func joinRelay() {
        guard !scenario.isSettled else { return formAtOnce() }
        startRelay(makeRelay())
        joined += 1
        if joined < scenario.nodes {
            let rate = min(500, max(20, joined / 20))
            return agenda.plan(.joinRelay, at: network.time + .nanoseconds(1_000_000_000 / rate))
        }
        beSilent()
    }

    /// All nodes are there: for a while nothing else happens.
    mutating func beSilent() {
        agenda.plan(.beginIdle, at: network.time + scenario.settling / 2)
        agenda.plan(.endIdle, at: network.time + scenario.settling)
    }

    /// The idle network has been measured: people come.
    mutating func endIdle() {
        idle.end(network, nodes: roster.count)
        for index in people.indices {
            agenda.plan(.joinPerson(index), at: network.time + .milliseconds(60_000 * index / people.count))
        }
        agenda.plan(.begin, at: network.time + (people.isEmpty ? .zero : Simulator.publishing))
    }

    mutating func joinPerson(_ index: Int) { start(people[index]) }

    mutating func makeRelay(inPlaceOf gone: HostID? = nil) -> HostID {
        let nat: NATKind? = scenario.hidden > 0 && churn.happens(scenario.hidden) ? scenario.nat : nil
        // One node must be reachable: others join through it.
        let hides = nat != nil && roster.reachableCount > 0
        let isLiar = scenario.liars.map { churn.happens($0.share) && (!roster.isEmpty || scenario.isSettled) } ?? false
        let secret = isLiar ? crowdingSecret() : nil
        let host: HostID
        if let gone {
            bytesOfGone += network.bytesSent(by: gone)
            host = network.replace(gone, behind: hides ? nat : nil, secret: secret)
        } else {
            host = network.addHost(behind: hides ? nat : nil, secret: secret)
        }
        if isLiar {
            liars.append(host)
            if phase != .forming { network.setLiar(liar, of: host) }
        }
        if let uplink = scenario.uplink {
            network.setUplink(bitsPerSecond: uplink, queue: .milliseconds(100), of: host)
        }
        return host
    }

    private mutating func startRelay(_ host: HostID) {
        start(host)
        roster.add(host, network.nodeID(host), isReachable: !network.isHidden(host), at: network.time)
    }

    // MARK: Churn

    mutating func beginChurn() {
        guard scenario.churn != nil else { return }
        for host in roster.hosts { planDeparture(of: host) }
    }

    private mutating func planDeparture(of host: HostID) {
        guard let law = scenario.churn else { return }
        let stay =
            switch law.law {
            case .exponential: churn.lifetime(halfLife: law.halfLife)
            case .weibull: churn.weibullLifetime(halfLife: law.halfLife)
            }
        let at = network.time + stay
        if at < formedAt + scenario.duration { agenda.plan(.leave(host), at: at) }
    }

    /// A node goes for good, without a word, and another comes in its place.
    mutating func leave(_ host: HostID) {
        guard phase == .running, roster.contains(host) else { return }
        roster.remove(host)
        network.crash(host)
        let newcomer = makeRelay(inPlaceOf: host)
        startRelay(newcomer)
        planDeparture(of: newcomer)
    }

    // MARK: People

    mutating func beginPresence() {
        guard scenario.offline > 0 else { return }
        for host in people {
            let isAway = presence.happens(scenario.offline)
            let stay = isAway ? presence.within(.seconds(60)) : presence.span(mean: scenario.spell)
            agenda.plan(.goAway(host), at: network.time + stay)
        }
    }

    /// What a program that ends has to send what others are to hear.
    private static let leaveTaking = Duration.seconds(1)
    /// The median of Weibull's law of shape 1/2 as a share of its mean: (ln 2)² / 2.
    private static let weibullMedian = 0.240_226_5

    /// A person goes: their machine goes off without a word, or they end the program.
    mutating func goAway(_ host: HostID) {
        guard phase == .running, network.isUp(host) else { return }
        if scenario.hurries, network.isRunning(host) {
            network.hurry(host)
            let incarnation = network.incarnation(of: host)
            agenda.plan(.endProgram(host, incarnation: incarnation), at: network.time + Simulator.leaveTaking)
        } else {
            network.crash(host)
        }
        // away / (away + spell) = offline
        let mean = scenario.spell * (scenario.offline / (1 - scenario.offline))
        let absence =
            switch scenario.absences {
            case .exponential: presence.span(mean: mean)
            case .weibull: presence.weibullLifetime(halfLife: mean * Simulator.weibullMedian)
            }
        let shortest = scenario.hurries ? Simulator.leaveTaking * 2 : .zero
        agenda.plan(.comeBack(host), at: network.time + max(absence, shortest))
    }

    /// A program that was told to end has had its time; unless its machine has crashed and come back since.
    mutating func endProgram(_ host: HostID, _ incarnation: Int) {
        guard network.isUp(host), network.incarnation(of: host) == incarnation else { return }
        network.crash(host)
        if phase == .healing { comeBack(host) }
    }

    mutating func comeBack(_ host: HostID) {
        guard phase == .running || phase == .healing, !network.isUp(host), !leavers.hasLeft(host) else { return }
        start(host)
        guard scenario.offline > 0 else { return }
        agenda.plan(.goAway(host), at: network.time + presence.span(mean: scenario.spell))
    }

    /// A person goes for good, without a word, whose mail others keep by now.
    mutating func leaveForGood(_ host: HostID, _ stored: [MessageID]) {
        messages.senderLeaves(stored, at: network.time)
        if network.isUp(host) { network.crash(host) }
    }

    /// A node that had crashed is back.
    mutating func restart(_ host: HostID) {
        guard let index = crashed.firstIndex(of: host) else { return }
        crashed.remove(at: index)
        startRelay(host)
    }

    // MARK: Liars

    var liar: Liar {
        Liar(lies: scenario.liars?.lies ?? [], names: falseNames ?? FalseNames(count: 0, seed: 0))
    }

    mutating func beginLies() {
        for host in liars where network.exists(host) { network.setLiar(liar, of: host) }
    }

    /// The secret of a node whose ID is close to a person's mailbox, where liars crowd: the best of some thousands.
    private mutating func crowdingSecret() -> SecretKey? {
        guard scenario.liars?.lies.contains(.crowd) == true, let victim = people.first,
            let location = network.peerID(victim)?.blindedKey(
                for: .mailbox, epoch: network.now.utc.epoch, suite: scenario.suite)?.location
        else { return nil }
        var best: (distance: Bytes32, seed: Bytes32)?
        for _ in 0..<2_048 {
            let seed = faults.bytes32()
            let distance = scenario.suite.publicKey(of: SecretKey(seed)).nodeID.bytes ^ location.bytes
            if best.map({ distance < $0.distance }) ?? true { best = (distance, seed) }
        }
        return best.map { SecretKey($0.seed) }
    }
}
