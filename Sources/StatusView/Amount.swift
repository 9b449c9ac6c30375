import ControlAPI

/// Figures as people read them.
public enum Amount {
    /// `23 B`, `4.5 KiB`, `120 MiB`.
    public static func bytes(_ count: Double) -> String {
        var size = max(0, count)
        for unit in ["B", "KiB", "MiB", "GiB"] {
            if size < 1_023.5 { return "\(number(size, isWhole: unit == "B")) \(unit)" }
            size /= 1_024
        }
        return "\(number(size, isWhole: false)) TiB"
    }

    public static func bytes(_ count: Int) -> String { bytes(Double(count)) }

    private static func number(_ value: Double, isWhole: Bool) -> String {
        if isWhole || value >= 9.95 { return "\(Int(value.rounded()))" }
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    /// `45 s`, `12 min`, `3 h 12 min`, `2 d 5 h`.
    public static func time(seconds: Int) -> String {
        switch seconds {
        case ..<60: "\(max(0, seconds)) s"
        case ..<3_600: "\(seconds / 60) min"
        case ..<86_400: pair(seconds / 3_600, "h", seconds % 3_600 / 60, "min")
        default: pair(seconds / 86_400, "d", seconds % 86_400 / 3_600, "h")
        }
    }

    private static func pair(_ large: Int, _ largeUnit: String, _ small: Int, _ smallUnit: String) -> String {
        small == 0 ? "\(large) \(largeUnit)" : "\(large) \(largeUnit) \(small) \(smallUnit)"
    }

    /// `1 node`, `2 nodes`.
    static func plural(_ count: Int, _ one: String, _ many: String? = nil) -> String {
        "\(count) \(count == 1 ? one : many ?? one + "s")"
    }
}
