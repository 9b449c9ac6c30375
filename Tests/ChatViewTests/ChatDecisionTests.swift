import ChatView
import ControlAPI
import Testing

/// Requests: apart from conversations, and accepted, refused or blocked by keys.
@Suite struct ChatDecisionTests {
    /// Bob is known, Carol and a stranger ask to be heard.
    private func story(columns: Int = 80, opening peer: String? = nil) -> Story {
        var story = Story(columns: columns, opening: peer)
        story.daemon.add("Hello", Samples.bob, received: true)
        for (peer, text) in [(Samples.stranger, "May I?"), (Samples.carol, "Salut")] {
            story.daemon.add(text, peer, received: true)
            story.daemon.standings[peer] = .request
        }
        story.happen(.connected)
        return story
    }

    /// What is in the list, from the top.
    private func list(_ story: Story) -> [String] {
        story.lines.dropFirst(2).compactMap { line in
            let left = line.prefix { $0 != "│" }.dropFirst(2)
            return ["bob", "roost1", "Carol", "quests"].first { left.hasPrefix($0) }
        }
    }

    @Test func requestsStandBelowAllOthers() {
        var story = story()
        #expect(list(story) == ["bob", "quests", "Carol", "roost1"])
        #expect(story.lines[0].hasPrefix("Conversations        1 new │"), "those of requests are counted apart")
        #expect(story.shows("Requests             2 new"))
        #expect(story.shows("› bob"), "nobody has chosen a request")
        story.press(.down)
        #expect(story.shows("› Carol"))
        // An accepted one goes to where it belongs, and stays selected.
        story.daemon.standings[Samples.carol] = nil
        story.happen(.news(.conversation(Samples.carol)))
        #expect(list(story) == ["Carol", "bob", "quests", "roost1"] && story.shows("› Carol"))
        var narrow = self.story(columns: 40, opening: Samples.bob)
        #expect(narrow.lines[0].hasSuffix("  2 requests"))
        narrow.receive("Me again", Samples.me)
        #expect(narrow.lines[0].hasSuffix("  1 new elsewhere"))
    }

    /// A flood of requests hides nobody: what lies below them is loaded.
    @Test func manyRequestsHideNobody() {
        var story = Story(rows: 12)
        story.daemon.listLimit = 5
        story.daemon.add("Hello", Samples.bob, received: true)
        for number in 10..<60 {
            let peer = Samples.peer(UInt8(number)).text
            story.daemon.add("Buy!", peer, received: true)
            story.daemon.standings[peer] = .request
        }
        story.happen(.connected)
        #expect(story.lines[2].hasPrefix("› bob") && story.shows("Requests            50 new"))
        story.press(.end)
        #expect(!story.shows("bob") && story.shows("Requests            50 new"), "the heading stays above them")
        #expect(story.lines.contains { $0.hasPrefix("› roost1") })
    }

    @Test func aRequestIsAccepted() {
        var story = story(opening: Samples.carol)
        #expect(story.foot.hasSuffix("Ctrl-T decides · Esc list · Ctrl-Q ends"))
        #expect(story.daemon.unread(Samples.carol) == 1)
        story.press(.control("t"))
        #expect(story.foot.hasSuffix("A accepts · R refuses · B blocks · Esc doesn't"), "\(story.foot)")
        #expect(story.foot.contains("Carol 家 asks to be heard."))
        story.press(.text("a"))
        #expect(story.asked.contains(.decide(.accept, about: Samples.carol)))
        #expect(story.foot.contains("Carol 家 is accepted."))
        story.happen(.away("Roost is not running."))
        #expect(story.foot.contains("Roost is not running."), "what was done hides nothing that is wrong")
        story.happen(.connected)
        #expect(story.daemon.unread(Samples.carol) == 0, "they are read from now on")
        story.press(.left)
        #expect(!story.foot.contains("Ctrl-T") && list(story) == ["Carol", "bob", "quests", "roost1"])
    }

    /// What can't be undone is asked about, and anything but a yes is a no.
    @Test(arguments: [Key.text("n"), .enter, .escape, .tab, .text("yes"), .text("r"), .control("t")])
    func refusingIsAskedAbout(key: Key) {
        var story = story(opening: Samples.carol)
        story.type("No th")
        story.happen(.rested)
        story.press(.control("t"), .text("R"))
        let asked = story.lines.suffix(3).joined(separator: " ")
        #expect(asked.contains("for good? Y deletes · Esc doesn't"), "\(asked)")
        story.press(key)
        #expect(!story.asked.contains(.decide(.refuse, about: Samples.carol)))
        #expect(story.daemon.conversations[Samples.carol]?.count == 1 && story.shows("> No th"))
    }

    @Test func whatIsRefusedIsGone() {
        var story = story(opening: Samples.carol)
        story.type("No th")
        story.happen(.rested)
        #expect(story.daemon.drafts[Samples.carol] == "No th")
        // One more letter, which is not kept yet.
        story.type("a")
        story.press(.control("t"), .text("r"), .text("y"))
        #expect(story.daemon.conversations[Samples.carol] == nil && story.daemon.drafts[Samples.carol] == nil)
        #expect(story.foot.contains("What Carol 家 had written is deleted. They may write again."))
        #expect(list(story) == ["bob", "quests", "roost1"] && !story.shows("No th"))
        // The next one is selected, and nothing is left that would have to be kept.
        #expect(story.shows("› roost1"))
        story.press(.control("q"))
        #expect(story.hasLeft && story.daemon.drafts.isEmpty)
    }

