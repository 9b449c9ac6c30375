import Simulation

/// What a daemon's `/metrics` says of its traffic, in Prometheus's text format.
package enum MetricsText {
    /// The reading of a node; nil where it tells nothing of what it sends.
    package static func reading(of text: String, key: String) -> TrafficBook.Reading? {
        var kinds: [String: TrafficFigures.Kind] = [:]
        var uptime = 0.0
        for line in text.split(separator: "\n") where line.hasPrefix("roost_") {
            guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]),
                value.isFinite, value >= 0, value < 1e15
            else { continue }
            let name = line[..<space]
            if name == "roost_uptime_seconds" { uptime = value }
            let metric = name.prefix { $0 != "{" }
            guard metric == "roost_sent_bytes_total" || metric == "roost_datagrams_sent_total" else { continue }
            let kind = label("kind", in: name)
            var entry = kinds[kind] ?? .init(name: kind, datagrams: 0, bytes: 0)
            if metric == "roost_sent_bytes_total" { entry.bytes = Int(value) } else { entry.datagrams = Int(value) }
            kinds[kind] = entry
        }
        guard !kinds.isEmpty else { return nil }
        return TrafficBook.Reading(key: key, uptime: uptime, kinds: kinds.values.sorted { $0.name < $1.name })
    }

    /// A label's value, as people read it: `find_node_request` is `find node request`.
    private static func label(_ name: String, in text: Substring) -> String {
        guard let start = text.firstRange(of: "\(name)=\"") else { return "all" }
        return String(text[start.upperBound...].prefix { $0 != "\"" }.map { $0 == "_" ? " " : $0 })
    }
}
