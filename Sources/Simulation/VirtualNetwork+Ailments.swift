import Basics
import Station
import Storage

/// What goes wrong with single hosts and datagrams.
extension VirtualNetwork {
    private mutating func ail(_ id: HostID, _ change: (inout Ailment) -> Void) {
        let slot = slot(id)
        var ailment = hosts[slot].ailment ?? Ailment()
        change(&ailment)
        hosts[slot].ailment = ailment.isNothing ? nil : ailment
    }

    /// The next commit of a host fails, and its program ends once it has heard so: see `takeEnded`.
    package mutating func failNextCommit(of id: HostID) { ail(id) { $0.commitEnd = .failed } }

    /// A host crashes within its next commit: see `takeEnded`.
    package mutating func tearNextCommit(of id: HostID) { ail(id) { $0.commitEnd = .torn } }

    /// No commit of a host ends badly any more.
    package mutating func mendCommits(of id: HostID) { ail(id) { $0.commitEnd = nil } }

    /// Stops the program of a host until a time: it hears nothing, and does all that was due then at once.
    package mutating func pause(_ id: HostID, until instant: Instant) {
        ail(id) { $0.pausedUntil = max(instant, $0.pausedUntil ?? instant) }
    }

    /// Whether the program of a host is there and goes on.
    package func isRunning(_ id: HostID) -> Bool {
        guard isUp(id) else { return false }
        return !isPaused(slot(id))
    }

    func isPaused(_ slot: Int) -> Bool {
        guard let until = hosts[slot].ailment?.pausedUntil else { return false }
        return until > time
    }

    /// Lets the civil clock of a host run fast by so many millionths; what it has gained before stays.
    package mutating func setDrift(_ millionths: Int64, of id: HostID) {
        let slot = slot(id)
        hosts[slot].clockSkew += hosts[slot].ailment?.gained(at: time) ?? 0
        let now = time
        ail(id) { $0.drift = millionths == 0 ? nil : (millionths, now) }
    }

    /// What the civil clock of a host says.
    package func clock(of id: HostID) -> UnixTime { now(of: slot(id)).utc }

    /// From now on larger datagrams that a host sends vanish; nil: none.
    package mutating func setLargestSent(_ bytes: Int?, of id: HostID) { ail(id) { $0.largestSent = bytes } }

    /// Takes a host off its network, or brings it back, and has its system say so.
    package mutating func setUnplugged(_ isUnplugged: Bool, of id: HostID) {
        guard (hosts[slot(id)].ailment?.isUnplugged ?? false) != isUnplugged else { return }
        ail(id) { $0.isUnplugged = isUnplugged }
        changeNetwork(of: id, to: isUnplugged ? [] : hosts[slot(id)].families)
    }

    /// Damages values on the disk of a host, by chance.
    package mutating func damage(_ count: Int, of id: HostID, _ chance: inout Chance) {
        let disk = hosts[slot(id)].disk
        let tables = Table.allCases.filter { disk.count(of: $0) > 0 }
        guard !tables.isEmpty else { return }
        for _ in 0..<count {
            let table = tables[chance.below(tables.count)]
            disk.damage(table, at: chance.below(disk.count(of: table)))
        }
    }

    // MARK: Commits that end badly

    /// Hosts whose programs have ended by themselves since the last call.
    package mutating func takeEnded() -> [HostID] {
        defer { ended = [] }
        return ended
    }

    /// Ends a commit as it is to end; false where it ends as ever.
    mutating func endBadly(_ commit: CommitUnderWay, at slot: Int) -> Bool {
        guard let end = hosts[slot].ailment?.commitEnd else { return false }
        let id = hosts[slot].id
        ail(id) { $0.commitEnd = nil }
        let now = now(of: slot)
        switch end {
        case .failed:
            for batch in commit.group {
                let report = CommitReport(owner: batch.owner, through: batch.through, result: .failed)
                hosts[slot].station.handleCommit(report, now: now, into: &effects)
            }
            // What is said about it still gets out.
            drain(slot)
        case .torn:
            var chance = Chance(seed: seed ^ UInt64(hosts[slot].incarnation), .disks, host: id.index)
            for batch in commit.group.prefix(chance.below(commit.group.count + 1)) where !hosts[slot].isDiskFull {
                persist(batch.writes, at: slot)
            }
        }
        crash(id)
        ended.append(id)
        return true
    }

    // MARK: On the way

    /// What interference does to a datagram of a host, by draws for this datagram alone: which bit is flipped, and how much
    /// later it comes again.
    func interference(with count: Int, from index: Int) -> (flipped: Int?, later: Duration?) {
        guard let interference, count > 0 else { return (nil, nil) }
        var chance = Chance(
            seed: seed ^ hosts[index].sequence << 20, .interference, host: hosts[index].id.index)
        let flipped = chance.happens(interference.bitErrors) ? chance.below(8 * count) : nil
        return (flipped, chance.happens(interference.replays) ? interference.later : nil)
    }
}
