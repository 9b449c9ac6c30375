/// A minute of a day, somewhere.
public struct LocalMoment: Equatable, Sendable {
    public var year: Int
    /// From 1.
    public var month: Int
    /// Of the month, from 1.
    public var day: Int
    /// From 0, which is Sunday.
    public var weekday: Int
    public var hour: Int
    public var minute: Int

    public init(year: Int, month: Int, day: Int, weekday: Int, hour: Int, minute: Int) {
        self.year = year
        self.month = month
        self.day = day
        self.weekday = weekday
        self.hour = hour
        self.minute = minute
    }

    private static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    public func isSameDay(as other: LocalMoment) -> Bool {
        (year, month, day) == (other.year, other.month, other.day)
    }

    /// `03:49`.
    public var time: String { "\(LocalTime.padded(hour)):\(LocalTime.padded(minute))" }

    /// `Saturday, 21 November 2026`.
    public var longDay: String {
        "\(LocalMoment.weekdays[weekday % 7]), \(day) \(LocalMoment.months[(month - 1) % 12]) \(year)"
    }

    /// As short as it is clear, seen at another moment: `03:49` of the same day, `21 Nov` of the same year, `2025-11-21`.
    public func short(seen now: LocalMoment) -> String {
        if isSameDay(as: now) { return time }
        if year == now.year { return "\(day) \(LocalMoment.months[(month - 1) % 12].prefix(3))" }
        return "\(LocalTime.padded(year, 4))-\(LocalTime.padded(month))-\(LocalTime.padded(day))"
    }
}
