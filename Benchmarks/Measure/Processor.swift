#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Processor time that this thread has taken, in nanoseconds: other programs don't count.
func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
}

/// Keeps the optimiser from leaving out what nobody uses.
@inline(never)
func use<Value>(_ value: Value) {}

extension String {
    /// With spaces at its end, to stand in a column.
    func column(_ width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }
}
