import Platform
import SimulationReport
import StatusView

/// A time in the past, as people write it: some time ago, or a time as `roost` prints it.
enum PastTime {
    /// What is said where a text is none.
    static let forms =
        "some time ago like 90min, 2h, 3d or 1w, a day like 2026-11-28, or a time like 09:30, \"2026-11-28 09:30\", \"2026-11-28 09:30:00 +01:00\" or 2026-11-28T09:30:00Z"

    /// Nil where the text says no time. What lies before 1970 is the same as that: no message is older.
    static func parse(_ text: String, now: Date = Date()) -> Date? {
        let time =
            if let duration = DurationText.parse(text) {
                now.addingTimeInterval(-TimeInterval(duration.components.seconds))
            } else {
                LocalTime.read(text, now: now)
            }
        return time.map { max($0, Date(timeIntervalSince1970: 0)) }
    }
}
