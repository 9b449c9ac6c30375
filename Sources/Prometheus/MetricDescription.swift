/// Describes one metric for its readers: a row of a program's one table of metrics.
public struct MetricDescription: Hashable, Sendable {
    /// How values are produced.
    public enum Kind: Hashable, Sendable {
        /// Counts up from zero at the start of the program.
        case counter
        /// A value that goes up and down.
        case gauge
        /// How many values were at most each of these bounds, which ascend; the last, +Inf, is understood.
        case histogram([Double])

        /// As in a `# TYPE` line.
        public var name: String {
            switch self {
            case .counter: "counter"
            case .gauge: "gauge"
            case .histogram: "histogram"
            }
        }
    }

    /// With its unit, and `_total` where it is a counter: `roost_commit_duration_seconds`.
    public let name: String
    public let kind: Kind
    /// The names of its labels.
    public let labels: [String]
    /// One line for people.
    public let help: String

    public init(_ name: String, _ kind: Kind, labels: [String] = [], _ help: String) {
        self.name = name
        self.kind = kind
        self.labels = labels
        self.help = help
    }
}

extension MetricDescription {
    /// What Prometheus's conventions have against it (prometheus.io/docs/practices/naming), or nil.
    public var problem: String? {
        guard name == MetricText.name(name) else { return "\(name) is no metric name" }
        for label in labels where label != MetricText.labelName(label) { return "\(label) is no label name" }
        guard (kind == .counter) == name.hasSuffix("_total") else {
            return "_total is for counters, and for all of them"
        }
        for suffix in ["_bucket", "_count", "_sum"] where name.hasSuffix(suffix) {
            return "\(suffix) is a histogram's part"
        }
        guard !help.isEmpty else { return "\(name) has no help" }
        if case .histogram(let bounds) = kind {
            guard !bounds.isEmpty, zip(bounds, bounds.dropFirst()).allSatisfy({ $0 < $1 }),
                bounds.allSatisfy(\.isFinite)
            else { return "the bounds of \(name) don't ascend" }
        }
        return nil
    }
}
