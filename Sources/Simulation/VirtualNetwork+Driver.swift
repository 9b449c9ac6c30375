import Basics
import Exchange
import NodeCore
import PeerCore
import Wire

/// Does what a host's cores want: exactly what the driver of a real node does.
extension VirtualNetwork {
    mutating func drain(_ index: Int) {
        if !nodeOutbox.events.isEmpty || !peerOutbox.commands.isEmpty { exchange(index) }
        if !peerOutbox.notices.isEmpty { publish(index) }
        if !nodeOutbox.datagrams.isEmpty || !nodeOutbox.probes.isEmpty { transmit(from: index) }
        if hosts[index].profile == nil {
            traffic.relays.take(&nodeOutbox.traffic)
        } else {
            traffic.people.take(&nodeOutbox.traffic)
        }
        commit(index)
        arm(index)
    }

    /// Events go to the person's side, whose commands go to the node, until both have said all.
    private mutating func exchange(_ index: Int) {
        let now = now(of: index)
        while !nodeOutbox.events.isEmpty || !peerOutbox.commands.isEmpty {
            let events = nodeOutbox.events
            nodeOutbox.events.removeAll(keepingCapacity: true)
            for event in events { route(event, index, now) }
            let commands = peerOutbox.commands
            peerOutbox.commands.removeAll(keepingCapacity: true)
            for (id, command) in commands {
                if case .deposit(_, _, let envelope) = command {
                    storage?.noteDeposit(envelope, id, by: hosts[index].id)
                }
                hosts[index].node.handle(command, id: id, now: now, into: &nodeOutbox)
            }
        }
    }

    private mutating func route(_ event: NodeEvent, _ index: Int, _ now: Now) {
        let isForPerson = (event.command?.number ?? 0) < VirtualNetwork.operatorCommands
        if isForPerson, hosts[index].peer != nil {
            storage?.note(event, at: hosts[index].id)
            hosts[index].peer?.handle(event, now: now, into: &peerOutbox)
        } else if news != nil {
            news?.answers.append((hosts[index].id, event))
        } else {
            hosts[index].answers.append(event)
        }
    }

    private mutating func publish(_ index: Int) {
        if news == nil {
            hosts[index].notices += peerOutbox.notices
        } else {
            for notice in peerOutbox.notices { news?.notices.append((hosts[index].id, notice)) }
        }
        peerOutbox.notices.removeAll(keepingCapacity: true)
    }

    // MARK: Datagrams

    private mutating func transmit(from index: Int) {
        // The queues are emptied, and keep their storage.
        var (datagrams, probes) = (DatagramQueue(capacity: 0), DatagramQueue(capacity: 0))
        swap(&datagrams, &nodeOutbox.datagrams)
        swap(&probes, &nodeOutbox.probes)
        func send(_ endpoint: Endpoint, _ bytes: UnsafeRawBufferPointer) {
            transmit(bytes, to: endpoint, from: .main, of: index)
        }
        func sendProbe(_ endpoint: Endpoint, _ bytes: UnsafeRawBufferPointer) {
            transmit(bytes, to: endpoint, from: .probe, of: index)
        }
        datagrams.forEach(send)
        probes.forEach(sendProbe)
        datagrams.removeAll()
        probes.removeAll()
        swap(&datagrams, &nodeOutbox.datagrams)
        swap(&probes, &nodeOutbox.probes)
    }

    private mutating func transmit(
        _ bytes: UnsafeRawBufferPointer, to endpoint: Endpoint, from socket: VirtualSocket, of index: Int
    ) {
        guard hosts[index].families.contains(endpoint.family) else {
            hosts[index].unroutable += 1
            return
        }
        let socket = socket.over(endpoint.family)
        let receiver = receiver(at: endpoint)
        tap?(hosts[index].id, receiver.map { hosts[$0.slot].id }, bytes)
        hosts[index].bytesSent += bytes.count
        hosts[index].datagramsSent += 1
        if socket.isIPv6 {
            hosts[index].firewall?.noteSent(from: socket, to: endpoint, at: time)
        } else {
            hosts[index].nat?.noteSent(from: socket, to: endpoint, at: time)
        }
        var departure = time
        if hosts[index].uplink != nil {
            guard let delay = hosts[index].uplink?.send(bytes.count, at: time) else { return }
            departure = time + delay
        }
        guard let receiver, partition?(hosts[index].id, hosts[receiver.slot].id) != true,
            !brokenFamilies.contains(endpoint.family)
        else { return }
        let delays = path.delays(
            from: hosts[index].place, to: hosts[receiver.slot].place, &hosts[index].linkGenerator)
        for delay in [delays.first, delays.second] {
            guard let delay else { break }
            let event = HostEvent.datagram(
                slot: pool.store(bytes), count: UInt16(bytes.count), from: socket, to: receiver.socket)
            schedule(event, to: hosts[receiver.slot].id, from: index, at: departure + delay)
        }
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
        if hosts[index].node.hasWrites {
            let (writes, through) = hosts[index].node.takeWrites()
            commit(writes, through, .node, index)
        }
        if hosts[index].peer?.hasWrites == true, let (writes, through) = hosts[index].peer?.takeWrites() {
            commit(writes, through, .peer, index)
        }
    }

    private mutating func commit(
        _ writes: [StoreWrite], _ through: Ticket, _ owner: CommitBatch.Owner, _ index: Int
    ) {
        let batch = CommitBatch(
            incarnation: hosts[index].incarnation, writes: writes, owner: owner, through: through)
        let place = freeBatches.popLast() ?? UInt32(batches.count)
        if place == batches.count { batches.append(batch) } else { batches[Int(place)] = batch }
        schedule(.commit(place), to: hosts[index].id, from: index, at: time + hosts[index].commitDelay)
    }

    mutating func arm(_ index: Int) {
        guard hosts[index].isUp else { return }
        guard let next = hosts[index].nextDeadline() else { return }
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
