import Basics

/// What goes wrong, and how it ends.
extension Simulator {
    mutating func strike(_ kind: Fault.Kind) {
        guard phase == .running else { return }
        let lasting: Duration
        switch kind {
        case .stop(let share):
            lasting = .zero
            for host in roster.sample(share, &faults) { stop(host) }
        case .crash(let share, let back, let keepsDisk):
            lasting = back
            for host in roster.sample(share, &faults) { crash(host, back: back, keepsDisk: keepsDisk) }
        case .partition(let share, let duration):
            lasting = duration
            divide(share, for: duration)
        case .clockJump(let share, let seconds):
            lasting = .zero
            let everybody = roster.hosts + people
            let struck = faults.pick(Int(Double(everybody.count) * share), of: everybody)
            for host in struck { network.jumpClock(of: host, by: seconds) }
        case .slowDisk(let share, let delay, let duration):
            lasting = duration
            for host in roster.sample(share, &faults) {
                network.setCommitDelay(delay, of: host)
                agenda.plan(.restoreDisk(host), at: network.time + duration)
            }
        case .fullDisk(let share, let duration):
            lasting = duration
            for host in roster.sample(share, &faults) {
                network.setDiskFull(true, of: host)
                agenda.plan(.restoreDisk(host), at: network.time + duration)
            }
        }
        incidents.append(Incident(at: network.time - formedAt, lasting: lasting, what: kind.description))
    }

    private mutating func stop(_ host: HostID) {
        // At least one node must remain to join through.
        guard roster.count > 1 else { return }
        roster.remove(host)
        network.crash(host)
        network.loseDisk(of: host)
    }

    private mutating func crash(_ host: HostID, back: Duration, keepsDisk: Bool) {
        guard roster.count > 1 else { return }
        roster.remove(host)
        network.crash(host)
        if !keepsDisk { network.loseDisk(of: host) }
        crashed.append(host)
        agenda.plan(.restart(host), at: network.time + back)
    }

    private mutating func divide(_ share: Double, for duration: Duration) {
        partitions += 1
        let everybody = roster.hosts + people
        var isApart = [Bool](repeating: false, count: network.hostsEver)
        for host in faults.pick(Int(Double(everybody.count) * share), of: everybody) { isApart[host.index] = true }
        // Hosts that come later are on the larger side.
        let side = isApart
        network.partition = { left, right in
            (left.index < side.count && side[left.index]) != (right.index < side.count && side[right.index])
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
        for host in crashed { restart(host) }
        for host in roster.hosts + people {
            restoreDisk(host)
            network.setClockSkew(0, of: host)
        }
    }
}

extension Fault.Kind: CustomStringConvertible {
    /// What happens, in a few words.
    public var description: String {
        func percent(_ share: Double) -> String { "\(Int(share * 100 + 0.5)) %" }
        return switch self {
        case .stop(let share): "\(percent(share)) of nodes stop"
        case .crash(let share, _, true): "\(percent(share)) of nodes crash"
        case .crash(let share, _, false): "\(percent(share)) of nodes crash and lose their disks"
        case .partition(let share, _): "\(percent(share)) are cut off"
        case .clockJump(let share, let seconds): "\(percent(share)) of clocks jump by \(seconds) s"
        case .slowDisk(let share, _, _): "\(percent(share)) of disks are slow"
        case .fullDisk(let share, _): "\(percent(share)) of disks are full"
        }
    }
}
