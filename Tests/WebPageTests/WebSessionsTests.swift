import Basics
import Testing
import WebPage

/// Links, browsers and tabs, on a clock of the test's own.
@Suite struct WebSessionsTests {
    private let begin = UnixTime(seconds: 1_800_000_000)

    private func digest(_ text: String) -> WebDigest { WebDigest(of: text) }

    /// Has a link given and used.
    private func enter(
        _ sessions: inout WebSessions, _ cookie: String, _ tab: String, sends: String? = nil, at now: UnixTime
    ) -> WebSessions.Exchange {
        _ = sessions.give(link: digest("link to \(tab)"), at: now)
        return sessions.exchange(
            link: "link to \(tab)", cookie: sends, newCookie: digest(cookie), newTab: digest(tab), at: now)
    }

    @Test func aLinkWorksOnce() {
        var sessions = WebSessions(limits: WebLimits())
        _ = sessions.give(link: digest("link"), at: begin)
        func use(_ link: String) -> WebSessions.Exchange {
            sessions.exchange(link: link, cookie: nil, newCookie: digest("c"), newTab: digest("t"), at: begin)
        }
        #expect(use("lin") == .refused && use("") == .refused)
        #expect(use("link") == .newBrowser)
        #expect(use("link") == .refused)
        #expect(sessions.count == 1)
    }

    @Test func aLinkEndsByItself() {
        let limits = WebLimits()
        for (seconds, outcome) in [
            (limits.linkSeconds - 1, WebSessions.Exchange.newBrowser), (limits.linkSeconds, .refused),
        ] {
            var sessions = WebSessions(limits: limits)
            let until = sessions.give(link: digest("link"), at: begin)
            #expect(until == begin.advanced(bySeconds: limits.linkSeconds))
            let used = sessions.exchange(
                link: "link", cookie: nil, newCookie: digest("c"), newTab: digest("t"),
                at: begin.advanced(bySeconds: seconds))
            #expect(used == outcome)
        }
    }

    @Test func moreLinksThanTheBoundVoidTheOldest() {
        let limits = WebLimits()
        var sessions = WebSessions(limits: limits)
        for number in 0...limits.links { _ = sessions.give(link: digest("\(number)"), at: begin) }
        func use(_ link: String) -> WebSessions.Exchange {
            sessions.exchange(link: link, cookie: nil, newCookie: digest("c\(link)"), newTab: digest("t"), at: begin)
        }
        #expect(use("0") == .refused)
        #expect((1...limits.links).allSatisfy { use("\($0)") == .newBrowser })
    }

    @Test func cookieAndTabAreOfTheSameBrowser() {
        var sessions = WebSessions(limits: WebLimits())
        #expect(enter(&sessions, "cookie A", "tab A", at: begin) == .newBrowser)
        #expect(enter(&sessions, "cookie B", "tab B", at: begin) == .newBrowser)
        #expect(enter(&sessions, "unused", "tab A2", sends: "cookie A", at: begin) == .newTab)
        let admitted: [(String?, String?, Bool)] = [
            ("cookie A", "tab A", true), ("cookie A", "tab A2", true), ("cookie B", "tab B", true),
            ("cookie A", "tab B", false), ("cookie B", "tab A2", false), ("unused", "tab A2", false),
            ("cookie A", nil, false),
            (nil, "tab A", false), (nil, nil, false), ("", "", false), ("cookie a", "tab A", false),
        ]
        for (cookie, tab, isAdmitted) in admitted {
            #expect(
                sessions.admits(cookie: cookie, tab: tab, at: begin) == isAdmitted, "\(cookie ?? "-") \(tab ?? "-")")
        }
        #expect(sessions.end(cookie: "cookie A", tab: "tab B", at: begin) == false)
        #expect(sessions.end(cookie: "cookie A", tab: "tab A2", at: begin) == true)
        #expect(sessions.admits(cookie: "cookie A", tab: "tab A", at: begin) == false)
        #expect(sessions.admits(cookie: "cookie B", tab: "tab B", at: begin) == true)
    }

    @Test func browsersAndTabsAreBounded() {
        let limits = WebLimits()
        var sessions = WebSessions(limits: limits)
        for number in 0...limits.sessions {
            let now = begin.advanced(bySeconds: Int64(number))
            #expect(enter(&sessions, "c\(number)", "t\(number)", at: now) == .newBrowser)
            // The second is used less than the first.
            if number > 0 { #expect(sessions.admits(cookie: "c0", tab: "t0", at: now) == true) }
        }
        let now = begin.advanced(bySeconds: 100)
        #expect(sessions.count == limits.sessions)
        #expect(sessions.admits(cookie: "c0", tab: "t0", at: now) && !sessions.admits(cookie: "c1", tab: "t1", at: now))
        for number in 1...limits.tabs {
            #expect(enter(&sessions, "-", "t0.\(number)", sends: "c0", at: now) == .newTab)
        }
        #expect(
            !sessions.admits(cookie: "c0", tab: "t0", at: now) && sessions.admits(cookie: "c0", tab: "t0.1", at: now))
    }

    @Test func sessionsEndWhenNobodyUsesThemAndInAnyCase() {
        let limits = WebLimits()
        var sessions = WebSessions(limits: limits)
        #expect(enter(&sessions, "c", "t", at: begin) == .newBrowser)
        var now = begin
        while now.seconds + limits.idleSeconds - 1 < begin.seconds + limits.longestSeconds {
            now = now.advanced(bySeconds: limits.idleSeconds - 1)
            #expect(sessions.admits(cookie: "c", tab: "t", at: now) == true)
        }
        #expect(sessions.admits(cookie: "c", tab: "t", at: begin.advanced(bySeconds: limits.longestSeconds)) == false)
        #expect(enter(&sessions, "d", "u", at: begin) == .newBrowser)
        #expect(sessions.admits(cookie: "d", tab: "u", at: begin.advanced(bySeconds: limits.idleSeconds)) == false)
    }

    @Test func aClockThatIsPutBackEndsNothing() {
        var sessions = WebSessions(limits: WebLimits())
        #expect(enter(&sessions, "c", "t", at: begin) == .newBrowser)
        #expect(sessions.admits(cookie: "c", tab: "t", at: UnixTime(seconds: 0)) == true)
        #expect(sessions.admits(cookie: "c", tab: "t", at: begin) == true)
    }

    @Test func endingAllVoidsLinksAsWell() {
        var sessions = WebSessions(limits: WebLimits())
        #expect(enter(&sessions, "c", "t", at: begin) == .newBrowser)
        _ = sessions.give(link: digest("link"), at: begin)
        let count = sessions.endAll()
        #expect(count == 1 && sessions.count == 0)
        let used = sessions.exchange(link: "link", cookie: "c", newCookie: digest("d"), newTab: digest("u"), at: begin)
        #expect(used == .refused && !sessions.admits(cookie: "c", tab: "t", at: begin))
    }

    @Test func secretsAreLongAndTheirDigestsComparedWhole() {
        var system = SystemRandomNumberGenerator()
        let (one, other) = (WebSecret(using: &system), WebSecret(using: &system))
        #expect(one.text.count == 64 && one.text != other.text)
        #expect(one.digest.matches(WebDigest(of: one.text)) && !one.digest.matches(other.digest))
    }
}
