import Basics
import Testing
import WebPage

/// Links, browsers and tabs, on a clock of the test's own.
@Suite struct WebSessionsTests {
    private let begin = UnixTime(seconds: 1_800_000_000)

    private func digest(_ text: String) -> WebDigest { WebDigest(of: text) }

    /// Has a link given and used.
    private func enter(
        _ sessions: inout WebSessions, _ cookie: String, _ tab: String, sends: String? = nil, former: String? = nil,
        at now: UnixTime
    ) -> WebSessions.Exchange {
        _ = sessions.give(link: digest("link to \(tab)"), at: now)
        return sessions.exchange(
            link: "link to \(tab)", cookies: sends.map { [$0] } ?? [], formerTab: former, newCookie: digest(cookie),
            newTab: digest(tab), at: now)
    }

    @Test func aLinkWorksOnce() {
        var sessions = WebSessions(limits: WebLimits())
        _ = sessions.give(link: digest("link"), at: begin)
        func use(_ link: String) -> WebSessions.Exchange {
            sessions.exchange(
                link: link, cookies: [], formerTab: nil, newCookie: digest("c"), newTab: digest("t"), at: begin)
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
                link: "link", cookies: [], formerTab: nil, newCookie: digest("c"), newTab: digest("t"),
                at: begin.advanced(bySeconds: seconds))
            #expect(used == outcome)
        }
    }

    @Test func moreLinksThanTheBoundVoidTheOldest() {
        let limits = WebLimits()
        var sessions = WebSessions(limits: limits)
        for number in 0...limits.links { _ = sessions.give(link: digest("\(number)"), at: begin) }
        func use(_ link: String) -> WebSessions.Exchange {
            sessions.exchange(
                link: link, cookies: [], formerTab: nil, newCookie: digest("c\(link)"), newTab: digest("t"), at: begin)
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
            // Each of them is asked of a copy.
            var sessions = sessions
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
        let used = sessions.exchange(
            link: "link", cookies: ["c"], formerTab: nil, newCookie: digest("d"), newTab: digest("u"), at: begin)
        #expect(used == .refused && !sessions.admits(cookie: "c", tab: "t", at: begin))
    }

    @Test func secretsAreLongAndTheirDigestsComparedWhole() {
        var system = SystemRandomNumberGenerator()
        let (one, other) = (WebSecret(using: &system), WebSecret(using: &system))
        #expect(one.text.count == 64 && one.text != other.text)
        #expect(one.digest.matches(WebDigest(of: one.text)) && !one.digest.matches(other.digest))
    }

    // MARK: One browser, one session

    /// Its page's first tab was signed in when it had no cookie yet, and so was the second: the browser keeps the last cookie.
    @Test func aTabWhoseBrowserShowsAnotherCookieEndsItsOwnSession() {
        var sessions = WebSessions(limits: WebLimits())
        #expect(enter(&sessions, "cookie A", "tab A", at: begin) == .newBrowser)
        #expect(enter(&sessions, "cookie B", "tab B", at: begin) == .newBrowser)
        #expect(!sessions.admits(cookie: "nobody's", tab: "tab A", at: begin) && sessions.count == 2)
        #expect(sessions.admits(cookie: "cookie B", tab: "tab A", at: begin) == false)
        #expect(sessions.count == 1 && sessions.admits(cookie: "cookie B", tab: "tab B", at: begin))
        #expect(sessions.admits(cookie: "cookie A", tab: "tab A", at: begin) == false)
    }

    @Test func whoSignsInAnewHasOneSession() {
        var sessions = WebSessions(limits: WebLimits())
        // The browser has lost its cookie, and the tab still has its secret.
        #expect(enter(&sessions, "cookie A", "tab A", at: begin) == .newBrowser)
        #expect(enter(&sessions, "cookie B", "tab B", former: "tab A", at: begin) == .newBrowser)
        #expect(sessions.count == 1 && !sessions.admits(cookie: "cookie A", tab: "tab A", at: begin))
        // It has its cookie: the tab's former secret is void, the other tabs stay.
        #expect(enter(&sessions, "-", "tab C", sends: "cookie B", at: begin) == .newTab)
        #expect(enter(&sessions, "-", "tab D", sends: "cookie B", former: "tab B", at: begin) == .newTab)
        #expect(sessions.admits(cookie: "cookie B", tab: "tab B", at: begin) == false)
        #expect(sessions.admits(cookie: "cookie B", tab: "tab C", at: begin) == true)
        #expect(sessions.end(cookie: "cookie B", tab: "tab D", at: begin) && sessions.count == 0)
    }

    @Test func ofTwoCookiesTheOtherEnds() {
        var sessions = WebSessions(limits: WebLimits())
        for name in ["A", "B", "C"] { _ = enter(&sessions, "cookie \(name)", "tab \(name)", at: begin) }
        _ = sessions.give(link: digest("link"), at: begin)
        let outcome = sessions.exchange(
            link: "link", cookies: ["x", "cookie B", "cookie A"], formerTab: nil, newCookie: digest("-"),
            newTab: digest("tab D"), at: begin)
        #expect(outcome == .newTab && sessions.count == 2)
        #expect(sessions.admits(cookie: "cookie C", tab: "tab C", at: begin) == true)
    }

    // MARK: What is use

    /// A page that is left open asks for news without end.
    @Test func whatAPageAsksByItselfKeepsNoSession() {
        let limits = WebLimits()
        var sessions = WebSessions(limits: limits)
        #expect(enter(&sessions, "c", "t", at: begin) == .newBrowser)
        var now = begin
        while now.seconds - begin.seconds < limits.idleSeconds {
            #expect(sessions.admits(cookie: "c", tab: "t", isUse: false, at: now) == true)
            now = now.advanced(bySeconds: 15 * 60)
        }
        #expect(sessions.admits(cookie: "c", tab: "t", isUse: false, at: now) == false)
        #expect(enter(&sessions, "d", "u", at: now) == .newBrowser)
        let later = now.advanced(bySeconds: limits.idleSeconds - 1)
        #expect(sessions.admits(cookie: "d", tab: "u", isUse: true, at: later) == true)
        #expect(sessions.admits(cookie: "d", tab: "u", isUse: false, at: later.advanced(bySeconds: 10)) == true)
    }
}

extension WebSessions {
    /// A request behind which a person stands.
    fileprivate mutating func admits(cookie: String?, tab: String?, at now: UnixTime) -> Bool {
        admits(cookie: cookie, tab: tab, isUse: true, at: now)
    }
}
