import Basics

/// What goes wrong, and how it ends.
extension Simulator {
    mutating func strike(_ fault: Fault) {
        guard phase == .running else { return }
        let among = fault.among ?? fault.kind.struck
        switch fault.kind {
        case .bitErrors(let share, let duration): interfere(for: duration) { $0.bitErrors = share }
        case .replay(let share, let later, let duration):
            interfere(for: duration) { ($0.replays, $0.later) = (share, later) }
        case .partition(let share, let duration): divide(struck(share, among), oneWay: false, for: duration)
        case .oneWay(let share, let duration): divide(struck(share, among), oneWay: true, for: duration)
        default: for host in struck(fault.kind.share, among) where network.exists(host) { strike(host, fault.kind) }
        }
        incidents.append(
            Incident(at: network.time - formedAt, lasting: fault.kind.lasting ?? .zero, what: fault.description))
    }

    private mutating func strike(_ host: HostID, _ kind: Fault.Kind) {
        switch kind {
        case .stop: stop(host)
        case .crash(_, let back, let keepsDisk): crash(host, back: back, keepsDisk: keepsDisk)
        case .clockJump(_, let seconds): network.jumpClock(of: host, by: seconds)
        case .slowDisk(_, let delay, _): network.setCommitDelay(delay, of: host)
        case .fullDisk: network.setDiskFull(true, of: host)
        case .failedCommit(_, let back):
            returns[host] = back
            network.failNextCommit(of: host)
        case .tornCommit(_, let back):
            returns[host] = back
            network.tearNextCommit(of: host)
        case .damage(_, let values): network.damage(values, of: host, &disks)
        case .pause(_, let lasting):
            // What is done late is done before healing begins.
            network.pause(host, until: min(network.time + lasting, formedAt + scenario.duration))
        case .drift(_, let millionths, _): network.setDrift(millionths, of: host)
        case .timerDrift(_, let millionths, _): network.setTimerDrift(millionths, of: host)
        case .secondCopy(_, _, let copiesDirectory): beginCopy(of: host, copiesDirectory: copiesDirectory)
        case .mtuHole(_, let bytes, _): network.setLargestSent(bytes, of: host)
        case .move(_, let isNoticed): move(host, isNoticed: isNoticed)
        case .rebind: rebind(host)
        case .networkLoss: network.setUnplugged(true, of: host)
        case .restore: copies[host] = (network.disk(host).copy(), network.time)
        case .partition, .oneWay, .bitErrors, .replay: break
        }
        if let lasting = kind.lasting { agenda.plan(.mend(host, kind), at: network.time + lasting) }
    }

    /// What struck a host is over, unless it ends by itself.
    mutating func mend(_ host: HostID, _ kind: Fault.Kind) {
        guard network.exists(host) else { return }
        switch kind {
        case .slowDisk, .fullDisk: restoreDisk(host)
        case .drift: network.setDrift(0, of: host)
        case .mtuHole: network.setLargestSent(nil, of: host)
        case .networkLoss: network.setUnplugged(false, of: host)
        case .restore: restoreCopy(of: host)
        case .timerDrift: network.setTimerDrift(0, of: host)
        case .secondCopy: endCopy(of: host)
        default: break
        }
    }

    /// Puts the copy of a person's disk in the place of what is there now.
    private mutating func restoreCopy(of host: HostID) {
        guard let (disk, copiedAt) = copies.removeValue(forKey: host) else { return }
        let isUp = network.isUp(host)
        if isUp { network.crash(host) }
        network.loseDisk(of: host)
        network.setDisk(disk, of: host)
        let (checks, person) = (checks, network.peerID(host))
        messages.recordRestored(host, to: copiedAt, at: network.time) { message in
            person.flatMap { checks.received(message, by: $0) }
        }
        checks.isNotOneAnyMore(host)
        // Who is away comes back by what is planned already.
        if isUp { comeBack(host) }
    }

