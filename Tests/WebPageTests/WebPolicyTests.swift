import Testing
import WebPage

/// Which requests are considered, by what browsers say of them.
@Suite struct WebPolicyTests {
    private static let ours = "127.0.0.1:4000"
    private let policy = WebPolicy(authority: ours)

    private func judge(_ change: (inout WebPolicy.Facts) -> Void, _ target: WebPolicy.Target = .call)
        -> WebPolicy.Verdict
    {
        var facts = WebPolicy.Facts(target, hosts: [WebPolicyTests.ours])
        change(&facts)
        return policy.judge(facts)
    }

    @Test(arguments: [
        [], ["localhost:4000"], ["127.0.0.1"], ["127.0.0.1:40000"], ["evil.example:4000"],
        ["127.0.0.1:4000", "127.0.0.1:4000"],
        ["127.0.0.1:4000."], ["127.0.0.1.evil.example:4000"], ["[::1]:4000"], ["127.0.0.1:4000 "], [""],
    ])
    func anotherHostIsRefusedWhateverIsAskedFor(hosts: [String]) {
        for target in WebPolicy.Target.allCases {
            #expect(judge({ $0.hosts = hosts }, target) == .refuse(.host))
        }
    }

    @Test(arguments: [
        "http://evil.example", "null", "http://127.0.0.1:4001", "https://127.0.0.1:4000", "http://127.0.0.1:4000/", "",
    ])
    func anotherOriginIsRefusedWhateverIsAskedFor(origin: String) {
        for target in WebPolicy.Target.allCases {
            for method in ["GET", "POST", "DELETE"] {
                let verdict = judge({ ($0.origin, $0.method) = (origin, method) }, target)
                #expect(verdict == .refuse(.origin))
            }
        }
    }

    @Test(arguments: ["cross-site", "same-site", "none", "nonsense", ""])
    func callsComeFromTheSameOrigin(site: String) {
        #expect(judge { $0.site = site } == .refuse(.origin))
        #expect(judge { $0.site = "same-origin" } == .allow)
    }

    @Test func whatMayChangeSomethingNamesItsOrigin() {
        for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
            #expect(judge { ($0.method, $0.site) = (method, "same-origin") } == .refuse(.origin))
            #expect(judge { ($0.method, $0.origin) = (method, "http://127.0.0.1:4000") } == .allow)
        }
        #expect(judge { $0.method = "HEAD" } == .allow)
    }

    @Test func thePageIsFollowedToAndNotShownInside() {
        for site in ["none", "cross-site", "same-site", "same-origin"] {
            #expect(judge({ ($0.site, $0.mode, $0.destination) = (site, "navigate", "document") }, .page) == .allow)
        }
        #expect(judge({ ($0.mode, $0.destination) = ("navigate", "iframe") }, .page) == .refuse(.frame))
        #expect(judge({ ($0.mode, $0.destination) = ("no-cors", "script") }, .page) == .refuse(.frame))
        #expect(judge({ _ in }, .page) == .allow)
    }

    @Test func partsAreLoadedByThePageAlone() {
        #expect(judge({ $0.site = "same-origin" }, .part) == .allow)
        #expect(judge({ $0.site = "none" }, .part) == .allow)
        #expect(judge({ $0.site = "cross-site" }, .part) == .refuse(.origin))
        #expect(judge({ $0.site = "same-site" }, .part) == .refuse(.origin))
    }
}
