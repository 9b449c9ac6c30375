import Platform

/// A time as somebody types it, or pastes what `roost` has printed.
extension LocalTime {
    /// Reads `2026-11-21`, whose beginning is meant, `2026-11-21 03:49`, `2026-11-21 03:49:36 +01:00`, `2026-11-21T02:49:36Z`, and `03:49`, by
    /// which the last day is meant on which it was that time. Without an offset they are by this machine's time zone; of a time that comes twice
    /// as clocks are set back, the first is meant. What is below a second is passed over. Nil where the text is no time.
    public static func read(_ text: String, now: Date = Date()) -> Date? {
        var rest = Text(text)
        guard let day = rest.day() else { return Text(text).lastTime(now) }
        guard !rest.isAtEnd else { return midnight(year: day.year, month: day.month, day: day.day) }
        guard rest.skip(" ") || rest.skip("T"), let clock = rest.clock() else { return nil }
        let zone = rest.zone()
        guard rest.isAtEnd, midnight(year: day.year, month: day.month, day: day.day) != nil else { return nil }
        return date(day, clock, minutesEast: zone)
    }

    private typealias Day = (year: Int, month: Int, day: Int)
    private typealias Clock = (hour: Int, minute: Int, second: Int)

    /// `minutesEast` of UTC; nil: by this machine's time zone.
    private static func date(_ day: Day, _ clock: Clock, minutesEast: Int?) -> Date {
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday) = (Int32(day.year - 1_900), Int32(day.month - 1), Int32(day.day))
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (Int32(clock.hour), Int32(clock.minute), Int32(clock.second))
        let seconds = minutesEast.map { Int(timegm(&parts)) - $0 * 60 } ?? seconds(local: parts)
        return Date(timeIntervalSince1970: TimeInterval(seconds))
    }

    /// What is left to be read of a text.
    private struct Text {
        private var rest: Substring

        init(_ text: String) { rest = text[...] }

        var isAtEnd: Bool { rest.isEmpty }

        mutating func skip(_ character: Character) -> Bool {
            guard rest.first == character else { return false }
            rest.removeFirst()
            return true
        }

        /// A number of so many digits.
        private mutating func number(_ digits: Int, in range: ClosedRange<Int>) -> Int? {
            let text = rest.prefix(digits)
            guard text.count == digits, text.utf8.allSatisfy({ (48..<58).contains($0) }), let number = Int(text),
                range.contains(number)
            else { return nil }
            rest.removeFirst(digits)
            return number
        }

        mutating func day() -> Day? {
            guard let year = number(4, in: 0...9_999), skip("-"), let month = number(2, in: 1...12), skip("-"),
                let day = number(2, in: 1...31)
            else { return nil }
            return (year, month, day)
        }

        mutating func clock() -> Clock? {
            guard let hour = number(2, in: 0...23), skip(":"), let minute = number(2, in: 0...59) else { return nil }
            guard skip(":") else { return (hour, minute, 0) }
            guard let second = number(2, in: 0...59) else { return nil }
            if skip(".") {
                let count = rest.utf8.prefix { (48..<58).contains($0) }.count
                guard (1...9).contains(count) else { return nil }
                rest.removeFirst(count)
            }
            return (hour, minute, second)
        }

        /// Minutes east of UTC; nil where none is given.
        mutating func zone() -> Int? {
            var text = self
            _ = text.skip(" ")
            if text.skip("Z") {
                self = text
                return 0
            }
            let isEast = text.skip("+")
            guard isEast || text.skip("-"), let hours = text.number(2, in: 0...23) else { return nil }
            _ = text.skip(":")
            guard let minutes = text.number(2, in: 0...59) else { return nil }
            self = text
            return (isEast ? 1 : -1) * (hours * 60 + minutes)
        }

        func lastTime(_ now: Date) -> Date? {
            var text = self
            guard let clock = text.clock(), text.isAtEnd else { return nil }
            let today = LocalTime.moment(now)
            let time = LocalTime.date((today.year, today.month, today.day), clock, minutesEast: nil)
            guard time > now else { return time }
            // The day before: of the first of a month, the C library makes the last of the one before.
            return LocalTime.date((today.year, today.month, today.day - 1), clock, minutesEast: nil)
        }
    }
}
