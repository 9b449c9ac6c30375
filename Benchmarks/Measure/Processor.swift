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

/// The most memory that this process has occupied, in megabytes (Linux).
func peakMemory() -> Int {
    var usage = rusage()
    // RUSAGE_SELF, whose type differs between systems.
    getrusage(0, &usage)
    return Int(usage.ru_maxrss) * 1_024 / 1_000_000
}

/// Keeps the optimiser from leaving out what nobody uses.
@inline(never)
func use<Value>(_ value: Value) {}

extension String {
    /// With spaces at its end, to stand in a column.
    func column(_ width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }
}
