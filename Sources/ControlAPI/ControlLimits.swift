import HTTPTransport

/// What clients of the control API may use up. They are their owner's own programs, but a broken one must not take the
/// daemon's file descriptors and memory.
package struct ControlLimits: Sendable {
    /// Connections whose client is awaited: for a request, the rest of one, or to read. Beyond, the longest awaited goes.
    package var waiting = 256
    /// How long a client is awaited.
    package var patience = Duration.seconds(30)
    /// Requests being answered, those included that wait for a message's state.
    package var requests = 256
    /// Streams of events.
    package var streams = 32

    package init() {}

    var transport: HTTPLimits { HTTPLimits(waiting: waiting, patience: patience, body: ControlHandler.maximumBody) }
}
