import Basics
import Exchange
import Wire

/// One call of a node: its time, and the place for what the node wants done. It is the driver's outbox, with the time
/// that the call was given.
typealias Turn = Outbox

extension Outbox {
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
