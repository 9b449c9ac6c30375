import Basics
import NodeCore
import PeerCore
import Sessions
import Station

/// The driver of a host's station, as `RoostNode` is that of a real one.
extension VirtualNetwork {
    /// Ends a turn of a host.
    mutating func drain(_ index: Int) {
        exchange(index)
        if !effects.person.notices.isEmpty || !effects.answers.isEmpty { publish(index) }
        if !effects.node.datagrams.isEmpty || !effects.node.probes.isEmpty { transmit(from: index) }
        commit(index)
        arm(index)
    }

    private mutating func exchange(_ index: Int) {
        let (station, now) = (hosts[index].station, now(of: index))
        guard storage != nil else { return station.exchange(now: now, into: &effects) }
        let (id, checks) = (hosts[index].id, checks)
        // Out of the way meanwhile: all of `self` can't be seen to while `effects` is lent.
        var ledger: StorageLedger?
        swap(&ledger, &storage)
        station.exchange(now: now, into: &effects) { passage in
            if case .command(_, let command) = passage { checks?.commanded(command, at: id) }
            switch passage {
            case .event(let event): ledger?.record(event, at: id)
            case .command(let command, .deposit(_, _, let envelope)): ledger?.recordDeposit(envelope, command, by: id)
            case .command: break
            }
        }
        swap(&ledger, &storage)
    }

    private mutating func publish(_ index: Int) {
        if news == nil {
            hosts[index].notices += effects.person.notices
            hosts[index].answers += effects.answers
        } else {
            for notice in effects.person.notices { news?.notices.append((hosts[index].id, notice)) }
            for event in effects.answers { news?.answers.append((hosts[index].id, event)) }
        }
        effects.person.notices.removeAll(keepingCapacity: true)
        effects.answers.removeAll(keepingCapacity: true)
    }

    // MARK: Datagrams

    private mutating func transmit(from index: Int) {
        // Out of the way meanwhile: `self` can't be changed while they are lent. The queues keep their storage.
        var (datagrams, probes, sent) = (DatagramQueue(capacity: 0), DatagramQueue(capacity: 0), Traffic())
        swap(&datagrams, &effects.node.datagrams)
        swap(&probes, &effects.node.probes)
        exchangeCounter(&sent, of: index)
        func send(_ path: Path, _ bytes: UnsafeRawBufferPointer) -> Bool {
            switch path {
            case .direct(let endpoint): transmit(bytes, to: endpoint, from: .main, of: index)
            }
        }
        func sendProbe(_ path: Path, _ bytes: UnsafeRawBufferPointer) -> Bool {
            switch path {
            case .direct(let endpoint): transmit(bytes, to: endpoint, from: .probe, of: index)
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
        _ bytes: UnsafeRawBufferPointer, to endpoint: Endpoint, from socket: VirtualSocket, of index: Int
    ) -> Bool {
        guard hosts[index].families.contains(endpoint.family), hosts[index].ailment?.isUnplugged != true else {
            hosts[index].unroutable += 1
            return false
        }
        let socket = socket.over(endpoint.family)
        let receiver = receiver(at: endpoint)
        tap?(hosts[index].id, receiver.map { hosts[$0.slot].id }, bytes)
        checks?.sent(bytes, by: hosts[index].id, to: receiver.map { hosts[$0.slot].id })
        hosts[index].bytesSent += bytes.count
        hosts[index].datagramsSent += 1
        if socket.isIPv6 {
            hosts[index].firewall?.recordSent(from: socket, to: endpoint, at: time)
        } else {
            hosts[index].nat?.recordSent(from: socket, to: endpoint, at: time)
        }
        var departure = time
        if hosts[index].uplink != nil {
            guard let delay = hosts[index].uplink?.send(bytes.count, at: time) else { return true }
            departure = time + delay
        }
        guard let receiver, partition?(hosts[index].id, hosts[receiver.slot].id) != true,
            !brokenFamilies.contains(endpoint.family), bytes.count <= hosts[index].ailment?.largestSent ?? .max
        else { return true }
        let (flipped, later) = interference(with: bytes.count, from: index)
        let delays = path.delays(
            from: hosts[index].place, to: hosts[receiver.slot].place, &hosts[index].linkGenerator)
        for delay in [delays.first, delays.second] {
            guard let delay else { break }
            let place = pool.store(bytes)
            if let flipped { pool.flip(flipped, of: place) }
            let event = HostEvent.datagram(
                slot: place, count: UInt16(bytes.count), from: socket, to: receiver.socket)
            let reading = VirtualHost.reading(after: departure + delay)
            schedule(event, to: hosts[receiver.slot].id, from: index, at: reading)
        }
        guard let later else { return true }
        let event = HostEvent.datagram(
            slot: pool.store(bytes), count: UInt16(bytes.count), from: socket, to: receiver.socket)
        schedule(
            event, to: hosts[receiver.slot].id, from: index, at: VirtualHost.reading(after: departure + later))
        return true
    }

    /// The host and the socket of it that an endpoint means.
    private func receiver(at endpoint: Endpoint) -> (slot: Int, socket: VirtualSocket)? {
        guard let slot = endpoint.isIPv4 ? endpoint.ipv4.flatMap({ slot(at: $0) }) : slot(atIPv6: endpoint),
            hosts[slot].families.contains(endpoint.family),
            let socket = VirtualHost.socket(at: endpoint, main: hosts[slot].endpoint.port)
        else { return nil }
        return (slot, socket)
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
        schedule(.commit(place), to: hosts[index].id, from: index, at: time + hosts[index].commitDelay)
    }

    mutating func arm(_ index: Int) {
        guard hosts[index].isUp else { return }
        guard let next = hosts[index].station.nextDeadline else { return }
        // Never in the past or at this very instant: time must go on even where a deadline doesn't move.
        let at = max(next, time + .microseconds(100))
        if let armed = hosts[index].wakeUpAt, armed <= at { return }
        hosts[index].wakeUpAt = at
        schedule(.wakeUp, to: hosts[index].id, from: index, at: at)
    }

    private mutating func schedule(_ event: HostEvent, to destination: HostID, from source: Int, at: Instant) {
        hosts[source].sequence += 1
        queue.push(
            event,
            EventQueue.Key(
                at: at, destination: UInt32(destination.index), source: UInt32(hosts[source].id.index),
                sequence: hosts[source].sequence))
    }
}
