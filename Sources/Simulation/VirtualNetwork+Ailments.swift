import Basics
import Station
import Storage

/// What goes wrong with single hosts.
extension VirtualNetwork {
    /// The next commit of a host fails, and its program ends once it has heard so: see `takeEnded`.
    package mutating func failNextCommit(of id: HostID) { self[id].changeAilment { $0.commitEnd = .failed } }

    /// A host crashes within its next commit: see `takeEnded`.
    package mutating func tearNextCommit(of id: HostID) { self[id].changeAilment { $0.commitEnd = .torn } }

    /// No commit of a host ends badly any more.
    package mutating func mendCommits(of id: HostID) { self[id].changeAilment { $0.commitEnd = nil } }

    /// Stops the program of a host until a time: it hears nothing, and does all that was due then at once.
    package mutating func pause(_ id: HostID, until instant: Instant) {
        self[id].changeAilment { $0.pausedUntil = max(instant, $0.pausedUntil ?? instant) }
    }

    /// Whether the program of a host is there and goes on.
    package func isRunning(_ id: HostID) -> Bool {
        guard isUp(id) else { return false }
        guard let until = self[id].ailment?.pausedUntil else { return true }
        return until <= time
    }

    /// Lets the civil clock of a host run fast by so many millionths; what it has gained before stays.
    package mutating func setDrift(_ millionths: Int64, of id: HostID) {
        let now = time
        self[id].clockSkew += self[id].ailment?.gained(at: now) ?? 0
        self[id].changeAilment { $0.drift = millionths == 0 ? nil : (millionths, now) }
    }

    /// Lets the monotonic clock of a host, and so all its timers, run fast by so many millionths; what it has gained stays.
    package mutating func setTimerDrift(_ millionths: Int64, of id: HostID) {
        let now = time
        guard millionths != 0 || self[id].ailment?.timers != nil else { return }
        self[id].changeAilment {
            var timers = $0.timers ?? TimerRate()
            timers.set(millionths, at: now)
            $0.timers = timers
        }
        // What is due by its clock is due at another true time.
        self[id].wakeUpAt = nil
        let seat = conditions.directory.seat(of: id)
        let box = shards[Int(seat.shard)]
        box.shard.begin(at: now)
        box.shard.arm(Int(seat.index))
    }

    /// What the civil clock of a host says.
    package func clock(of id: HostID) -> UnixTime { now(of: id).utc }

    /// From now on larger datagrams that a host sends vanish; nil: none.
    package mutating func setLargestSent(_ bytes: Int?, of id: HostID) {
        self[id].changeAilment { $0.largestSent = bytes }
    }

    /// Takes a host off its network, or brings it back, and has its system say so.
    package mutating func setUnplugged(_ isUnplugged: Bool, of id: HostID) {
        guard (self[id].ailment?.isUnplugged ?? false) != isUnplugged else { return }
        self[id].changeAilment { $0.isUnplugged = isUnplugged }
        changeNetwork(of: id, to: isUnplugged ? [] : conditions.directory.families(of: id))
    }

    /// Damages values on the disk of a host, by chance.
    package mutating func damage(_ count: Int, of id: HostID, _ chance: inout Chance) {
        let disk = self[id].disk
        let tables = Table.allCases.filter { disk.count(of: $0) > 0 }
        guard !tables.isEmpty else { return }
        for _ in 0..<count {
            let table = tables[chance.below(tables.count)]
            disk.damage(table, at: chance.below(disk.count(of: table)))
        }
    }

    /// Hosts whose programs have ended by themselves since the last call.
    package mutating func takeEnded() -> [HostID] {
        defer { ended = [] }
        return ended
    }
}
