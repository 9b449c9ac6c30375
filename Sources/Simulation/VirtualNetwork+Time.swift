import Basics
import NodeCore
import PeerCore
import Station
import Storage

/// How time passes: one event after the other.
extension VirtualNetwork {
    /// The true time.
    public var now: Now {
        let elapsed = time.sinceOrigin.components.seconds
        return Now(monotonic: time, utc: startOfTime.advanced(bySeconds: elapsed))
    }

    func now(of index: Int) -> Now {
        let gained = hosts[index].ailment?.gained(at: time) ?? 0
        return Now(monotonic: time, utc: now.utc.advanced(bySeconds: hosts[index].clockSkew + gained))
    }

    /// Lets time pass.
    public mutating func run(for duration: Duration) {
        let end = time + duration
        while let next = queue.nextTime, next <= end { step() }
        time = end
    }

    /// Lets time pass in which all machines sleep: what was on its way arrives late, and what was due is done late.
    public mutating func sleep(for duration: Duration) { time = time + duration }

    /// Lets time pass until something holds; false when it doesn't within `limit`.
    public mutating func run(limit: Duration, until condition: (VirtualNetwork) -> Bool) -> Bool {
        let end = time + limit
        while !condition(self) {
            guard time < end else { return false }
            run(for: min(.milliseconds(100), end - time))
        }
        return true
    }

    /// When the next event is.
    var nextEvent: Instant? { queue.nextTime }

    /// Lets the next event happen.
    mutating func step() {
        guard let (key, event) = queue.pop() else { return }
        time = max(time, key.at)
        let slot = Int(slots[Int(key.destination)])
        if slot >= 0, hosts[slot].ailment?.pausedUntil != nil, isHeldBack(event, key, at: slot) { return }
        if handle(event, from: key.source, at: slot) {
            count(key)
            if case .datagram = event { receiveRest(at: slot, key.destination) }
            turns += 1
            drain(slot)
        }
    }

    /// Lets the datagrams arrive that a host reads together with the first of a turn.
    private mutating func receiveRest(at slot: Int, _ destination: UInt32) {
        for _ in 1..<VirtualHost.turnSize {
            guard let next = queue.next, next.key.destination == destination, next.key.at <= time,
                case .datagram = next.event, let (key, event) = queue.pop()
            else { return }
            if handle(event, from: key.source, at: slot) { count(key) }
        }
    }

    /// Lets an event wait for a host whose program is stopped; false where it isn't.
    private mutating func isHeldBack(_ event: HostEvent, _ key: EventQueue.Key, at slot: Int) -> Bool {
        guard let until = hosts[slot].ailment?.pausedUntil else { return false }
        guard until > time else {
            hosts[slot].ailment?.pausedUntil = nil
            hosts[slot].ailment?.datagramsWaiting = 0
            return false
        }
        if case .datagram(let place, _, _, _) = event {
            let waiting = hosts[slot].ailment?.datagramsWaiting ?? 0
            guard waiting < Ailment.mostWaiting else {
                pool.release(place)
                return true
            }
            hosts[slot].ailment?.datagramsWaiting = waiting + 1
        }
        queue.push(
            event,
            EventQueue.Key(
                at: VirtualHost.reading(after: until), destination: key.destination, source: key.source,
                sequence: key.sequence))
        return true
    }

    private mutating func count(_ key: EventQueue.Key) {
        events += 1
        trace.add(key.at)
        trace.add(UInt64(key.destination) << 32 | UInt64(key.source))
    }

    /// Lets an event happen; returns false if its host no longer needs it. A negative slot: the host is gone.
    private mutating func handle(_ event: HostEvent, from source: UInt32, at slot: Int) -> Bool {
        switch event {
        case .datagram(let place, let count, let from, let to):
            defer { pool.release(place) }
            guard slot >= 0, hosts[slot].isUp, hosts[slot].ailment?.isUnplugged != true else { return false }
            let bytes = pool.bytes(place, count: Int(count))
            let sender = endpoint(of: source, from)
            guard hosts[slot].gate(of: to)?.admits(from: sender, to: to, at: time) != false else { return false }
            trace.add(bytes)
            datagrams += 1
            receive(bytes, from: sender, to: to, at: slot)
        case .wakeUp:
            guard slot >= 0, hosts[slot].isUp, let at = hosts[slot].wakeUpAt, at <= time else { return false }
            hosts[slot].wakeUpAt = nil
            let now = now(of: slot)
            guard hosts[slot].station.handleDeadline(now: now, into: &effects) else {
                // The work for which it was to wake has been done in the meantime.
                arm(slot)
                return false
            }
            timers += 1
        case .commit(let place):
            guard let commit = takeCommit(place), slot >= 0, hosts[slot].isUp,
                hosts[slot].incarnation == commit.incarnation
            else { return false }
            guard !endBadly(commit, at: slot) else { return false }
            finish(commit, at: slot)
        }
        return true
    }

    mutating func receive(
        _ bytes: UnsafeRawBufferPointer, from sender: Endpoint, to socket: VirtualSocket, at slot: Int
    ) {
        if socket.isProbe {
            hosts[slot].station.receiveProbe(bytes.bytes, from: sender)
        } else {
            hosts[slot].station.receive(bytes.bytes, from: sender, now: now(of: slot), into: &effects)
        }
    }

    /// The endpoint that a datagram came from, even where its sender is gone by now.
    private func endpoint(of number: UInt32, _ socket: VirtualSocket) -> Endpoint {
        let slot = Int(slots[Int(number)])
        let planned = Endpoint(ipv4: AddressPlan.address(of: Int(number)), port: VirtualHost.port)
        let main = slot >= 0 ? hosts[slot].endpoint : planned
        let port = socket.isProbe ? VirtualHost.probePort : main.port
        return socket.isIPv6 ? AddressPlan.ipv6(of: Int(number), port: port) : main.with(port: port)
    }

    private mutating func finish(_ commit: CommitUnderWay, at slot: Int) {
        let now = now(of: slot)
        let reports = CommitQueue.commit(commit.group) { writes in
            guard !hosts[slot].isDiskFull else { return .full }
            persist(writes, at: slot)
            return .committed
        }
        // As the thread of a real node does: it begins the next commit before the result of this one is reported.
        commitNextGroup(slot)
        for report in reports { hosts[slot].station.handleCommit(report, now: now, into: &effects) }
    }

    /// Makes writes durable on the disk of a host.
    mutating func persist(_ writes: [StoreWrite], at slot: Int) {
        let now = now(of: slot)
        storage?.recordCommit(writes, on: hosts[slot].disk, at: hosts[slot].id, now: now)
        checks?.committed(writes, on: hosts[slot].disk, of: hosts[slot].profile?.peerID, at: hosts[slot].id, time)
        hosts[slot].disk.commit(writes)
    }

    private mutating func takeCommit(_ place: UInt32) -> CommitUnderWay? {
        defer {
            commits[Int(place)] = nil
            freeCommits.append(place)
        }
        return commits[Int(place)]
    }
}
