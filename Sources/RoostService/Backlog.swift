import Basics

/// Datagrams that come faster than the node can deal with them: each block of addresses has the same time, whatever the others send.
///
/// As long as the node keeps up, it deals with datagrams in the order of their arrival. Where it doesn't, that order would give
/// most of its time to whoever sends most. So each block gets a queue, and the queues share the time (fair queueing: Nagle, RFC 970). A
/// datagram may cost a hundred times as much as another, as signatures are checked for it. So each queue has a clock that its datagrams
/// advance by the time that they take, and that queue comes next whose clock will be the furthest behind after its next datagram (Demers,
/// Keshav and Shenker, SIGCOMM 1989), which is taken to cost what its last one did. Whoever asks for less time than the others is dealt with
/// almost at once. Where all room is taken, the longest queue loses its oldest datagram; what comes for the longest itself is dropped.
package struct Backlog {
    /// Where a datagram came from and how.
    package struct Origin: Equatable {
        package let sender: Endpoint
        /// The address of this machine that it came to, where that is known.
        package let own: Endpoint?
        /// The index of the socket that it came over.
        package let socket: Int

        package init(sender: Endpoint, own: Endpoint? = nil, socket: Int = 0) {
            self.sender = sender
            self.own = own
            self.socket = socket
        }
    }

    /// Room for one datagram. `next`: the slot behind it in its queue.
    private struct Slot {
        var origin = Origin(sender: Endpoint(ipv4: 0, port: 0))
        var count = 0
        var next = 0
    }

    /// `clock`: the common clock's time from which on its next datagram is due. `lastCost`: how long its last one took.
    private struct Queue {
        var block = Account.unknown
        var count = 0
        var first = 0
        var last = 0
        var clock = Duration.zero
        var lastCost = Duration.zero
    }

    private let capacity: Int
    // Made when they are first needed: most nodes never are behind. There are as many queues as slots.
    private var slots: [Slot] = []
    private var bytes: [UInt8] = []
    private var freeSlots: [Int] = []
    private var queues: [Queue] = []
    private var freeQueues: [Int] = []
    /// The queue of each block that has one.
    private var places: [Account: Int] = [:]
    /// The queues of all these blocks. Those that are empty are kept until the common clock has reached theirs.
    private var used: [Int] = []
    /// How many of them hold a datagram.
    private var waiting = 0
    /// The common clock: it goes as fast as each clock would if all blocks that wait had the same time.
    private var clock = Duration.zero
    /// No queue is longer than that.
    private var longest = 0

    /// Datagrams that wait.
    package private(set) var count = 0
    /// Datagrams that had to go, since the last call of `drainDropped`.
    private var dropped = 0

    package init(capacity: Int = Limits.backlogDatagrams) { self.capacity = capacity }

    package var isEmpty: Bool { count == 0 }

    /// Whether one block has all room: the rest of what it sent may as well wait in the system's buffer.
    package var isFullOfOne: Bool { count == capacity && waiting == 1 }

    package mutating func drainDropped() -> Int {
        defer { dropped = 0 }
        return dropped
    }

    /// Takes in a datagram of at most `Limits.datagramSize` bytes; longer ones are of no use, and are left out.
    package mutating func append(_ datagram: UnsafeRawBufferPointer, from origin: Origin) {
        guard datagram.count <= Limits.datagramSize else { return }
        if slots.isEmpty { makeRoom() }
        let block = Account.block(of: origin.sender)
        guard let slot = freeSlots.popLast() ?? evict(for: block), let queue = places[block] ?? addQueue(of: block)
        else {
            dropped += 1
            return
        }
        slots[slot].origin = origin
        slots[slot].count = datagram.count
        bytes.withUnsafeMutableBytes { all in
            let place = slot * Limits.datagramSize
            UnsafeMutableRawBufferPointer(rebasing: all[place..<place + datagram.count]).copyMemory(from: datagram)
        }
        if queues[queue].count == 0 {
            queues[queue].first = slot
            queues[queue].clock = max(queues[queue].clock, clock)
            waiting += 1
        } else {
            slots[queues[queue].last].next = slot
        }
        queues[queue].last = slot
        queues[queue].count += 1
        longest = max(longest, queues[queue].count)
        count += 1
    }

    /// Calls `body` with the datagram whose turn it is, which is there until `body` returns; false where none waits. `body` returns
    /// how long it took.
    package mutating func next(_ body: (_ datagram: RawSpan, _ origin: Origin) -> Duration) -> Bool {
        guard let queue = nextQueue() else { return false }
        let slot = queues[queue].first
        let cost = bytes.withUnsafeBytes { all in
            let place = slot * Limits.datagramSize
            let datagram = UnsafeRawBufferPointer(rebasing: all[place..<place + slots[slot].count])
            return min(max(body(datagram.bytes, slots[slot].origin), .zero), Limits.backlogDebt)
        }
        clock = max(clock, queues[queue].clock) + cost / waiting
        queues[queue].clock += cost
        queues[queue].lastCost = cost
        freeSlots.append(removeFirst(of: queue))
        // Where nothing waits any more the node keeps up: nobody owes anything.
        if count == 0 { removeEmptyQueues() }
        return true
    }

    // MARK: Queues

    /// The queue that comes next; nil where none holds a datagram. All are looked at, which costs little beside a datagram. Empty ones are
    /// forgotten that owe nothing any more.
    private mutating func nextQueue() -> Int? {
        var next: Int?
        var end = Duration.zero
        var index = 0
        while index < used.count {
            let queue = used[index]
            if queues[queue].count > 0 {
                let itsEnd = queues[queue].clock + queues[queue].lastCost
                if next == nil || itsEnd < end { (next, end) = (queue, itsEnd) }
            } else if queues[queue].clock <= clock {
                forget(queue)
                used.swapAt(index, used.count - 1)
                used.removeLast()
                continue
            }
            index += 1
        }
        return next
    }

    private mutating func forget(_ queue: Int) {
        places[queues[queue].block] = nil
        freeQueues.append(queue)
    }

    private mutating func makeRoom() {
        slots = Array(repeating: Slot(), count: capacity)
        bytes = Array(repeating: 0, count: capacity * Limits.datagramSize)
        queues = Array(repeating: Queue(), count: capacity)
        used.reserveCapacity(capacity)
        freeSlots = Array((0..<capacity).reversed())
        freeQueues = freeSlots
        places.reserveCapacity(capacity)
    }

    /// A queue for a block that has none.
    private mutating func addQueue(of block: Account) -> Int? {
        if freeQueues.isEmpty { removeEmptyQueues() }
        guard let queue = freeQueues.popLast() else { return nil }
        queues[queue] = Queue(block: block)
        used.append(queue)
        places[block] = queue
        return queue
    }

    private mutating func removeFirst(of queue: Int) -> Int {
        let slot = queues[queue].first
        queues[queue].first = slots[slot].next
        queues[queue].count -= 1
        count -= 1
        if queues[queue].count == 0 { waiting -= 1 }
        return slot
    }

    private mutating func removeEmptyQueues() {
        for queue in used where queues[queue].count == 0 { forget(queue) }
        let queues = queues
        used.removeAll { queues[$0].count == 0 }
        if count == 0 { clock = .zero }
    }

    /// The slot of the oldest datagram of the longest queue; nil where no queue is longer than that of this block will be.
    private mutating func evict(for block: Account) -> Int? {
        let held = places[block].map { queues[$0].count } ?? 0
        // Most that come while there is no room are of the longest queues: they needn't look for one.
        guard held + 1 < longest else { return nil }
        var other = 0
        longest = 0
        for queue in used where queues[queue].count > longest { (other, longest) = (queue, queues[queue].count) }
        guard held + 1 < longest else { return nil }
        dropped += 1
        return removeFirst(of: other)
    }
}
