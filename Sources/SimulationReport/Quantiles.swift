import Platform

/// Shares of sorted values, by nearest rank: always a value that occurred.
public enum Quantiles {
    /// The smallest value that at least this share of all don't exceed; nil where there are none.
    public static func value<Value>(_ share: Double, of sorted: [Value]) -> Value? {
        guard !sorted.isEmpty else { return nil }
        let rank = Int((share * Double(sorted.count)).rounded(.up))
        return sorted[min(max(rank, 1), sorted.count) - 1]
    }
}

extension Duration {
    /// In seconds, for showing.
    var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}