    /// What happens to datagrams of all, for a time; of several such faults the last one says for how long.
    private mutating func interfere(for duration: Duration, _ change: (inout Interference) -> Void) {
        var interference = network.interference ?? Interference()
        change(&interference)
        network.interference = interference
        interferences += 1
        agenda.plan(.endInterference(interferences), at: network.time + duration)
    }

    mutating func endInterference(_ number: Int) {
        if number == interferences { network.interference = nil }
    }

    /// Programs that have ended by themselves come back after their time.
    mutating func takeEnded() {
        for host in network.takeEnded() {
            let back = returns.removeValue(forKey: host) ?? .zero
            if roster.contains(host) {
                roster.remove(host)
                crashed.append(host)
                agenda.plan(.restart(host), at: network.time + back)
            } else {
                agenda.plan(.comeBack(host), at: network.time + back)
            }
        }
    }

    /// A share of those whom a fault may strike, by chance. Of nodes at least one, where the share isn't 0.
    private mutating func struck(_ share: Double, _ among: Fault.Struck) -> [HostID] {
        switch among {
        case .nodes: return roster.sample(share, &faults)
        case .people: return faults.pick(Int((Double(people.count) * share).rounded(.up)), of: people)
        case .everybody:
            let everybody = roster.hosts + people
            return faults.pick(Int(Double(everybody.count) * share), of: everybody)
        }
    }

    private mutating func stop(_ host: HostID) {
        // At least one node that strangers reach must remain to join through: a network of hidden ones can't heal.
        guard roster.contains(host), network.isHidden(host) || roster.reachableCount > 1 else { return }
        roster.remove(host)
        network.crash(host)
        network.loseDisk(of: host)
    }

    private mutating func crash(_ host: HostID, back: Duration, keepsDisk: Bool) {
        // A person's machine keeps its disk: what is only there can't arrive without it.
        guard roster.contains(host) else { return crashPerson(host, back: back) }
        guard roster.count > 1 else { return }
        roster.remove(host)
        network.crash(host)
        if !keepsDisk { network.loseDisk(of: host) }
        crashed.append(host)
        agenda.plan(.restart(host), at: network.time + back)
    }

    private mutating func crashPerson(_ host: HostID, back: Duration) {
        guard network.isUp(host) else { return }
        network.crash(host)
        agenda.plan(.comeBack(host), at: network.time + back)
    }

    private mutating func divide(_ hosts: [HostID], oneWay: Bool, for duration: Duration) {
        partitions += 1
        var isApart = [Bool](repeating: false, count: network.hostsEver)
        for host in hosts { isApart[host.index] = true }
        // Hosts that come later are on the larger side.
        let side = isApart
        network.partition = { sender, receiver in
            let isCutOff = sender.index < side.count && side[sender.index]
            let isOther = receiver.index >= side.count || !side[receiver.index]
            return oneWay ? isCutOff && isOther : isCutOff == isOther
        }
        agenda.plan(.endPartition(partitions), at: network.time + duration)
    }

    mutating func endPartition(_ number: Int) {
        if number == partitions { network.partition = nil }
    }

    mutating func restoreDisk(_ host: HostID) {
        guard network.exists(host) else { return }
        network.setDiskFull(false, of: host)
        network.setCommitDelay(VirtualHost.commitDelay, of: host)
    }

    /// Ends all faults.
    mutating func healFaults() {
        network.partition = nil
        network.interference = nil
        for host in crashed { restart(host) }
        for host in people where copies[host] != nil { restoreCopy(of: host) }
        for host in people { endCopy(of: host) }
        for host in roster.hosts + people {
            restoreDisk(host)
            network.mendCommits(of: host)
            network.setDrift(0, of: host)
            network.setTimerDrift(0, of: host)
            network.setLargestSent(nil, of: host)
            network.setUnplugged(false, of: host)
            network.setClockSkew(0, of: host)
        }
    }
}

extension Fault.Kind {
    /// Whom it strikes where nothing else is said.
    fileprivate var struck: Fault.Struck {
        switch self {
        case .partition, .clockJump, .oneWay, .drift, .timerDrift, .rebind: .everybody
        case .restore, .secondCopy: .people
        default: .nodes
        }
    }
}
