import Platform

/// Moments for people, by this machine's time zone (`$TZ`, else the system's). Scripts get RFC 3339 in UTC.
///
/// The C library knows the zones' rules; Foundation would bring its own copy of them, some 30 MB.
public enum LocalTime {
    /// `2026-11-21 03:49:36 +01:00`.
    public static func text(_ date: Date) -> String {
        let parts = parts(date)
        let day =
            "\(padded(Int(parts.tm_year) + 1_900, 4))-\(padded(Int(parts.tm_mon) + 1))-\(padded(Int(parts.tm_mday)))"
        let offset = parts.tm_gmtoff / 60
        let zone = "\(offset < 0 ? "-" : "+")\(padded(abs(offset) / 60)):\(padded(abs(offset) % 60))"
        return "\(day) \(clock(parts)) \(zone)"
    }

    /// `03:49:36`.
    public static func timeOfDay(_ date: Date) -> String { clock(parts(date)) }

    /// The day and the minute in which a moment lies.
    public static func moment(_ date: Date) -> LocalMoment {
        let parts = parts(date)
        return LocalMoment(
            year: Int(parts.tm_year) + 1_900, month: Int(parts.tm_mon) + 1, day: Int(parts.tm_mday),
            weekday: Int(parts.tm_wday), hour: Int(parts.tm_hour), minute: Int(parts.tm_min))
    }

    /// When a day began; nil of a day that isn't in the calendar.
    public static func midnight(year: Int, month: Int, day: Int) -> Date? {
        guard (0...9_999).contains(year), (1...12).contains(month), (1...31).contains(day) else { return nil }
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday) = (Int32(year - 1_900), Int32(month - 1), Int32(day))
        let seconds = seconds(local: parts)
        _ = timegm(&parts)
        // The C library makes 3 March of 31 February.
        guard parts.tm_mon == month - 1, parts.tm_mday == day else { return nil }
        return Date(timeIntervalSince1970: TimeInterval(seconds))
    }

    /// When clocks here show these parts.
    static func seconds(local parts: tm) -> Int {
        var parts = parts
        return seconds(whenShown: Int(timegm(&parts)), by: offset)
    }

    /// When clocks show a time, given in seconds as if it were UTC: the first time where they do so twice, as they are set back. Where they
    /// never do, as they are set on, a time before that. Whoever asks for what came since then so misses nothing.
    ///
    /// `offset`: how many seconds clocks are ahead of UTC at a moment. They are set once within two days at most.
    package static func seconds(whenShown shown: Int, by offset: (Int) -> Int) -> Int {
        let moments = [shown - day, shown + day].map { shown - offset($0) }.sorted()
        return moments.first { $0 + offset($0) == shown } ?? moments[0]
    }

    /// How many seconds clocks here are ahead of UTC at a moment.
    private static func offset(at seconds: Int) -> Int {
        var (moment, parts) = (time_t(seconds), tm())
        tzset()
        localtime_r(&moment, &parts)
        return Int(parts.tm_gmtoff)
    }

    private static let day = 86_400

    private static func clock(_ parts: tm) -> String {
        "\(padded(Int(parts.tm_hour))):\(padded(Int(parts.tm_min))):\(padded(Int(parts.tm_sec)))"
    }

    /// The years 0 to 9999: what is said to be outside of them counts as their first or last second.
    private static func parts(_ date: Date) -> tm {
        var seconds = time_t(min(max(date.timeIntervalSince1970.rounded(.down), -62_167_219_200), 253_402_300_799))
        var parts = tm()
        tzset()
        localtime_r(&seconds, &parts)
        return parts
    }

    static func padded(_ number: Int, _ width: Int = 2) -> String {
        let digits = "\(number)"
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
