import HTTPTransport

/// What clients of the control API may use up. They are the owner's own programs, but a faulty one must not exhaust the
/// daemon's file descriptors and memory.
package struct ControlLimits: Sendable {
    /// Connections that wait for their client: for a request, the rest of one, or to read. If there are more, the one
    /// that has waited longest is closed.
    package var waiting = 256
    /// How long the server waits for a client.
    package var patience = Duration.seconds(30)
    /// Requests being answered, including those that wait for a message's state.
    package var requests = 256
    /// Streams of events.
    package var streams = 32

    package init() {}

    var transport: HTTPLimits { HTTPLimits(waiting: waiting, patience: patience, body: ControlHandler.maximumBody) }
}