    /// The list may be read again before the daemon has answered.
    @Test func theNextRequestIsSelectedWhoeverAnswersFirst() {
        var story = story()
        story.daemon.add("Me too", Samples.peer(9).text, received: true)
        story.daemon.standings[Samples.peer(9).text] = .request
        story.happen(.news(.conversation(Samples.peer(9).text)))
        story.press(.down, .down)
        #expect(story.shows("› Carol"))
        story.isAnswering = false
        story.press(.control("t"), .text("r"), .text("y"))
        let answers = story.daemon.answer(.decide(.refuse, about: Samples.carol))
        story.isAnswering = true
        for event in answers.reversed() { story.happen(event) }
        #expect(story.shows("› roost1") && story.foot.contains("had written is deleted"))
    }

    @Test func somebodyIsBlockedAndUnblocked() {
        var story = story()
        story.press(.down, .control("t"), .text("b"))
        #expect(story.daemon.standings[Samples.carol] == .blocked && story.foot.contains("Ctrl-T takes that back."))
        #expect(list(story) == ["bob", "Carol", "quests", "roost1"] && story.shows("blocked"))
        #expect(story.lines[0].hasPrefix("Conversations        1 new"), "what they had written counts no more")
        story.press(.left)
        #expect(story.foot.contains("Ctrl-T decides"))
        story.press(.control("t"))
        #expect(story.foot.contains("U unblocks"))
        // What doesn't answer does what it does elsewhere.
        story.press(.text("a"))
        #expect(story.daemon.standings[Samples.carol] == .blocked && story.foot.contains("then you can write"))
        story.press(.control("t"), .text("u"))
        #expect(story.daemon.standings[Samples.carol] == .request)
        // Whoever is accepted can be blocked, which isn't offered all the time.
        story.press(.home)
        #expect(story.shows("› bob") && !story.foot.contains("Ctrl-T"))
        story.press(.control("t"))
        #expect(story.foot.contains("Block bob?") && !story.foot.contains("A accepts"))
        story.press(.text("b"))
        #expect(story.daemon.standings[Samples.bob] == .blocked)
    }

    /// Nothing is typed into a question that was not meant for it, and nothing is decided while there is no daemon.
    @Test func whatIsTypedIsNotLost() {
        var story = story(opening: Samples.carol)
        story.press(.control("t"), .text("hello"))
        #expect(story.shows("> hello") && !story.foot.contains("accepts"))
        story.press(.control("t"), .paste("a", bytes: 1))
        #expect(story.shows("> helloa") && story.daemon.standings[Samples.carol] == .request)
        story.happen(.away("Roost is not running."))
        story.press(.control("t"))
        #expect(story.foot.contains("decide when it is back") && !story.foot.contains("accepts"))
        story.happen(.connected)
        story.isAnswering = false
        story.press(.control("t"), .text("a"))
        story.happen(.refused(.decide(.accept, about: Samples.carol), sentence: "The disk is full."))
        #expect(story.foot.contains("The disk is full."))
        story.happen(.unanswered(.decide(.accept, about: Samples.carol), sentence: nil))
        #expect(story.foot.contains("look whether that was done"))
        var alone = Story(opening: Samples.me)
        alone.happen(.connected)
        alone.press(.control("t"))
        #expect(alone.foot.contains("This is you"))
    }

    /// What becomes of what somebody wrote is said whole, also on a small screen.
    @Test func theConsequenceIsNeverCut() {
        var story = Story(columns: 40, rows: 16)
        story.daemon.add("May I?", Samples.stranger, received: true)
        story.daemon.standings[Samples.stranger] = .request
        story.happen(.connected)
        func said() -> String { story.lines.suffix(4).joined(separator: " ") }
        story.press(.control("t"))
        #expect(said().contains("Refusing deletes what they wrote."), "\(said())")
        story.press(.text("r"))
        #expect(said().contains("what you began to write to them, for good?"), "\(said())")
    }

    /// However narrow the screen is, no word and no key is cut.
    @Test(arguments: [(20, 24), (20, 5), (40, 24), (40, 6), (71, 5)]) func theFootIsReadable(columns: Int, rows: Int) {
        var story = Story(columns: columns, rows: rows)
        story.daemon.add("May I?", Samples.carol, received: true)
        story.daemon.standings[Samples.carol] = .request
        story.happen(.connected)
        let words = Set(
            [
                "Up/Down choose · Enter opens · Ctrl-T decides · Ctrl-Q ends · Enter sends · Esc list · Tab next · PgUp back",
                "A accepts · R refuses · B blocks · Esc doesn't · Y deletes · Alt-Enter new line …",
                "Carol 家 asks to be heard. Refusing deletes what they wrote.",
                "Delete all that Carol 家 has written, and what you began to write to them, for good?",
                "The text is empty, and nothing was sent.",
            ].flatMap { $0.split(separator: " ") })
        func check() {
            // What is below the line that is written, or the list.
            for line in story.lines.suffix(max(1, rows / 4)).reversed() {
                guard !line.isEmpty, !line.hasPrefix(">") else { return }
                let cut = line.split(separator: " ").filter { !words.contains($0) }
                #expect(cut.isEmpty, "\(line)")
            }
        }
        check()
        #expect(story.lines.last?.hasSuffix("Ctrl-Q ends") == true)
        for keys in [[.control("t")], [.text("r")], [.escape], [.enter], [.text(" ")], [.enter]] as [[Key]] {
            for key in keys { story.press(key) }
            check()
        }
        story.happen(.away("Roost is not running for /home/alice/.local/share/roost: start it with `roost up`."))
        story.press(.left)
        let last = story.lines.last ?? ""
        #expect(last.hasSuffix("…") || last.hasSuffix("`roost up`."), "\(last)")
    }
}
