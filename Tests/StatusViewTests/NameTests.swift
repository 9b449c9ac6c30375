import StatusView
import Testing

/// How people are named on a line, and which names may be taken for one another.
@Suite struct NameTests {
    @Test(arguments: [
        ("bob", "Bob"), ("bob", "b0b"), ("bob", "ьоb"), ("alice", "аlісе"), ("alice", "AL1CE"), ("Ilona", "llona"),
        ("Mary Ann", "mary-ann"), ("Åsa", "asa"), ("modern", "modem"), ("bob", "ｂｏｂ"), ("bob", "𝐛𝐨𝐛"),
        ("José", "Jose\u{301}"),
        ("Straße", "strasse"), ("νіνіаn", "vivian"),
    ])
    func alike(_ one: String, _ other: String) {
        #expect(NameSkeleton.isAlike(one, other), "\(NameSkeleton.of(one)) \(NameSkeleton.of(other))")
    }

    @Test(arguments: [("bob", "rob"), ("alice", "alex"), ("李雷", "韩梅"), ("!!", "??"), ("❤", "★"), ("a", "")])
    func different(_ one: String, _ other: String) { #expect(!NameSkeleton.isAlike(one, other)) }

    @Test func aClaimIsShownAsOne() {
        #expect(PeerLabel().text == nil)
        #expect(PeerLabel(name: "bob", claimedName: "rob", resembles: "rob").text == "bob", "what I call them counts")
        #expect(PeerLabel(claimedName: "bob").text == "\"bob\" (claims)")
        #expect(PeerLabel(claimedName: "b0b", resembles: "bob").text == "\"b0b\" (claims; not your bob)")
        #expect(PeerLabel(claimedName: "bob\" (yours)").text == "\"bob' (yours)\" (claims)")
        #expect(PeerLabel(claimedName: "a\u{1b}[31m").text == "\"a␛[31m\" (claims)")
    }
}
