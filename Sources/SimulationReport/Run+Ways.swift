import Simulation

/// How messages came: straight, announced, or found by a look; by pairs of what people are behind.
extension Run {
    private var passages: [PassageFigures] { summary.messages.passages }

    private var all: PassageFigures {
        passages.reduce(PassageFigures(from: "", to: "")) { $0 + $1 }
    }

    // MARK: JSON

    /// By way; null where nothing came, or where it was not measured.
    var ways: JSONValue {
        passages.isEmpty ? .null : .object(members(of: all))
    }

    /// The same for each pair; null where all are behind nothing.
    var pairs: JSONValue {
        guard !summary.scenario.nats.isEmpty else { return .null }
        return .array(
            passages.map { pair in
                .object([.init("from", .string(pair.from)), .init("to", .string(pair.to))] + members(of: pair))
            })
    }

    private func members(of figures: PassageFigures) -> [JSONValue.Member] {
        DeliveryWay.allCases.map { way in
            let place = Int(way.rawValue)
            let online = figures.online[place]
            return .init(
                way.name,
                .object([
                    "count": JSONValue(figures.counts[place]),
                    "onlineSecondsP50": JSONValue(Quantiles.value(0.5, of: online)?.inSeconds),
                    "onlineSecondsP99": JSONValue(Quantiles.value(0.99, of: online)?.inSeconds),
                ]))
        }
    }

    // MARK: Words

    /// One row about all.
    var wayRows: [Row] {
        guard !passages.isEmpty else { return [] }
        let parts = DeliveryWay.allCases.map { way in
            let place = Int(way.rawValue)
            let half = Quantiles.value(0.5, of: all.online[place]).map {
                ", half of those online within \(Readable.time($0))"
            }
            return "\(Readable.count(all.counts[place])) \(way.words)" + (half ?? "")
        }
        return [Row(name: "… came", value: parts.joined(separator: "; "))]
    }

    /// A table of all pairs, where people are behind NATs.
    var pairTable: String {
        guard !summary.scenario.nats.isEmpty, !passages.isEmpty else { return "" }
        let from = names(\.from)
        let to = names(\.to)
        let rows =
            [["from \\ to"] + to]
            + from.map { sender in
                [sender]
                    + to.map { recipient in
                        passages.first { $0.from == sender && $0.to == recipient }.map(Run.cell) ?? ""
                    }
            }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        var text =
            "\nBetween people behind NATs: straight, announced and found by a look; half of those online within\n"
        for row in rows {
            let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            var line = "  " + cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            text += line + "\n"
        }
        return text
    }

    private func names(_ side: KeyPath<PassageFigures, String>) -> [String] {
        let all = ["none"] + summary.scenario.nats.map(\.name)
        let present = Set(passages.map { $0[keyPath: side] })
        var seen: Set<String> = []
        return all.filter { present.contains($0) && seen.insert($0).inserted }
    }

    private static func cell(_ pair: PassageFigures) -> String {
        let online = pair.online.flatMap { $0 }.sorted()
        let half = Quantiles.value(0.5, of: online).map { ", \(Readable.time($0))" } ?? ""
        return pair.counts.map { "\($0)" }.joined(separator: "+") + half
    }
}

extension DeliveryWay {
    /// Its name in JSON.
    var name: String {
        switch self {
        case .straight: "straight"
        case .announced: "announced"
        case .looked: "looked"
        }
    }

    var words: String {
        switch self {
        case .straight: "straight"
        case .announced: "by announcement"
        case .looked: "found by a look"
        }
    }
}
