import Basics

extension Node {
    /// Traps where something that holds between any two calls doesn't. For tests.
    package func checkInvariants() {
        table.checkInvariants()
        sessions.checkInvariants()
        precondition(operations.count <= Limits.operations)
        precondition(requests.pending.count <= Limits.requests)
        precondition(deferred.count <= Limits.deferredAnswers)
        precondition(status.envelopes >= 0 && status.bytes >= 0 && status.bytes <= Limits.bytesPerNode)
    }
}
