import CoreMetrics
import Platform
import Prometheus
import RoostService
import Synchronization

/// What the daemon measures: its node's metrics, and what the process takes.
final class Figures: Sendable {
    let factory = PrometheusFactory(RoostMetrics.table)
    private let memory: Gauge
    private let files: Gauge
    private let processor: FloatingPointCounter
    /// Seconds of processor time that have been counted.
    private let counted = Mutex(0.0)

    init() {
        memory = Gauge(label: "process_resident_memory_bytes", factory: factory)
        files = Gauge(label: "process_open_fds", factory: factory)
        processor = FloatingPointCounter(label: "process_cpu_seconds_total", factory: factory)
        Gauge(label: "roost_build_info", dimensions: [("version", Version.text)], factory: factory).record(1)
    }

    /// All of it, in Prometheus's text format.
    func render() -> String {
        memory.record(SimMemory.resident ?? 0)
        files.record((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0)
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        let seconds = Double(time.tv_sec) + Double(time.tv_nsec) / 1_000_000_000
        counted.withLock { counted in
            processor.increment(by: max(0, seconds - counted))
            counted = max(counted, seconds)
        }
        return factory.render()
    }
}
