import Basics

/// Datagrams that come faster than the node can deal with them: each block of addresses has its turn, whatever the others send.
///
/// As long as the node keeps up, it deals with datagrams in the order of their arrival. Where it doesn't, that order would give
/// most of its time to whoever sends most. So each block gets a queue, and the queues are served one datagram at a time, in turn
/// (fair queueing: Nagle, RFC 970). A datagram may cost a hundred times as much as another, as a signature is checked for it: what one
/// has cost beyond a turn's time is paid for by the next turns of its block, which are left out (deficit round robin: Shreedhar and
/// Varghese, SIGCOMM 1995). Whoever asks for less time than that loses nothing, and waits for a turn's time of each of the others.
/// Where all room is taken, the longest queue loses its oldest datagram; what comes for the longest itself is dropped.
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

    /// `debt`: what its datagrams have cost beyond the time of its turns. A queue keeps its place until its debt is paid, empty or not.
    private struct Queue {
        var block = Account.unknown
        var count = 0
        var first = 0
        var last = 0
        var debt = Duration.zero
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
    /// The queues in the order of their turns: a ring with room for all.
    private var turns: [Int] = []
    private var firstTurn = 0
    /// No queue is longer than that.
    private var longest = 0
    /// The queues that hold a datagram.
    private var fullQueues = 0
    private var turnCount: Int { places.count }

    /// Datagrams that wait.
    package private(set) var count = 0
    /// Datagrams that had to go, since the last call of `drainDropped`.
    private var dropped = 0

    package init(capacity: Int = Limits.backlogDatagrams) { self.capacity = capacity }

    package var isEmpty: Bool { count == 0 }

    /// Whether one block has all room: the rest of what it sent may as well wait in the system's buffer.
    package var isFullOfOne: Bool { count == capacity && fullQueues == 1 }

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
            fullQueues += 1
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
        guard count > 0 else { return false }
        let queue = nextToServe()
        let slot = removeFirst(of: queue)
        let cost = bytes.withUnsafeBytes { all in
            let place = slot * Limits.datagramSize
            let datagram = UnsafeRawBufferPointer(rebasing: all[place..<place + slots[slot].count])
            return body(datagram.bytes, slots[slot].origin)
        }
        freeSlots.append(slot)
        queues[queue].debt = min(queues[queue].debt + max(cost, .zero), Limits.backlogDebt)
        // Where nothing waits any more, the node keeps up.
        if count == 0 { removeEmptyQueues() }
        return true
    }

    // MARK: Queues

    private mutating func makeRoom() {
        slots = Array(repeating: Slot(), count: capacity)
        bytes = Array(repeating: 0, count: capacity * Limits.datagramSize)
        queues = Array(repeating: Queue(), count: capacity)
        turns = Array(repeating: 0, count: capacity)
        freeSlots = Array((0..<capacity).reversed())
        freeQueues = freeSlots
        places.reserveCapacity(capacity)
    }

    /// A queue for a block that has none; its turn is the last.
    private mutating func addQueue(of block: Account) -> Int? {
        if freeQueues.isEmpty { removeEmptyQueues() }
        guard let queue = freeQueues.popLast() else { return nil }
        queues[queue] = Queue(block: block)
        turns[(firstTurn + turnCount) % capacity] = queue
        places[block] = queue
        return queue
    }

    /// Gives the queues their turns, until it is that of one that holds a datagram and has paid for those before. There is one that
    /// holds a datagram.
    private mutating func nextToServe() -> Int {
        while true {
            let queue = turns[firstTurn]
            firstTurn = (firstTurn + 1) % capacity
            let owes = queues[queue].debt > Limits.backlogTurn
            queues[queue].debt = max(queues[queue].debt - Limits.backlogTurn, .zero)
            if !owes && queues[queue].count == 0 {
                remove(queue)
                continue
            }
            // It was the first of `turnCount`, and is the last of them now.
            turns[(firstTurn + turnCount - 1) % capacity] = queue
            if !owes { return queue }
        }
    }

    /// Forgets a queue that is empty, and that has no turn any more.
    private mutating func remove(_ queue: Int) {
        places[queues[queue].block] = nil
        freeQueues.append(queue)
    }

    /// Forgets all that is owed by whoever has nothing here any more.
    private mutating func removeEmptyQueues() {
        for _ in 0..<turnCount {
            let queue = turns[firstTurn]
            firstTurn = (firstTurn + 1) % capacity
            if queues[queue].count == 0 { remove(queue) } else { turns[(firstTurn + turnCount - 1) % capacity] = queue }
        }
    }

    private mutating func removeFirst(of queue: Int) -> Int {
        let slot = queues[queue].first
        queues[queue].first = slots[slot].next
        queues[queue].count -= 1
        count -= 1
        if queues[queue].count == 0 { fullQueues -= 1 }
        return slot
    }

    /// The slot of the oldest datagram of the longest queue; nil where no queue is longer than that of this block will be.
    private mutating func evict(for block: Account) -> Int? {
        let held = places[block].map { queues[$0].count } ?? 0
        // Most that come while there is no room are of the longest queues: they needn't look for one.
        guard held + 1 < longest else { return nil }
        var other = 0
        longest = 0
        for turn in 0..<turnCount {
            let queue = turns[(firstTurn + turn) % capacity]
            if queues[queue].count > longest { (other, longest) = (queue, queues[queue].count) }
        }
        guard held + 1 < longest else { return nil }
        dropped += 1
        return removeFirst(of: other)
    }
}
