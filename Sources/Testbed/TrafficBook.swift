import Simulation

/// What nodes have sent, added up over their lives: a counter starts again with each process.
package struct TrafficBook {
    /// What one node tells of itself.
    package struct Reading: Sendable {
        /// Names the node and the process it is: another process is another key, or begins below where the last was.
        package var key: String
        /// Seconds for which it has run.
        package var uptime: Double
        /// By what for; one entry where that isn't told.
        package var kinds: [TrafficFigures.Kind]

        package init(key: String, uptime: Double, kinds: [TrafficFigures.Kind]) {
            self.key = key
            self.uptime = uptime
            self.kinds = kinds
        }

        package var bytes: Int { kinds.reduce(0) { $0 + $1.bytes } }
    }

    private struct Name: Hashable {
        let key: String
        let kind: String
    }

    private var last: [Name: TrafficFigures.Kind] = [:]
    private var totals: [String: TrafficFigures.Kind] = [:]
    /// Bytes that all have sent.
    package private(set) var bytes = 0

    package init() {}

    /// Takes what all running nodes report now; returns the bytes that are new.
    @discardableResult
    package mutating func take(_ readings: [Reading]) -> Int {
        let before = bytes
        for reading in readings {
            for kind in reading.kinds {
                let name = Name(key: reading.key, kind: kind.name)
                let old = last.updateValue(kind, forKey: name)
                // A counter that is lower than before has started again.
                let isSame = (old?.bytes ?? 0) <= kind.bytes && (old?.datagrams ?? 0) <= kind.datagrams
                var total = totals[kind.name] ?? .init(name: kind.name, datagrams: 0, bytes: 0)
                total.bytes += kind.bytes - (isSame ? old?.bytes ?? 0 : 0)
                total.datagrams += kind.datagrams - (isSame ? old?.datagrams ?? 0 : 0)
                bytes += kind.bytes - (isSame ? old?.bytes ?? 0 : 0)
                totals[kind.name] = total
            }
        }
        return bytes - before
    }

    /// By kind, most bytes first.
    package var kinds: [TrafficFigures.Kind] {
        totals.values.filter { $0.datagrams > 0 }.sorted { ($0.bytes, $1.name) > ($1.bytes, $0.name) }
    }
}
