import Basics

/// What goes wrong, and how it ends.
extension Simulator {
    mutating func strike(_ fault: Fault) {
        guard phase == .running else { return }
        switch fault.kind {
        case .stop(let share):
            for host in struck(share, fault.among ?? .nodes) { stop(host) }
        case .crash(let share, let back, let keepsDisk):
            for host in struck(share, fault.among ?? .nodes) { crash(host, back: back, keepsDisk: keepsDisk) }
        case .partition(let share, let duration):
            divide(struck(share, fault.among ?? .everybody), for: duration)
        case .clockJump(let share, let seconds):
            for host in struck(share, fault.among ?? .everybody) { network.jumpClock(of: host, by: seconds) }
        case .slowDisk(let share, let delay, let duration):
            for host in struck(share, fault.among ?? .nodes) {
                network.setCommitDelay(delay, of: host)
                agenda.plan(.restoreDisk(host), at: network.time + duration)
            }
        case .fullDisk(let share, let duration):
            for host in struck(share, fault.among ?? .nodes) {
                network.setDiskFull(true, of: host)
                agenda.plan(.restoreDisk(host), at: network.time + duration)
            }
        }
        incidents.append(
            Incident(at: network.time - formedAt, lasting: fault.kind.lasting ?? .zero, what: fault.description))
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
        // At least one node must remain to join through.
        guard roster.contains(host), roster.count > 1 else { return }
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

    private mutating func divide(_ hosts: [HostID], for duration: Duration) {
        partitions += 1
        var isApart = [Bool](repeating: false, count: network.hostsEver)
        for host in hosts { isApart[host.index] = true }
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
