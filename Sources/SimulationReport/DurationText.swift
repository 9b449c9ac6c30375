/// Durations as people write them: `90s`, `20ms`, `15min` or `15m`, `1h`, `2d`, `1w`, `1.5h`, `1h30min`.
public enum DurationText {
    /// Nanoseconds of each unit, the largest first; the first name of a unit is the one that is written.
    private static let units: [(names: [String], nanoseconds: Int64)] = [
        (["d"], 86_400_000_000_000), (["h"], 3_600_000_000_000), (["min", "m"], 60_000_000_000),
        (["s"], 1_000_000_000), (["ms"], 1_000_000), (["us", "µs"], 1_000), (["ns"], 1),
    ]
    /// Read, and never written: seven days are.
    private static let week: (names: [String], nanoseconds: Int64) = (["w"], 604_800_000_000_000)
    /// Ten years: whatever a simulation is told is less, and nothing overflows below.
    private static let longest: Int64 = 10 * 366 * 86_400_000_000_000

    /// Nil where it is no duration, or above ten years. What is below a nanosecond is cut off.
    public static func parse(_ text: String) -> Duration? {
        var rest = Substring(text)
        var total: Int64 = 0
        repeat {
            let whole = rest.prefix(while: isDigit)
            rest = rest.dropFirst(whole.count)
            var fraction = Substring()
            if rest.first == "." {
                fraction = rest.dropFirst().prefix(while: isDigit)
                rest = rest.dropFirst(1 + fraction.count)
                if fraction.isEmpty { return nil }
            }
            let name = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(name.count)
            guard !whole.isEmpty, let unit = ([week] + units).first(where: { $0.names.contains(String(name)) }),
                let nanoseconds = product(whole, fraction, unit.nanoseconds)
            else { return nil }
            total += nanoseconds
            if total > longest { return nil }
        } while !rest.isEmpty
        return .nanoseconds(total)
    }

    /// A text that `parse` reads as the same duration, to the nanosecond, in the largest unit that needs no fraction.
    public static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let nanoseconds = seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000
        if nanoseconds == 0 { return "0s" }
        for unit in units where nanoseconds % unit.nanoseconds == 0 {
            return "\(nanoseconds / unit.nanoseconds)\(unit.names[0])"
        }
        return "\(nanoseconds)ns"
    }

    /// In whole numbers, so that the same text is the same duration everywhere.
    private static func product(_ whole: Substring, _ fraction: Substring, _ unit: Int64) -> Int64? {
        guard let count = Int64(whole), count <= longest / unit else { return nil }
        var nanoseconds = count * unit
        var share = unit
        // Below a nanosecond there is nothing to add.
        for digit in fraction {
            share /= 10
            nanoseconds += share * Int64(digit.wholeNumberValue ?? 0)
        }
        return nanoseconds
    }

    private static func isDigit(_ character: Character) -> Bool { character.isASCII && character.isNumber }
}
