/// Values over time in one line of text.
enum Sparkline {
    private static let steps: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    /// The last `width` values, from zero to the largest of them; a gap where there is none.
    static func text(_ values: [Double?], width: Int) -> String {
        let shown = values.suffix(max(0, width))
        let most = shown.compactMap(\.self).max() ?? 0
        return String(
            shown.map { value in
                guard let value else { return " " }
                guard most > 0 else { return steps[0] }
                return steps[min(max(Int((value / most * Double(steps.count - 1)).rounded()), 0), steps.count - 1)]
            })
    }
}
