import Basics
import Exchange
import Wire

/// One call of a node: its time, its randomness, and the place for what the node wants done. It is the driver's outbox,
/// with the time that the call was given and the generator that the node lends it.
typealias Turn = Outbox

extension Outbox {
    /// Begins a call of a node at a time, with the randomness of that node.
    mutating func borrow(_ randomness: inout Randomness, at now: Now) {
        self.now = now
        swap(&self.randomness, &randomness)
    }

    /// Ends the call, and gives the randomness back.
    mutating func giveBack(_ randomness: inout Randomness) { swap(&self.randomness, &randomness) }

    /// Reads what is in `Scratch.body` while the rest is written. It is moved out meanwhile: reading it in place would
    /// copy all.
    mutating func withBody<Result>(_ read: (RawSpan, inout Turn) -> Result) -> Result {
        var body = ByteWriter(capacity: 0)
        swap(&body, &scratch.body)
        defer { swap(&body, &scratch.body) }
        return body.withSpan { read($0, &self) }
    }

    /// A mark was reached, if there is one.
    mutating func mark(_ mark: Mark?) {
        if let mark { marks.count(mark) }
    }

    /// Whether a rare path is to be taken now.
    @inline(__always)
    func buggifies(_ point: Buggify.Point) -> Bool { buggify.fires(point, at: now.monotonic) }

    /// Adds an event for the side that gave the command it answers, or for the person's side.
    mutating func tell(_ event: NodeEvent) { events.append(event) }
}
