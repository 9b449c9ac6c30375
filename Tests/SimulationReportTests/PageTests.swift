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
        #expect(html.components(separatedBy: "role=\"img\"").count - 1 == 10)
        for text in [
            "30 % are cut off at 30 min for 10 min", "recipient online", "find &lt;node&gt;", "29.3 KiB", "99.50 %",
            "roost sim --seed 7", "00000000000000ab", "prefers-color-scheme",
        ] { #expect(html.contains(text), "\(text)") }
    }

    @Test func saysWhatThereIsNot() {
        let html = Page(Samples.empty).html
        #expect(isWellFormed(html) && !html.contains("role=\"img\""))
        for text in [
            "There are no lookups in this run.", "Nobody wrote a message", "There are no people",
            "Memory was not measured.",
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
        let html = Page(run).html
        #expect(isWellFormed(html) && !html.contains("\"nan") && !html.contains(" nan"))
        run.summary.messages.latencies = [.microseconds(1), .seconds(180 * 86_400)]
        run.summary.lookups.requests = [1, 1_000_000]
        run.summary.timeline = [run.summary.timeline[0]]
        #expect(isWellFormed(Page(run).html))
    }
}
