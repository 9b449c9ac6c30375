import Basics
import Cryptography
import Exchange
import NodeCore
import PeerCore
import Sessions
import Station

/// The driver of a host's station, as `RoostNode` is that of a real one.
extension Shard {
    /// Ends a turn of a host.
    mutating func drain(_ index: Int, _ conditions: Conditions) {
        exchange(index, conditions)
        if !effects.person.notices.isEmpty || !effects.answers.isEmpty { publish(index) }
        if !effects.node.datagrams.isEmpty || !effects.node.probes.isEmpty { transmit(from: index, conditions) }
        commit(index)
        arm(index)
    }

    private mutating func exchange(_ index: Int, _ conditions: Conditions) {
        let (station, now) = (hosts[index].station, now(of: index, conditions))
        guard keepsLog else { return station.exchange(now: now, into: &effects) }
        // Not to the log at once: `self` can't be seen to while `effects` is lent.
        var facts: [Fact] = []
        var attested: [Endpoint] = []
        station.exchange(now: now, into: &effects) { passage in
            switch passage {
            case .event(let event):
                if StorageLedger.isAbout(event) { facts.append(.report(event)) }
                switch event {
                case .envelope(let id, _, let envelope, _): facts.append(.fetched(envelope, by: id))
                case .collectFinished(let id, _, _): facts.append(.collected(id))
                default: break
                }
            case .command(let id, let command):
                Shard.inspect(command, id, &facts)
                if case .openWay(_, at: _, attested: let endpoint, nonce: _) = command { attested.append(endpoint) }
            }
        }
        for fact in facts { record(fact, at: index) }
        let (id, instant) = (hosts[index].id, time)
        for endpoint in attested { victims?.attest(endpoint, to: id, at: instant) }
    }

    /// What a person's side has its node do, for the checkers.
    private static func inspect(_ command: NodeCommand, _ id: CommandID, _ facts: inout [Fact]) {
        switch command {
        case .deposit(_, _, let envelope):
            facts.append(.deposit(id, EnvelopeID(hashing: envelope.span.bytes)))
            facts += Seal.seals(ofEnvelope: envelope).map { .nonce(.seal($0)) }
        case .collectAnnounced: facts.append(.collecting(id))
        case .deliver(_, let envelope, _): facts += Seal.seals(ofEnvelope: envelope).map { .nonce(.seal($0)) }
        case .publishRecord(_, let record), .checkRecord(_, let record):
            facts += Seal.seals(ofRecord: record).map { .nonce(.seal($0)) }
        default: break
        }
    }

    private mutating func publish(_ index: Int) {
        if keepsLog {
            for notice in effects.person.notices { record(.notice(notice), at: index) }
            for event in effects.answers { record(.answer(event), at: index) }
        } else {
            hosts[index].notices += effects.person.notices
            hosts[index].answers += effects.answers
        }
        effects.person.notices.removeAll(keepingCapacity: true)
        effects.answers.removeAll(keepingCapacity: true)
    }

    // MARK: Datagrams

    private mutating func transmit(from index: Int, _ conditions: Conditions) {
        // Out of the way meanwhile: `self` can't be changed while they are lent. The queues keep their storage.
        var (datagrams, probes, sent) = (DatagramQueue(capacity: 0), DatagramQueue(capacity: 0), Traffic())
        swap(&datagrams, &effects.node.datagrams)
        swap(&probes, &effects.node.probes)
        exchangeCounter(&sent, of: index)
        func send(_ path: Path, _ bytes: UnsafeRawBufferPointer) -> Bool {
            switch path {
            case .direct(let endpoint): transmit(bytes, to: endpoint, from: .main, of: index, conditions)
            }
        }
        func sendProbe(_ path: Path, _ bytes: UnsafeRawBufferPointer) -> Bool {
            switch path {
            case .direct(let endpoint): transmit(bytes, to: endpoint, from: .probe, of: index, conditions)
            }
        }
        datagrams.drain(counting: &sent, send: send)
        probes.drain(counting: &sent, send: sendProbe)
        swap(&datagrams, &effects.node.datagrams)
        swap(&probes, &effects.node.probes)
        exchangeCounter(&sent, of: index)
    }

    /// Swaps a counter with that of the nodes like this one.
    private mutating func exchangeCounter(_ counter: inout Traffic, of index: Int) {
        if hosts[index].profile == nil { swap(&counter, &traffic.relays) } else { swap(&counter, &traffic.people) }
    }

