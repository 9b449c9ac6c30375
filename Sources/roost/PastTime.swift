import Platform
import SimulationReport
import StatusView

/// A time in the past, as people write it: `2h` ago, the beginning of a day `2026-11-28` here, or `2026-11-28T09:30:00Z`.
enum PastTime {
    /// Nil where the text says no time.
    static func parse(_ text: String, now: Date = Date()) -> Date? {
        if let duration = DurationText.parse(text) {
            return now.addingTimeInterval(-TimeInterval(duration.components.seconds))
        }
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
            .map { $0.utf8.allSatisfy { (48..<58).contains($0) } ? Int($0) : nil }
        if text.utf8.count == 10, parts.count == 3, let year = parts[0], let month = parts[1], let day = parts[2] {
            return LocalTime.midnight(year: year, month: month, day: day)
        }
        // Foundation also reads what follows a time, and makes 2 March of 30 February.
        return (try? Date(text, strategy: .iso8601)).flatMap { $0.formatted(.iso8601) == text ? $0 : nil }
    }
}
