import Basics
import Exchange
import Wire

/// One call of a node: when it is, and where what the node wants done is written.
///
/// The driver's outbox is moved in when the call begins and given back when it ends: nothing of it is copied.
struct Turn: ~Copyable {
    let now: Now
    var outbox: Outbox

    init(now: Now, _ outbox: consuming Outbox) {
        self.now = now
        self.outbox = outbox
    }

    /// Gives the outbox back.
    consuming func end() -> Outbox { outbox }

    /// Reads what is in `Scratch.body` while the rest of the outbox is written. It is moved out meanwhile: to read it in place would
    /// copy the outbox.
    mutating func withBody<Result>(_ read: (RawSpan, inout Outbox) -> Result) -> Result {
        var body = ByteWriter(capacity: 0)
        swap(&body, &outbox.scratch.body)
        defer { swap(&body, &outbox.scratch.body) }
        return body.withSpan { read($0, &outbox) }
    }

    /// Tells whoever gave the command that it answers, or the person's side.
    mutating func tell(_ event: NodeEvent) { outbox.events.append(event) }
}
