import Foundation
import Simulation
import SimulationReport
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

struct PageTests {
    /// The page is written so that it is XML as well: whatever is not closed or not escaped is found.
    private func isWellFormed(_ html: String) -> Bool {
        let parser = XMLParser(data: Data(html.replacing("<!DOCTYPE html>\n", with: "").utf8))
        return parser.parse()
    }

    @Test func isWellFormedAndNeedsNothingElse() {
        let html = Page(Samples.full).html
        #expect(isWellFormed(html))
        #expect(
            !html.contains("<script") && !html.contains("src=") && !html.contains("@import") && !html.contains("url("))
        #expect(!html.contains("nan") && !html.contains("inf\"") && !html.contains("inf "))
    }

    @Test func drawsEverythingThereIs() {
        let html = Page(Samples.full).html
        #expect(html.components(separatedBy: "role=\"img\"").count - 1 == 12)
        for text in [
            "30 % are cut off at 30 min for 10 min", "recipient online", "find &lt;node&gt;", "29.3 KiB", "99.50 %",
            "roost sim --seed 7", "00000000000000ab", "prefers-color-scheme", "30 of 500 nodes at the end",
            "00000000… knows 4 nodes, and 2 that are gone", "48000000… knows 0 nodes",
            "number 1 from the mailbox, keeps 2 envelopes", "lies, number 3 from the mailbox, keeps nothing of it",
            "In it: 2 envelopes waiting, proof that 1 envelope was collected. Of this, 2 of the 3 closest keep something, "
                + "and so does 1 farther away.",
        ] { #expect(html.contains(text), "\(text)") }
    }

    @Test func saysWhatThereIsNot() {
        let html = Page(Samples.empty).html
        #expect(isWellFormed(html) && !html.contains("role=\"img\""))
        for text in [
            "There are no lookups in this run.", "Nobody wrote a message", "There are no people",
            "Memory was not measured.", "No node was up.",
        ] { #expect(html.contains(text), "\(text)") }
    }

    @Test func showsViolationsInFullAndEscapesThem() {
        var run = Samples.full
        run.summary.violations = (0..<30).map {
            Violation("No \($0): <script>alert('x')</script> & \"y\"\u{1b}", trace: ["a < b", "line \($0)."])
        }
        run.replay = ["roost sim --replay '</pre><b>'"]
        run.summary.incidents[0].what = "</title><b>"
        let html = Page(run).html
        #expect(isWellFormed(html) && !html.contains("<script") && !html.contains("<b></title>"))
        #expect(html.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;y&quot;\u{fffd}"))
        #expect(html.contains("a &lt; b\nline 29."))
    }

    /// Who should keep the mailbox and who does are told apart, and every kind of node has its own mark.
    @Test func theMapMarksWhoKeepsAndWhoShould() {
        let html = Page(Samples.full).html
        func count(_ text: String) -> Int { html.components(separatedBy: text).count - 1 }
        // On the ring, and once in its legend.
        #expect(count("class=\"keeper\"") == 3 + 1 && count("class=\"closest\"") == 3 + 1)
        #expect(count("<rect class=\"keeps\"") == 3 && count("<rect class=\"lacks\"") == 1)
        #expect(count("class=\"knows") == 3 && count("class=\"sample") == 3 + 1)
        // In both pictures and both legends.
        #expect(count("class=\"liar\"") == 4 && count("class=\"personal\"") == 4)
        #expect(count("class=\"hidden\"") == 2)
    }

    /// One value only, all the same, or very many: no axis has no extent.
    @Test func drawsDegenerateRuns() {
        var run = Samples.full
        run.summary.messages.latencies = [.zero]
        run.summary.messages.latenciesOnline = []
        run.summary.lookups.rounds = [3]
        run.summary.lookups.requests = [0]
        run.summary.lookups.all = [.zero]
        run.summary.lookups.first = []
        run.summary.lookups.quorum = []
        run.summary.traffic.perNode = [0.1]
        run.summary.bucketFill = [0.001]
        run.summary.timeline = Array(run.summary.timeline.prefix(2))
        run.summary.map = NetworkMap(nodes: [NetworkMap.Node(id: .max, age: .zero)], living: 1)
        run.summary.map.tables = [.init(node: 0, contacts: [0], gone: 0)]
        run.summary.map.mailbox = .init(
            location: .max, waiting: 0, collected: 0,
            buddies: [.init(node: 0, rank: 0, isClosest: true, waiting: 0, collected: 0)])
        let html = Page(run).html
        #expect(isWellFormed(html) && !html.contains("\"nan") && !html.contains(" nan"))
        run.summary.messages.latencies = [.microseconds(1), .seconds(180 * 86_400)]
        run.summary.lookups.requests = [1, 1_000_000]
        run.summary.timeline = [run.summary.timeline[0]]
        #expect(isWellFormed(Page(run).html))
    }
}
