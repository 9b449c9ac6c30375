import ControlAPI
import Cryptography
import StatusView
import Testing

/// What is wrong comes first, everything fits, and nothing is coloured where it can't be.
struct StatusPageTests {
    private func text(_ report: StatusReport, columns: Int = 80) -> [String] {
        StatusPage(report, columns: columns).lines.map { $0.text() }
    }

    @Test func aCalmNodeIsOnePage() {
        let id = Samples.calm.id.text
        let node = String(repeating: "ab", count: 32)
        #expect(
            text(Samples.calm) == [
                "roost 1.2.3 · ready · up 3 h 12 min", "", "id        \(id)", "node      \(node)",
                "listens   0.0.0.0:7337, [::]:7337", "reached   192.0.2.7:7337",
                "network   42 contacts of about 57 nodes", "keeps     12 envelopes in 5 mailboxes of others, 45 KiB",
                "outbox    nothing under way",
            ])
    }

    @Test(
        arguments: [
            (nil, "mail comes when the mailbox is looked into, within half a minute"),
            (0, "mail comes when the mailbox is looked into, within half a minute"),
            (1, "1 node tells it at once of new mail"), (3, "3 nodes tell it at once of new mail"),
        ] as [(Int?, String)])
    func whoIsHiddenReadsHowMailComes(announcers: Int?, words: String) {
        var report = Samples.calm
        (report.reachable, report.announcers) = (false, announcers)
        #expect(
            text(report).joined(separator: " ").split(separator: " ").joined(separator: " ").contains(
                "reached not directly; \(words)"))
    }

    @Test func whoseMailComesLaterReadsWhy() {
        var report = Samples.calm
        report.power = .low
        #expect(text(report).contains("power     low: mail can come some minutes later"))
        (report.reachable, report.announcers) = (false, 0)
        let words = text(report).joined(separator: " ").split(separator: " ").joined(separator: " ")
        #expect(words.contains("within five minutes"))
        report.power = .normal
        #expect(!text(report).contains { $0.hasPrefix("power") })
    }

    @Test func whatCameOfTheRouterIsSaid() {
        var report = Samples.calm
        report.portMapping = PortMappingReport(
            .open, via: "PCP", confirmed: true, message: "Your router opened port 7337 (PCP).")
        #expect(text(report).contains("router    your router opened port 7337 (PCP)"))
        report.portMapping = PortMappingReport(.unneeded, message: "No router need open a port for this node.")
        #expect(!text(report).contains { $0.hasPrefix("router") })
    }

    @Test func whatIsWrongComesFirst() throws {
        let lines = text(Samples.troubled)
        #expect(lines[0] == "roost 1.2.3 · joining · up 3 h 12 min")
        let problems = lines.filter { $0.hasPrefix("! ") }
        try #require(problems.count == 2)
        #expect(lines[2].hasPrefix("! The disk is full: new messages"))
        #expect(lines[2...3].joined().hasSuffix("Free  some space."))
        #expect(problems[1] == "! Something else is wrong. Mend it.")
        let last = try #require(lines.lastIndex { $0.hasPrefix("! ") })
        let identity = try #require(lines.firstIndex { $0.hasPrefix("id ") })
        #expect(last < identity)
        #expect(lines.contains("outbox    7 messages under way: 3 queued, 4 stored"))
        #expect(lines.contains("traffic   1.2 MiB in 3421 datagrams received, 900 B in 1 sent"))
    }

    @Test(arguments: [80, 60, 40])
    func linesFitButForWordsThatDoNot(columns: Int) {
        for line in text(Samples.troubled, columns: columns) where !line.contains("roost1") && !line.contains("abab") {
            #expect(line.count <= columns, "\(line)")
        }
    }

    @Test func coloursAreForTerminalsThatWantThem() {
        func style(_ isTerminal: Bool, _ environment: [String: String]) -> Style {
            Style(isTerminal: isTerminal, environment: environment)
        }
        #expect(style(true, [:]) == .coloured && style(true, ["NO_COLOR": ""]) == .coloured)
        #expect(style(false, [:]) == .plain && style(true, ["NO_COLOR": "1"]) == .plain)
        #expect(style(true, ["TERM": "dumb"]) == .plain)
        let lines = StatusPage(Samples.troubled).lines
        #expect(lines.allSatisfy { !$0.text(style: .plain).contains("\u{1b}") })
        #expect(lines[2].text(style: .coloured).hasPrefix("\u{1b}[31m! \u{1b}[0m"))
        // What doesn't fit is cut off, and the colour ends with it.
        #expect(lines[2].text(columns: 5, style: .coloured) == "\u{1b}[31m! \u{1b}[0m\u{1b}[31mThe\u{1b}[0m")
    }

    @Test(arguments: [(0, "0 B"), (1_023, "1023 B"), (1_024, "1.0 KiB"), (10_190, "10 KiB"), (5 << 30, "5.0 GiB")])
    func bytesAreReadable(count: Int, text: String) { #expect(Amount.bytes(count) == text) }
}
