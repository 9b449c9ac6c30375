import Basics
import Platform
import Simulation

/// Figures as people read them.
public enum Readable {
    /// `12,345`.
    public static func count(_ value: Int) -> String {
        var text = ""
        for (index, digit) in String(value.magnitude).reversed().enumerated() {
            if index > 0, index % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return (value < 0 ? "−" : "") + String(text.reversed())
    }

    /// Three digits that count: `1,234`, `56.7`, `0.012`.
    public static func number(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        let size = abs(value)
        if size >= 100 { return count(Int(min(size, 9e18).rounded()) * (value < 0 ? -1 : 1)) }
        let digits = size >= 10 ? 1 : size >= 1 || size == 0 ? 2 : 3
        var text = fixed(value, digits)
        while text.contains("."), text.last == "0" || text.last == "." {
            if text.removeLast() == "." { break }
        }
        return text
    }

    /// `1 message`, `2 messages`.
    public static func plural(_ value: Int, _ one: String, _ many: String? = nil) -> String {
        "\(count(value)) \(value == 1 ? one : many ?? one + "s")"
    }

    /// `99.7 %`; 100 % and 0 % only where it is all and none.
    public static func share(_ part: Int, of all: Int) -> String {
        guard all > 0 else { return "–" }
        let percent = 100 * Double(part) / Double(all)
        if part == all || part == 0 { return "\(Int(percent)) %" }
        return fixed(min(max(percent, 0.01), 99.99), percent > 99 || percent < 1 ? 2 : 1) + " %"
    }

    /// `25 %` of a share.
    public static func percent(_ share: Double) -> String { number(share * 100) + " %" }

    /// `23 B`, `4.5 KiB`, `1.2 GiB`.
    public static func bytes(_ value: Double) -> String {
        var size = value
        for unit in ["B", "KiB", "MiB", "GiB"] {
            if abs(size) < 1_023.5 { return "\(number(size)) \(unit)" }
            size /= 1_024
        }
        return "\(number(size)) TiB"
    }

    /// A measured time: `35 ms`, `1.2 s`, `4 min 10 s`, `2 h 5 min`, `3 d 2 h`.
    public static func time(_ duration: Duration) -> String {
        let seconds = duration.inSeconds
        if seconds < 0 { return "−" + time(.zero - duration) }
        if seconds == 0 { return "0 s" }
        if seconds < 0.000_999_5 { return "\(number(seconds * 1_000_000)) µs" }
        if seconds < 0.999_5 { return "\(number(seconds * 1_000)) ms" }
        if seconds < 59.95 { return "\(number(seconds)) s" }
        let whole = Int(min(seconds, 1e15).rounded())
        if whole < 3_600 { return pair(whole / 60, "min", whole % 60, "s") }
        let minutes = (whole + 30) / 60
        if minutes < 24 * 60 { return pair(minutes / 60, "h", minutes % 60, "min") }
        let hours = (whole + 1_800) / 3_600
        return pair(hours / 24, "d", hours % 24, "h")
    }

    private static func pair(_ large: Int, _ largeUnit: String, _ small: Int, _ smallUnit: String) -> String {
        small == 0 ? "\(large) \(largeUnit)" : "\(large) \(largeUnit) \(small) \(smallUnit)"
    }

    /// With so many decimals, at most 6; what is beyond 10¹² keeps none.
    static func fixed(_ value: Double, _ digits: Int) -> String {
        guard value.isFinite, abs(value) < 1e12 else { return "\(value)" }
        let scale = (0..<digits).reduce(1) { scale, _ in scale * 10 }
        let units = Int((abs(value) * Double(scale)).rounded())
        let sign = value < 0 && units > 0 ? "-" : ""
        guard digits > 0 else { return "\(sign)\(units)" }
        let decimals = "\(units % scale)"
        return "\(sign)\(units / scale)." + String(repeating: "0", count: digits - decimals.count) + decimals
    }

    /// So many hexadecimal digits at least.
    static func hexadecimal(_ value: UInt64, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// A scenario in a sentence.
    public static func sentence(_ scenario: Scenario) -> String {
        var parts = [plural(scenario.nodes, "node")]
        if scenario.bucketSize != Limits.bucketSize { parts[0] += " of k = \(scenario.bucketSize)" }
        if scenario.peers > 0 {
            parts.append(
                plural(scenario.peers, "person", "people") + ", each away \(percent(scenario.offline)) of the time")
        }
        parts.append("for \(time(scenario.duration))")
        if scenario.isSettled { parts.append("as if all had joined hours ago") }
        if let churn = scenario.churn {
            let law = churn.law == .weibull ? ", most of them young" : ""
            parts.append("half of the nodes leave every \(time(churn.halfLife))\(law)")
        }
        if scenario.link.loss > 0 { parts.append("\(percent(scenario.link.loss)) of datagrams are lost") }
        if scenario.link.duplication > 0 { parts.append("\(percent(scenario.link.duplication)) arrive twice") }
        if scenario.hidden > 0 {
            let nat = scenario.nat.filtering == .address ? ", behind NATs that filter by address alone" : ""
            parts.append("\(percent(scenario.hidden)) of nodes can't be reached by strangers\(nat)")
        }
        if !scenario.nats.isEmpty {
            let kinds = scenario.nats.map { "\(percent($0.share)) \($0.name)" }.joined(separator: ", ")
            parts.append("people are behind NATs: \(kinds)")
        }
        switch scenario.endpoints {
        case .accepted: break
        case .everyone: parts.append("everybody may write straight to people")
        case .nobody: parts.append("all mail takes the mailbox")
        }
        if scenario.leavers > 0 {
            parts.append("\(percent(scenario.leavers)) of people leave once their mail is stored")
        }
        if let strangers = scenario.strangers {
            parts.append("strangers offer \(plural(strangers.envelopes, "envelope")) to one mailbox")
        }
        if let liars = scenario.liars, liars.share > 0 { parts.append("\(percent(liars.share)) of nodes lie") }
        if scenario.buggifies { parts.append("the code takes rare paths") }
        for fault in scenario.faults { parts.append("\(fault) after \(time(fault.at))") }
        return parts.joined(separator: "; ")
    }
}
