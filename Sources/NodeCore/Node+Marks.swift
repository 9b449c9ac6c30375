import Basics

extension Node {
    /// Counts what components have reached that are lent no outbox: at the end of the calls in which most happens. What is
    /// reached in others is counted with the next of these.
    @inline(__always)
    mutating func drainMarks(into marks: inout Marks) {
        guard marks.isCounting else { return }
        link.drainMarks(into: &marks)
        routing.drainMarks(into: &marks)
        serving.drainMarks(into: &marks)
    }
}
