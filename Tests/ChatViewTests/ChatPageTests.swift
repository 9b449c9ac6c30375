import ChatView
import ControlAPI
import Foundation
import StatusView
import Testing

/// What is on the screen, at several sizes.
@Suite struct ChatPageTests {
    private func story(columns: Int, rows: Int, opening peer: String? = Samples.bob) -> Story {
        var story = Story(columns: columns, rows: rows, opening: peer)
        let day = 86_400.0
        story.daemon.add(
            "Are you there?", Samples.bob, received: true, state: .read, at: Samples.noon.addingTimeInterval(-day))
        story.daemon.add(
            "Yes. And this is a longer answer, which takes more than one row.", Samples.bob, received: false,
            state: .read, at: Samples.noon.addingTimeInterval(-day + 120))
        story.daemon.add("你好，世界！", Samples.bob, received: true, state: .read)
        let last = story.daemon.add("Still here.", Samples.bob, received: false)
        _ = story.daemon.change(last.message, Samples.bob, to: .stored, of: 20)
        story.daemon.add(
            "Salut\nune ligne", Samples.carol, received: true, at: Samples.noon.addingTimeInterval(-40 * day))
        story.happen(.connected)
        return story
    }

    @Test func aWideTerminalShowsBoth() {
        let story = story(columns: 80, rows: 16)
        #expect(
            story.lines == [
                "Conversations        1 new │ bob  roost1qgpqyqszqgpqyqszq…",
                "───────────────────────────┼────────────────────────────────────────────────────",
                "  Carol 家           9 Oct │",
                "  Salut une ligne    1 new │ ──────────── Friday, 17 November 2023 ─────────────",
                "› bob                12:00 │",
                "  you: Still here.         │ 12:00 bob  Are you there?",
                "                           │ 12:02 you  Yes. And this is a longer answer, which",
                "                           │            takes more than one row.  read",
                "                           │",
                "                           │ ─────────── Saturday, 18 November 2023 ────────────",
                "                           │",
                "                           │ 12:00 bob  你好，世界！",
                "                           │ 12:00 you  Still here.  stored 20 of 20",
                "                           ├────────────────────────────────────────────────────",
                "                           │ >",
                "Enter sends · Alt-Enter new line · PgUp back · Tab next · Esc list · Ctrl-Q ends",
            ])
        #expect(story.chat.page(now: story.now).cursor?.row == 14)
        #expect(story.chat.page(now: story.now).cursor?.column == 31)
    }

    /// Whoever has no name here is shown with the ID, and what others call them is cut before that and before whose name it is.
    @Test func whatOthersCallSomebodyLeavesRoomForTheID() throws {
        var story = Story(columns: 80, rows: 12, opening: Samples.stranger)
        let name = String(repeating: "bob", count: 10)
        let card = IntroductionReport(
            id: Samples.stranger, name: name, claimedName: nil, from: Samples.bob, fromName: "bob",
            sentAt: Samples.noon)
        story.daemon.introductions[Samples.stranger] = [card]
        story.daemon.standings[Samples.stranger] = .request
        story.daemon.add("May I?", Samples.stranger, received: true)
        story.happen(.connected)
        let head = try #require(story.lines.first)
        #expect(head.contains("bob's \"bobbob") && head.contains(Samples.stranger.prefix(11)), "\(head)")
        #expect(head.hasSuffix("request"), "\(head)")
        #expect(story.lines.contains { $0.hasPrefix("› bob's \"") })
    }

    /// A card that is proved stands where no text does.
    @Test func aTextIsNotTakenForACard() throws {
        var story = Story(columns: 80, rows: 16, opening: Samples.bob)
        let card = IntroductionReport(
            id: Samples.carol, name: "carol", claimedName: nil, from: Samples.bob, fromName: "bob",
            sentAt: Samples.noon)
        let statement = PeerLabel.statement(of: card)
        story.daemon.add(statement, Samples.bob, received: true)
        story.daemon.add("This is Carol.", Samples.bob, received: true, introduction: card)
        story.happen(.connected)
        let lines = story.lines.compactMap { $0.split(separator: "│ ").last.map(String.init) }
        #expect(lines.contains { $0.hasPrefix("12:00 bob  introducing \"carol\"") }, "\(lines)")
        #expect(lines.contains { $0.hasPrefix("12:00 bob introducing \"carol\" (roost1") }, "\(lines)")
        #expect(lines.contains("           This is Carol."), "\(lines)")
    }

    /// That somebody goes by another name is told where no text stands.
    @Test func anotherNameIsToldOnce() {
        var story = Story(columns: 80, rows: 16, opening: Samples.bob)
        story.daemon.add("renamed from \"Bob\" to \"Eve\"", Samples.bob, received: true)
        story.daemon.add(
            "Hello", Samples.bob, received: true, renaming: RenamingReport(before: "Bob", after: "\"Robert\""))
        story.daemon.add("Again", Samples.bob, received: true, renaming: RenamingReport(before: "Robert", after: nil))
        story.happen(.connected)
        let lines = story.lines.compactMap { $0.split(separator: "│ ").last.map(String.init) }
        #expect(lines.contains { $0.hasPrefix("12:00 bob  renamed") }, "\(lines)")
        #expect(lines.contains { $0.hasPrefix("12:00 bob renamed from \"Bob\" to \"'Robert'\"") }, "\(lines)")
        #expect(lines.contains { $0.hasPrefix("12:00 bob renamed from \"Robert\" to no name") }, "\(lines)")
    }

    @Test func aNarrowOneShowsEither() {
        var story = story(columns: 40, rows: 12)
        #expect(
            story.lines == [
                "bob  roost1qgpqyqszqgp…  1 new elsewhere",
                "────────────────────────────────────────",
                "           answer, which takes more than",
                "           one row.  read",
                "",
                "────── Saturday, 18 November 2023 ──────",
                "",
                "12:00 bob  你好，世界！",
                "12:00 you  Still here.  stored 20 of 20",
                "────────────────────────────────────────",
                ">", "Enter sends · Esc list · Ctrl-Q ends",
            ])
        story.press(.escape)
        #expect(
            Array(story.lines.prefix(7)) == [
                "Conversations                      1 new", "────────────────────────────────────────",
                "  Carol 家                         9 Oct", "  Salut une ligne                  1 new",
                "› bob                              12:00", "  you: Still here.", "",
            ])
        #expect(story.lines.last == "Enter opens · Ctrl-Q ends", "keys that don't fit are left out, not cut")
        #expect(story.chat.page(now: story.now).cursor == nil)
    }

    @Test func aVeryWideOneHasRoom() {
        var story = story(columns: 120, rows: 14)
        story.type("A text that is being written, long enough that it needs a second row of the terminal, yes.")
        #expect(
            Array(story.lines.suffix(6)) == [
                "                                 │ 12:00 bob  你好，世界！",
                "                                 │ 12:00 you  Still here.  stored 20 of 20",
                "                                 ├──────────────────────────────────────────────────────────────────────────────────────",
                "                                 │ > A text that is being written, long enough that it needs a second row of the",
                "                                 │   terminal, yes.",
                "Enter sends · Alt-Enter new line · PgUp back · Tab next · Esc list · Ctrl-Q ends",
            ])
        #expect(story.chat.page(now: story.now).cursor?.row == 12)
        #expect(story.chat.page(now: story.now).cursor?.column == 35 + 2 + "terminal, yes.".count)
    }

    /// Whatever others write, the page has its size, and nothing on it acts.
    @Test(arguments: [(20, 5), (40, 14), (71, 24), (72, 24), (80, 24), (200, 60), (1, 1), (7, 3)])
    func anySizeHoldsAnyText(columns: Int, rows: Int) {
        let hostile = [
            "\u{1b}[2J\u{1b}[31mred\u{7}", "\u{202e}backwards\u{202c}", String(repeating: "\u{301}", count: 32_768),
            "a" + String(repeating: "\u{20dd}", count: 20_000), String(repeating: "👩\u{200d}", count: 500),
            String(repeating: "家", count: 300), "\r\n\r\n\u{2028}\u{85}\u{9b}1m", String(repeating: "x", count: 65_536),
            String(repeating: "\n", count: 65_536), "\u{e0041}\u{200b}\u{feff}\u{0}", "",
        ]
        for text in hostile {
            var story = Story(columns: columns, rows: rows, opening: Samples.bob)
            story.daemon.add(text, Samples.bob, received: true)
            story.daemon.add(text, Samples.bob, received: false, state: .failed)
            story.daemon.add(text, Samples.stranger, received: true)
            story.happen(.connected)
            _ = story.chat.handle(.key(.paste(text, bytes: text.utf8.count)), now: story.now)
            for isOpen in [true, false] {
                if !isOpen { story.press(.escape) }
                let page = story.chat.page(now: story.now)
                #expect(page.lines.count == max(rows, 1))
                for line in page.lines {
                    let shown = line.placed(columns: columns, style: .plain)
                    let isCalm = shown.unicodeScalars.allSatisfy { scalar in
                        scalar.value == 0x1b
                            || (scalar.value >= 0x20 && !(0x7f..<0xa0).contains(scalar.value)
                                && !(0x202a...0x202e).contains(scalar.value))
                    }
                    // The only sequences are those that place what follows.
                    let rest = shown.replacing(/\u{1b}\[\d+G/, with: "")
                    #expect(isCalm && !rest.unicodeScalars.contains("\u{1b}"))
                    #expect(shown.utf8.count < 64 * (columns + 4))
                }
                if let cursor = page.cursor { #expect(cursor.row < page.lines.count) }
            }
        }
    }
}
