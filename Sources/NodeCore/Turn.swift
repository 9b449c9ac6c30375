import Basics
import Exchange

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

    /// Tells whoever gave the command that it answers, or the person's side.
    mutating func tell(_ event: NodeEvent) { outbox.events.append(event) }
}