    /// Sends a datagram; false where the host has no way out for it, so that it doesn't leave.
    private mutating func transmit(
        _ bytes: UnsafeRawBufferPointer, to endpoint: Endpoint, from socket: VirtualSocket, of index: Int,
        _ conditions: Conditions
    ) -> Bool {
        let id = hosts[index].id
        let family = endpoint.family
        guard conditions.directory.families(of: id).contains(family), hosts[index].ailment?.isUnplugged != true else {
            hosts[index].unroutable += 1
            return false
        }
        let socket = socket.over(family)
        let way = way(to: endpoint, from: socket, of: index, conditions)
        if let tap = conditions.tap { tap(id, receiver(of: way), bytes) }
        if keepsLog { inspect(bytes, of: index, to: way.receiver) }
        victims?.send(from: id, to: endpoint, isDial: socket.isProbe, at: time)
        hosts[index].bytesSent += bytes.count
        hosts[index].datagramsSent += 1
        let firewall = socket.isIPv6 ? hosts[index].firewall : hosts[index].filter
        if let firewall { firewall.recordSent(from: socket, to: endpoint, at: time) }
        var departure = nanoseconds
        if hosts[index].uplink != nil {
            guard let delay = hosts[index].uplink?.send(bytes.count, at: time) else { return true }
            departure += delay.nanoseconds
        }
        guard let goal = way.goal, !isApart(id, way, conditions), !conditions.brokenFamilies.contains(family),
            bytes.count <= hosts[index].ailment?.largestSent ?? .max
        else { return true }
        let (flipped, later) = interference(with: bytes.count, from: index, conditions)
        let delays = delays(over: way, to: goal, from: index, conditions)
        for delay in [delays.first, delays.second] {
            guard let delay else { break }
            let slot = pool.store(bytes)
            if let flipped { DatagramPool.flip(flipped, of: slot) }
            let event = way.event(slot, bytes.count, from: socket)
            schedule(event, to: goal, from: index, at: departure + delay.nanoseconds)
        }
        guard let later else { return true }
        schedule(way.event(pool.store(bytes), bytes.count, from: socket), to: goal, from: index, at: departure + later)
        return true
    }

    /// What interference does to a datagram of a host, by draws for this datagram alone: which bit is flipped, and how much
    /// later it comes again, in nanoseconds. No link is that fast that it comes sooner than the fastest.
    private func interference(
        with count: Int, from index: Int, _ conditions: Conditions
    ) -> (flipped: Int?, later: Int64?) {
        guard let interference = conditions.interference, count > 0 else { return (nil, nil) }
        var chance = Chance(
            seed: conditions.seed ^ hosts[index].sequence << 20, .interference, host: hosts[index].id.index)
        let flipped = chance.happens(interference.bitErrors) ? chance.below(8 * count) : nil
        let later = max(interference.later.nanoseconds, conditions.path.shortest)
        return (flipped, chance.happens(interference.replays) ? later : nil)
    }

    private mutating func inspect(_ bytes: UnsafeRawBufferPointer, of index: Int, to receiver: HostID?) {
        var facts: [NonceFact] = []
        NonceCheck.inspect(bytes, by: hosts[index].id, to: receiver, &hosts[index].counters) { facts.append($0) }
        for fact in facts { record(.nonce(fact), at: index) }
    }

    /// Lets a datagram arrive: it is read when its receiver next looks.
    private mutating func schedule(
        _ datagram: HostEvent, to goal: Way.Goal, from index: Int, at arrival: Int64
    ) {
        hosts[index].sequence += 1
        let key = EventQueue.Key(
            VirtualHost.reading(after: arrival), goal.destination, UInt32(hosts[index].id.index),
            hosts[index].sequence)
        if goal.shard == number {
            queue.push(datagram, key)
        } else {
            outgoing[Int(goal.shard)].append((key, datagram))
        }
    }

    // MARK: Disks and timers

    private mutating func commit(_ index: Int) {
        let batches = hosts[index].station.takeWrites()
        if hosts[index].commits.submit(batches) { commitNextGroup(index) }
    }

    /// Lets the disk of a host begin with what waits for it.
    mutating func commitNextGroup(_ index: Int) {
        let group = hosts[index].commits.nextGroup()
        guard !group.isEmpty else { return }
        let commit = CommitUnderWay(incarnation: hosts[index].incarnation, group: group)
        let place = freeCommits.popLast() ?? UInt32(commits.count)
        if place == commits.count { commits.append(commit) } else { commits[Int(place)] = commit }
        scheduleOwn(.commit(place), of: index, at: nanoseconds + hosts[index].commitDelay.nanoseconds)
    }

    mutating func arm(_ index: Int) {
        guard hosts[index].isUp else { return }
        guard var next = hosts[index].station.nextDeadline else { return }
        if let timers = hosts[index].ailment?.timers { next = timers.truth(at: next) }
        // Never in the past or at this very instant: time must go on even where a deadline doesn't move.
        let at = max(next.roundedUp, nanoseconds + 100_000)
        if let armed = hosts[index].wakeUpAt, armed <= at { return }
        hosts[index].wakeUpAt = at
        scheduleOwn(.wakeUp, of: index, at: at)
    }

    private mutating func scheduleOwn(_ event: HostEvent, of index: Int, at instant: Int64) {
        hosts[index].sequence += 1
        let number = UInt32(hosts[index].id.index)
        queue.push(event, EventQueue.Key(instant, number, number, hosts[index].sequence))
    }
}
