/// How Prometheus's text format, version 0.0.4, writes names and values
/// (prometheus.io/docs/instrumenting/exposition_formats).
enum MetricText {
    /// `text` as the name of a metric: what may not stand there becomes an underscore.
    static func name(_ text: String) -> String { clean(text, allowsColon: true) }

    /// `text` as the name of a label; a leading `__` is Prometheus's own.
    static func labelName(_ text: String) -> String {
        let name = clean(text, allowsColon: false)
        return name.hasPrefix("__") ? "label" + name : name
    }

    private static func clean(_ text: String, allowsColon: Bool) -> String {
        var name = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
                name.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                if name.isEmpty { name = "_" }
                name.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: ":") where allowsColon: name += ":"
            default: name += "_"
            }
        }
        return name.isEmpty ? "_" : name
    }

    /// The value of a label, between its quotes.
    static func labelValue(_ text: String) -> String { escape(text, quotes: true) }

    /// What stands behind `# HELP`.
    static func help(_ text: String) -> String { escape(text, quotes: false) }

    private static func escape(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// A value: whole numbers without a fraction, so that counters look like what they are.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        // Beyond 2^53 not every whole number exists.
        if value == value.rounded(.towardZero), abs(value) < 9_007_199_254_740_992 { return "\(Int64(value))" }
        return "\(value)"
    }
}
