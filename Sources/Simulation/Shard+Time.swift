import Basics
import NodeCore
import PeerCore
import Station
import Storage

/// How time passes in a shard: one event after the other.
extension Shard {
    /// Lets all happen that is due before `end`, and nothing else.
    mutating func run(before end: Int64, _ conditions: Conditions) {
        while let next = queue.next, next.key.nanoseconds < end { step(conditions) }
    }

    /// Lets the next event happen.
    private mutating func step(_ conditions: Conditions) {
        guard let (key, event) = queue.pop() else { return }
        goOn(to: key.nanoseconds)
        if key.destination & EventQueue.Key.natBit != 0 { return passNAT(event, key, conditions) }
        let index = conditions.directory.seat(of: key.destination).map { Int($0.index) }
        if let index, hosts[index].ailment?.pausedUntil != nil, isHeldBack(event, key, at: index) { return }
        guard handle(event, from: key.source, at: index, conditions), let index else { return }
        count(key, at: index)
        if event.isDatagram { receiveRest(at: index, key.destination, conditions) }
        turns += 1
        drain(index, conditions)
    }

    /// Lets the datagrams arrive that a host reads together with the first of a turn.
    private mutating func receiveRest(at index: Int, _ destination: UInt32, _ conditions: Conditions) {
        for _ in 1..<VirtualHost.turnSize {
            guard let next = queue.next, next.key.destination == destination, next.key.nanoseconds <= nanoseconds,
                next.event.isDatagram, let (key, event) = queue.pop()
            else { return }
            if handle(event, from: key.source, at: index, conditions) { count(key, at: index) }
        }
    }

    /// Lets an event wait for a host whose program is stopped; false where it isn't.
    private mutating func isHeldBack(_ event: HostEvent, _ key: EventQueue.Key, at index: Int) -> Bool {
        guard let until = hosts[index].ailment?.pausedUntil else { return false }
        guard until > time else {
            hosts[index].ailment?.pausedUntil = nil
            hosts[index].ailment?.datagramsWaiting = 0
            return false
        }
        if let slot = event.slot {
            let waiting = hosts[index].ailment?.datagramsWaiting ?? 0
            guard waiting < Ailment.mostWaiting else {
                pool.release(slot)
                return true
            }
            hosts[index].ailment?.datagramsWaiting = waiting + 1
        }
        let again = VirtualHost.reading(after: until.roundedUp)
        queue.push(event, EventQueue.Key(again, key.destination, key.source, key.sequence))
        return true
    }

    private mutating func count(_ key: EventQueue.Key, at index: Int) {
        events += 1
        hosts[index].trace.add(UInt64(bitPattern: key.nanoseconds))
        hosts[index].trace.add(UInt64(key.destination) << 32 | UInt64(key.source))
    }

    /// Lets an event happen; returns false if its host no longer needs it. `index` nil: the host is gone.
    private mutating func handle(
        _ event: HostEvent, from source: UInt32, at index: Int?, _ conditions: Conditions
    ) -> Bool {
        switch event {
        case .datagram(let slot, let count, let from, let to):
            defer { pool.release(slot) }
            // Who has gone behind a NAT meanwhile has no such address any more.
            guard let index, to.isIPv6 || hosts[index].home == nil else { return false }
            let sender = conditions.directory.source(source, from)
            let bytes = UnsafeRawBufferPointer(start: slot, count: Int(count))
            return arrive(bytes, from: sender, to: to, at: index, conditions)
        case .translated(let slot, let count, let to):
            defer { pool.release(slot) }
            guard let index else { return false }
            let bytes = UnsafeRawBufferPointer(start: slot, count: Int(count))
            return arrive(bytes, from: DatagramPool.addresses(slot).source, to: to, at: index, conditions)
        case .outside(let slot, _):
            pool.release(slot)
            return false
        case .wakeUp:
            guard let index, hosts[index].isUp, let at = hosts[index].wakeUpAt, at <= nanoseconds else {
                return false
            }
            hosts[index].wakeUpAt = nil
            let now = now(of: index, conditions)
            guard hosts[index].station.handleDeadline(now: now, into: &effects) else {
                // The work for which it was to wake has been done in the meantime.
                arm(index)
                return false
            }
            timers += 1
        case .commit(let place):
            guard let commit = takeCommit(place), let index, hosts[index].isUp,
                hosts[index].incarnation == commit.incarnation
            else { return false }
            guard !endBadly(commit, at: index, conditions) else { return false }
            finish(commit, at: index, conditions)
        }
        return true
    }

    /// A datagram has come to a host; false where nobody reads it.
    private mutating func arrive(
        _ bytes: UnsafeRawBufferPointer, from sender: Endpoint, to socket: VirtualSocket, at index: Int,
        _ conditions: Conditions
    ) -> Bool {
        guard hosts[index].isUp, hosts[index].ailment?.isUnplugged != true else { return false }
        let firewall = socket.isIPv6 ? hosts[index].firewall : hosts[index].filter
        if let firewall, !firewall.admits(from: sender, to: socket, at: time) { return false }
        let id = hosts[index].id
        victims?.hear(id, from: sender)
        hosts[index].trace.add(bytes)
        datagrams += 1
        receive(bytes, from: sender, to: socket, at: index, conditions)
        return true
    }

    mutating func receive(
        _ bytes: UnsafeRawBufferPointer, from sender: Endpoint, to socket: VirtualSocket, at index: Int,
        _ conditions: Conditions
    ) {
        let now = now(of: index, conditions)
        if socket.isProbe {
            hosts[index].station.receiveProbe(bytes.bytes, from: sender, now: now, into: &effects)
        } else {
            hosts[index].station.receive(bytes.bytes, from: sender, now: now, into: &effects)
        }
    }

    // MARK: Commits

    private mutating func finish(_ commit: CommitUnderWay, at index: Int, _ conditions: Conditions) {
        let now = now(of: index, conditions)
        let reports = CommitQueue.commit(commit.group) { writes in
            guard !hosts[index].isDiskFull else { return .full }
            persist(writes, at: index, conditions)
            return .committed
        }
        // As the thread of a real node does: it begins the next commit before the result of this one is reported.
        commitNextGroup(index)
        for report in reports { hosts[index].station.handleCommit(report, now: now, into: &effects) }
    }

    private mutating func takeCommit(_ place: UInt32) -> CommitUnderWay? {
        defer {
            commits[Int(place)] = nil
            freeCommits.append(place)
        }
        return commits[Int(place)]
    }

    /// Ends a commit as it is to end; false where it ends as ever.
    private mutating func endBadly(_ commit: CommitUnderWay, at index: Int, _ conditions: Conditions) -> Bool {
        guard let end = hosts[index].ailment?.commitEnd else { return false }
        hosts[index].changeAilment { $0.commitEnd = nil }
        let now = now(of: index, conditions)
        switch end {
        case .failed:
            for batch in commit.group {
                let report = CommitReport(owner: batch.owner, through: batch.through, result: .failed)
                hosts[index].station.handleCommit(report, now: now, into: &effects)
            }
            // What is said about it still gets out.
            drain(index, conditions)
        case .torn:
            let id = hosts[index].id
            var chance = Chance(
                seed: conditions.seed ^ UInt64(hosts[index].incarnation), .disks, host: id.index)
            for batch in commit.group.prefix(chance.below(commit.group.count + 1)) where !hosts[index].isDiskFull {
                persist(batch.writes, at: index, conditions)
            }
        }
        crash(index)
        ended.append((due, hosts[index].id))
        return true
    }
}
