import ControlAPI
import Foundation
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

    @Test func anIntroducersNameIsShownAsTheirs() {
        var card = IntroductionReport(
            id: "roost1carol", name: "carol", claimedName: "Carol M", from: "roost1qxyzqxyzqxyz", fromName: "alice",
            sentAt: Date(timeIntervalSince1970: 0))
        #expect(PeerLabel(introductions: [card]).text == "carol (alice's name)")
        #expect(PeerLabel(claimedName: "C", introductions: [card]).text == "carol (alice's name)")
        #expect(PeerLabel(resembles: "Carol", introductions: [card]).text == "carol (alice's name; not your Carol)")
        #expect(PeerLabel(name: "kate", introductions: [card]).text == "kate")
        #expect(
            PeerLabel.sentence(of: card)
                == "alice introduces \"carol\" (alice's name for them; they claim \"Carol M\")")
        (card.fromName, card.claimedName) = (nil, nil)
        #expect(
            PeerLabel.sentence(of: card) == "roost1qxyzqxyz… introduces \"carol\" (roost1qxyzqxyz…'s name for them)")
    }
}
