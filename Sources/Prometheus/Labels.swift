/// The labels of one series, as they stand between braces: ordered by name, each name once.
struct Labels: Hashable, Comparable {
    /// `kind="ping",outcome="answered"`; empty where there are none.
    let text: String

    init(_ dimensions: [(String, String)]) {
        var labels: [(name: String, value: String)] = []
        for (name, value) in dimensions {
            let name = MetricText.labelName(name)
            if !labels.contains(where: { $0.name == name }) { labels.append((name, value)) }
        }
        labels.sort { $0.name < $1.name }
        text = labels.map { "\($0.name)=\"\(MetricText.labelValue($0.value))\"" }.joined(separator: ",")
    }

    static func < (left: Labels, right: Labels) -> Bool { left.text < right.text }

    /// With braces, and one more label behind the others.
    func braced(and more: String = "") -> String {
        let all = text.isEmpty || more.isEmpty ? text + more : text + "," + more
        return all.isEmpty ? "" : "{\(all)}"
    }
}
