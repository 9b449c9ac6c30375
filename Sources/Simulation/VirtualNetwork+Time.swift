import Basics
import NodeCore
import PeerCore
import Station

/// How time passes: in windows, each of which all shards run through by themselves.
extension VirtualNetwork {
    /// The true time.
    public var now: Now { conditions.now(at: time) }

    /// What the clocks of a host say.
    func now(of id: HostID) -> Now {
        let seat = conditions.directory.seat(of: id)
        let box = shards[Int(seat.shard)]
        box.shard.begin(at: time)
        return box.shard.now(of: Int(seat.index), conditions)
    }

    /// Lets time pass.
    public mutating func run(for duration: Duration) {
        let end = time + duration
        let limit = end.sinceOrigin.nanoseconds + 1
        while let next = nextDue, next < limit { runWindow(from: next, before: limit) }
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
    var nextEvent: Instant? { nextDue.map { Instant(sinceOrigin: .nanoseconds($0)) } }

    /// The same in nanoseconds.
    private var nextDue: Int64? {
        var least: Int64?
        for box in shards {
            guard let next = box.shard.queue.next?.key.nanoseconds else { continue }
            least = least.map { min($0, next) } ?? next
        }
        return least
    }

    /// Lets what happens next happen, and more: as much as no host can notice of another, and nothing that is due at `limit`
    /// or after it.
    mutating func advance(before limit: Instant?) {
        guard let next = nextDue else { return }
        runWindow(from: next, before: limit?.roundedUp)
    }

    /// Lets one window of time pass, which begins with the first event.
    ///
    /// What is sent within it arrives after it: it is as long as the fastest link takes. Its ends follow from what happens
    /// and from nothing else, so that they are the same for any number of shards.
    private mutating func runWindow(from start: Int64, before limit: Int64?) {
        let end = min(start + max(conditions.path.shortest, Conditions.shortestWindow), limit ?? .max)
        let (boxes, conditions, time) = (shards, conditions, time)
        precondition(boxes.count == 1 || conditions.path.shortest >= Conditions.shortestWindow)
        if boxes.count == 1 {
            boxes[0].shard.begin(at: time)
            boxes[0].shard.run(before: end, conditions)
        } else {
            let work = { (number: Int) in
                boxes[number].shard.begin(at: time)
                boxes[number].shard.run(before: end, conditions)
            }
            if let parallel { parallel(boxes.count, work) } else { for number in boxes.indices { work(number) } }
        }
        for box in boxes { self.time = max(self.time, box.shard.time) }
        collect()
    }

    /// Lets something happen to a host that doesn't come from the network, and what follows at once.
    mutating func turn<Result>(
        of id: HostID, _ body: (inout VirtualHost, Now, inout Station.Effects) throws -> Result
    ) rethrows -> Result {
        let seat = conditions.directory.seat(of: id)
        let (box, index) = (shards[Int(seat.shard)], Int(seat.index))
        box.shard.begin(at: time)
        defer { collect() }
        let result = try box.shard.turn(of: index, conditions, body)
        return result
    }

    /// Brings what shards have for each other, and what they have written down.
    mutating func collect() {
        if shards.count > 1 { deliver() }
        if shards.contains(where: { !$0.shard.log.entries.isEmpty }) {
            facts += FactLog.merge(shards.map { $0.shard.log.drain() })
        }
        if shards.contains(where: { $0.shard.victims != nil }) {
            for box in shards { for minute in box.shard.victims?.drain() ?? [] { flood.add(minute) } }
        }
        guard shards.contains(where: { !$0.shard.ended.isEmpty }) else { return }
        var ended: [(due: Int64, id: HostID)] = []
        for box in shards {
            ended += box.shard.ended
            box.shard.ended = []
        }
        self.ended += ended.sorted { ($0.due, $0.id) < ($1.due, $1.id) }.map(\.id)
    }

    /// Puts datagrams into the queues of the shards that they are for.
    private func deliver() {
        for source in shards {
            for (number, box) in shards.enumerated() where !source.shard.outgoing[number].isEmpty {
                for (key, event) in source.shard.outgoing[number] { box.shard.queue.push(event, key) }
                source.shard.outgoing[number].removeAll(keepingCapacity: true)
            }
        }
    }
}

extension Shard {
    /// A turn of a host that doesn't begin with an event.
    mutating func turn<Result>(
        of index: Int, _ conditions: Conditions,
        _ body: (inout VirtualHost, Now, inout Station.Effects) throws -> Result
    ) rethrows -> Result {
        let now = now(of: index, conditions)
        let result = try body(&hosts[index], now, &effects)
        drain(index, conditions)
        return result
    }
}
