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
        ("Straße", "strasse"), ("νіνіаn", "vivian"), ("alice", "alice ✔"), ("alice", "aⅼice"),
        ("alice", "aℓⅰⅽℯ"), ("Carol", "ℂarol"), ("BOB", "ꓐꓳꓐ"), ("TED", "ᎢᎬᎠ"), ("dora", "clora"),
        ("VIII", "Ⅷ"),
    ])
    func alike(_ one: String, _ other: String) {
        #expect(NameSkeleton.isAlike(one, other), "\(NameSkeleton.of(one)) \(NameSkeleton.of(other))")
    }

    @Test(arguments: [
        ("bob", "rob"), ("alice", "alex"), ("李雷", "韩梅"), ("!!", "??"), ("❤", "★"), ("a", ""), ("cindy", "dndy"),
    ])
    func different(_ one: String, _ other: String) { #expect(!NameSkeleton.isAlike(one, other)) }

    @Test func aClaimIsShownAsOne() {
        #expect(PeerLabel().text == nil)
        #expect(PeerLabel(name: "bob", claimedName: "rob", resembles: "rob").text == "bob", "what I call them counts")
        #expect(PeerLabel(claimedName: "bob").text == "\"bob\" (claims)")
        #expect(PeerLabel(claimedName: "b0b", resembles: "bob").text == "not your bob: \"b0b\" (claims)")
        #expect(PeerLabel(claimedName: "bob\" (yours)").text == "\"bob' (yours)\" (claims)")
        #expect(PeerLabel(claimedName: "a\u{1b}[31m").text == "\"a␛[31m\" (claims)")
    }

    @Test func anIntroducersNameIsShownAsTheirs() {
        var card = IntroductionReport(
            id: "roost1carol", name: "carol", claimedName: "Carol M", from: "roost1qxyzqxyzqxyz", fromName: "alice",
            sentAt: Date(timeIntervalSince1970: 0))
        #expect(PeerLabel(introductions: [card]).text == "alice's \"carol\"")
        #expect(PeerLabel(claimedName: "C", introductions: [card]).text == "alice's \"carol\"")
        #expect(PeerLabel(resembles: "Carol", introductions: [card]).text == "not your Carol: alice's \"carol\"")
        #expect(PeerLabel(name: "kate", introductions: [card]).text == "kate")
        (card.id, card.name) = ("roost1qcarolcarolcarol", "carol\" (yours)")
        #expect(
            PeerLabel.statement(of: card)
                == "introducing \"carol' (yours)\" (roost1qcarolca…; they claim \"Carol M\")")
        (card.fromName, card.claimedName) = (nil, nil)
        #expect(PeerLabel(introductions: [card]).text == "roost1qxyzqxyz…'s \"carol' (yours)\"")
    }

    /// However little room there is, what others have chosen isn't shown as a name of the address book.
    @Test func aLabelThatIsCutKeepsItsMarkAndItsWarning() throws {
        let long = String(repeating: "a", count: 32)
        let card = IntroductionReport(
            id: "roost1carol", name: "carol", claimedName: nil, from: "roost1alice", fromName: long,
            sentAt: Date(timeIntervalSince1970: 0))
        let label = try #require(PeerLabel(introductions: [card]).text)
        #expect(Cells.fitted(label, columns: 18) == "aaaaaaaaaaa…'s \"c…")
        let warned = try #require(PeerLabel(resembles: long, introductions: [card]).text)
        #expect(Cells.fitted(warned, columns: 26).hasPrefix("not your aaaaaaaaaaa…: "))
        let claimed = try #require(PeerLabel(claimedName: long, resembles: "bob").text)
        #expect(Cells.fitted(claimed, columns: 18) == "not your bob: \"aa…")
    }
}
