import Basics
import Sessions

/// Sends the requests of a load, so many in flight at a time, and measures.
struct Course {
    private let options: Options
    /// When each request in flight was sent, by its place in the window.
    private var flights: [Flight]
    private var latencies: [Int64] = []
    private var queues: [DatagramQueue]
    private var next: UInt32 = 0
    private(set) var result = Figures()

    private struct Flight {
        var number: UInt32
        var sentAt: Instant
        var isOver = true
    }

    /// A request that isn't answered within this time is lost: far more than a busy node takes.
    private static let patience = Duration.milliseconds(500)

    init(_ options: Options, sockets: Int) {
        self.options = options
        flights = [Flight](repeating: Flight(number: 0, sentAt: .origin), count: options.window)
        queues = [DatagramQueue](repeating: DatagramQueue(), count: sockets)
        latencies.reserveCapacity(options.count)
    }

    /// Sends what must come before, and then what is measured.
    mutating func run(_ load: inout some Load) throws(LoadError) {
        let end = monotonic() + .seconds(options.seconds)
        try run(&load, count: options.warmUp, until: end)
        result = Figures()
        latencies.removeAll(keepingCapacity: true)
        let (begun, own) = (monotonic(), ownProcessorTime())
        let spent = options.process.flatMap { processorTime(of: $0) }
        try run(&load, count: options.count, until: end)
        result.seconds = Course.seconds(monotonic() - begun)
        let answered = Double(max(1, result.answered))
        result.ownMicroseconds = Double(ownProcessorTime() - own) / 1_000 / answered
        if let process = options.process {
            guard let spent, let since = processorTime(of: process) else {
                throw LoadError(
                    "The processor time of process \(process) can't be read: is it running, and is this Linux?")
            }
            result.microseconds = Double(since - spent) / 1_000 / answered
        }
        latencies.sort()
        result.median = percentile(0.5)
        result.slow = percentile(0.99)
    }

    private func percentile(_ share: Double) -> Double {
        latencies.isEmpty ? 0 : Double(latencies[Int(Double(latencies.count - 1) * share)]) / 1_000
    }

    private static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }

    private mutating func run(_ load: inout some Load, count: Int, until end: Instant) throws(LoadError) {
        var asked = 0
        let begun = monotonic()
        for place in flights.indices { flights[place].isOver = true }
        var inFlight = 0
        while asked < count || inFlight > 0 {
            let now = monotonic()
            guard now < end else {
                throw LoadError("It takes longer than \(options.seconds) seconds: ask for less, or for more time.")
            }
            let allowed =
                options.rate == 0 ? count : Int(Course.seconds(now - begun) * Double(options.rate)) + 1
            for place in flights.indices {
                if !flights[place].isOver, now - flights[place].sentAt > Course.patience {
                    result.lost += 1
                    flights[place].isOver = true
                    inFlight -= 1
                }
                guard flights[place].isOver, asked < min(count, allowed) else { continue }
                ask(&load, at: place, now: now)
                asked += 1
                inFlight += 1
            }
            send(load)
            inFlight -= receive(&load)
            // What opening an answer has made necessary, such as the proof of an address.
            send(load)
        }
    }

    /// The number of a request says its place in the window.
    private mutating func ask(_ load: inout some Load, at place: Int, now: Instant) {
        next += 1
        let number = next * UInt32(flights.count) + UInt32(place)
        flights[place] = Flight(number: number, sentAt: now, isOver: false)
        load.ask(number, now: now, into: &queues[place % queues.count])
    }

    private mutating func send(_ load: some Load) {
        for socket in queues.indices where !queues[socket].isEmpty { load.sockets[socket].send(&queues[socket]) }
    }

    /// How many requests are over.
    private mutating func receive(_ load: inout some Load) -> Int {
        var over = 0
        var isIdle = true
        let sockets = load.sockets
        for (index, socket) in sockets.enumerated() {
            let received = socket.receive { bytes, endpoint in
                let now = monotonic()
                over += take(load.take(bytes, from: endpoint, at: index, now: now, into: &queues[index]), now: now)
            }
            if received > 0 { isIdle = false }
        }
        if isIdle { BatchSocket.wait(for: sockets, milliseconds: options.rate > 0 ? 1 : 20) }
        return over
    }

    private mutating func take(_ taken: Taken, now: Instant) -> Int {
        let number: UInt32
        switch taken {
        case .nothing: return 0
        case .wrong:
            result.wrong += 1
            return 0
        case .answered(let answered): number = answered
        case .refused(let refused):
            number = refused
            result.refused += 1
        }
        let place = Int(number % UInt32(flights.count))
        guard flights[place].number == number, !flights[place].isOver else {
            result.late += 1
            return 0
        }
        flights[place].isOver = true
        if case .answered = taken {
            result.answered += 1
            latencies.append(Int64((now - flights[place].sentAt) / .nanoseconds(1)))
        }
        return 1
    }
}
