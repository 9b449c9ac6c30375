import ControlAPI
import Foundation
import StatusView
import Testing

/// The page shows how it went, whatever the daemon and the terminal do.
struct WatchPageTests {
    private func page(_ bytes: [Int?]) -> WatchPage {
        var page = WatchPage(timeOfDay: Samples.utc)
        for (second, bytes) in bytes.enumerated() {
            let date = Samples.noon.addingTimeInterval(Double(second))
            guard let bytes else {
                page.recordGone("Roost is not running for /x: start it with `roost up`.", date)
                continue
            }
            var report = Samples.calm
            report.contacts = second
            report.uptimeSeconds += second
            report.traffic = Samples.traffic(bytes)
            page.record(report, at: .seconds(second), date)
        }
        return page
    }

    private func text(_ page: WatchPage, columns: Int = 80, rows: Int = 24) -> [String] {
        page.lines(columns: columns, rows: rows).map { $0.text(columns: columns) }
    }

    @Test func ratesAreDrawnOverTime() {
        let lines = text(page([0, 1_000, 1_000, 8_000]))
        #expect(lines.count == 24 && lines[0].hasPrefix("roost 1.2.3 · ready") && lines[0].hasSuffix("  12:00:03"))
        #expect(lines[0].count == 80)
        #expect(lines.contains("network   3 contacts of about 57 nodes    ▁▃▆█"))
        #expect(lines.contains("in        6.8 KiB/s, 7.8 KiB in all        ▂▁█"))
        #expect(lines.contains("out       3.4 KiB/s, 3.9 KiB in all        ▂▁█"))
        #expect(lines.last == "Ctrl-C or q ends")
    }

    /// A daemon that ends is shown to have ended, and its last figures with it; one that comes back starts from zero.
    @Test func aDaemonMayGoAndReturn() {
        let gone = text(page([0, 1_000, nil, nil]))
        #expect(gone[0].hasPrefix("roost · not running since 12:00:02 "))
        #expect(gone[2] == "! Roost is not running for /x: start it with `roost up`.")
        #expect(gone.contains("network   1 contact of about 57 nodes     ▁█  "))
        let back = text(page([0, 1_000, nil, 100, 300]))
        #expect(back[0].hasPrefix("roost 1.2.3 · ready"))
        #expect(back.contains("in        200 B/s, 300 B in all            █  ▂"))
        // It was so quick that nobody saw it go.
        #expect(text(page([5_000, 6_000, 100])).contains("in        100 B in all                     █ "))
    }

    @Test func newsAreTheLatestFirstAndAsManyAsFit() {
        var page = page([0, 0])
        for number in 0..<60 { page.record("to bob: \(number)", Samples.noon) }
        let lines = text(page)
        #expect(lines.count == 24)
        let news = lines.filter { $0.contains("to bob") }
        #expect(news.first == "  12:00:00  to bob: 59" && news.count == 13)
        #expect(lines.last == "Ctrl-C or q ends")
    }

    @Test(arguments: [(1, 1), (10, 3), (20, 8), (79, 23), (300, 100)])
    func anyTerminalIsLargeEnough(columns: Int, rows: Int) {
        for bytes in [[0, 5_000], [0, nil], []] as [[Int?]] {
            let lines = text(page(bytes), columns: columns, rows: rows)
            #expect(lines.count == rows && lines.allSatisfy { $0.count <= columns })
        }
    }

    @Test func aLineSaysItWhereNothingCanBeDrawn() {
        #expect(
            page([0, 2_048]).line
                == "12:00:01  ready  1 contact of about 57 nodes  in 2.0 KiB/s  out 1.0 KiB/s  12 envelopes kept  outbox 0"
        )
        #expect(page([0, nil]).line == "12:00:01  not running")
    }
}
