import Basics
import ChatView
import ControlAPI
import Cryptography
import Foundation
import Testing

/// Stories of somebody who reads and writes.
@Suite struct ChatTests {
    @Test func aListIsChosenFromAndAConversationReadAndAnswered() {
        var story = Story()
        for number in 0..<3 { story.daemon.add("Hello \(number)", Samples.bob, received: true) }
        story.daemon.add("Salut", Samples.carol, received: true)
        story.happen(.connected)
        #expect(story.shows("› Carol 家") && story.shows("3 new") && story.shows("4 new"))
        // Nothing is read by being listed.
        #expect(story.daemon.unread(Samples.bob) == 3 && story.daemon.unread(Samples.carol) == 1)
        story.press(.down, .enter)
        #expect(story.shows("12:00 bob  Hello 0") && story.shows("12:00      Hello 2"))
        #expect(story.daemon.unread(Samples.bob) == 0 && story.daemon.unread(Samples.carol) == 1)
        #expect(!story.shows("3 new"))
        story.type("Good day")
        #expect(story.shows("> Good day"))
        story.press(.enter)
        #expect(story.shows("12:00 you  Good day  queued") && !story.shows("> Good day"))
        #expect(story.daemon.conversations[Samples.bob]?.last?.text == "Good day")
        // It comes on.
        let id = story.daemon.conversations[Samples.bob]?.last?.message ?? ""
        for (state, words) in [
            (MessageState.stored, "stored 18 of 20"), (.collected, "collected"), (.delivered, "delivered"),
            (.read, "read"),
        ] {
            guard let sent = story.daemon.change(id, Samples.bob, to: state, of: 20) else { return }
            var shown = sent
            shown.buddies = 18
            story.happen(.news(.changed(shown)))
            #expect(story.shows("Good day  \(words)"), "\(words)")
        }
        story.press(.escape)
        #expect(story.shows("Enter opens") && !story.shows("Good day  read"))
        story.press(.control("q"))
        #expect(story.hasLeft)
    }

    @Test func aNoteToOneselfStandsThereOnce() {
        var story = Story(columns: 60, opening: Samples.me)
        story.happen(.connected)
        story.type("note")
        story.press(.enter)
        #expect(story.lines.count { $0.contains(/\d\d:\d\d .* note/) } == 1)
    }

    /// Who isn't accepted doesn't hear that they were read; an answer accepts them.
    @Test func aRequestIsReadWhenItIsAnswered() {
        var story = Story(opening: Samples.bob)
        story.daemon.standings[Samples.bob] = .request
        story.daemon.add("May I?", Samples.bob, received: true)
        story.happen(.connected)
        #expect(story.shows("Requests             1 new") && story.shows("a request: an answer accepts"))
        #expect(story.shows("May I?") && story.daemon.unread(Samples.bob) == 1)
        story.type("Yes")
        story.press(.enter)
        #expect(story.daemon.unread(Samples.bob) == 0 && !story.shows("equest"))
        story.daemon.standings[Samples.bob] = .blocked
        story.happen(.news(.conversation(Samples.bob)))
        #expect(story.shows("blocked"))
    }

    /// What comes is read only where somebody can have seen it.
    @Test func onlyWhatIsOnTheScreenIsRead() {
        var story = Story(rows: 16)
        for number in 0..<40 { story.daemon.add("Line \(number)", Samples.bob, received: false) }
        story.happen(.connected)
        story.press(.enter)
        story.receive("First", Samples.bob)
        #expect(story.shows("bob  First") && story.daemon.unread(Samples.bob) == 0)
        // Another conversation's raises its count.
        story.receive("Salut", Samples.carol)
        #expect(story.daemon.unread(Samples.carol) == 1 && story.shows("1 new"))
        // Above the end, nothing moves and nothing is read.
        story.press(.pageUp)
        let before = story.lines[2..<12].map { $0.drop { $0 != "│" } }
        story.receive("Second", Samples.bob)
        #expect(story.lines[2..<12].map { $0.drop { $0 != "│" } } == before)
        #expect(story.daemon.unread(Samples.bob) == 1 && story.shows("1 new below: PgDn"))
        story.press(.pageDown, .pageDown)
        #expect(story.shows("12:00      Second") && story.daemon.unread(Samples.bob) == 0)
        // In the list, nothing is read either.
        story.press(.escape)
        story.receive("Third", Samples.bob)
        #expect(story.daemon.unread(Samples.bob) == 1)
    }

    @Test func whatComesLateStandsWhereItBelongs() {
        var story = Story(opening: Samples.bob)
        for text in ["one", "three"] { story.daemon.add(text, Samples.bob, received: true) }
        story.happen(.connected)
        story.receive("two", Samples.bob, beforeLast: 1)
        let texts = story.lines.compactMap { ["one", "two", "three"].first(where: $0.hasSuffix) }
        #expect(texts == ["one", "two", "three"])
        story.daemon.remove(0, Samples.bob)
        story.happen(.news(.conversation(Samples.bob)))
        #expect(!story.shows("one") && story.shows("two"))
    }

    /// A page and news come by different ways: news that overtake an older page count.
    @Test func aPageTakesBackNoNewsThatOvertookIt() {
        var story = Story(opening: Samples.bob)
        let message = story.daemon.add("Have you seen it?", Samples.bob, received: false)
        story.happen(.connected)
        #expect(story.shows("Have you seen it?  delivered"))
        story.isAnswering = false
        story.receive("Yes", Samples.bob)
        var older: [ChatEvent] = []
        for case .page(let request) in story.waiting { older.append(.paged(story.daemon.page(request), request)) }
        guard older.count == 1, let read = story.daemon.change(message.message, Samples.bob, to: .read) else {
            Issue.record("a page was asked for, and the message is there")
            return
        }
        story.happen(.news(.changed(read)))
        story.happen(older[0])
        #expect(story.shows("Yes") && story.shows("Have you seen it?  read"))
    }

    @Test func somebodyNewIsWrittenTo() {
        var story = Story(opening: Samples.stranger)
        story.happen(.connected)
        #expect(story.lines[0].contains("roost1") && story.shows("nothing yet"))
        story.type("Hello, whoever you are")
        story.press(.enter)
        #expect(story.daemon.conversations[Samples.stranger]?.count == 1 && story.shows("you: Hello, whoever"))
        story.receive("I am Dave", Samples.stranger)
        #expect(story.shows("they  I am Dave") && story.daemon.unread(Samples.stranger) == 0)
    }

    /// A daemon that goes takes nothing with it: what is typed stays, and what was sent is sent once, when it is back.
    @Test func aDaemonMayGoAndReturn() {
        var story = Story(opening: Samples.bob)
        story.daemon.add("Hello", Samples.bob, received: true)
        story.happen(.connected)
        story.isAnswering = false
        story.type("Before")
        story.press(.enter)
        #expect(story.shows("Before  sending") && story.waiting.count == 1)
        story.happen(.away("Roost is not running: start it. What you type stays here."), .waiting(key: "key-1"))
        #expect(story.shows("Before  waits for Roost") && story.foot.contains("not running"))
        story.type("After")
        story.press(.enter)
        story.type("unsent")
        #expect(story.shows("After  waits") && story.shows("> unsent"))
        // The keys' sentences stand aside; what is the matter comes back.
        #expect(story.foot.contains("not running"))
        story.happen(.connected)
        #expect(!story.foot.contains("not running"))
        story.answerAll()
        #expect(story.daemon.conversations[Samples.bob]?.map(\.text) == ["Hello", "Before", "After"])
        #expect(story.shows("Before  queued") == false && story.shows("After  queued") && story.shows("> unsent"))
        #expect(story.lines.count { $0.contains("After") && !$0.contains("you: ") } == 1)
    }

    @Test func whatIsRefusedComesBack() {
        var story = Story(opening: Samples.bob)
        story.happen(.connected)
        story.isAnswering = false
        story.type("To be refused")
        story.press(.enter)
        guard let request = story.waiting.last else { return }
        story.happen(.refused(request, sentence: "The outbox is full: wait."))
        #expect(story.shows("> To be refused") && story.foot.hasSuffix("The outbox is full: wait."))
        // If another text is being written there, it stays where it is, and can be sent again.
        story.press(.enter)
        story.type("Another")
        guard let request = story.waiting.last else { return }
        story.happen(.refused(request, sentence: "The outbox is full: wait."))
        #expect(story.shows("not sent: The outbox is full: wait.") && story.shows("> Another"))
        story.isAnswering = true
        story.press(.control("r"))
        #expect(story.shows("To be refused  queued") && story.shows("> Another"))
    }

    /// What was typed is kept when one leaves, and is there next time.
    @Test(arguments: [Key.control("q"), .control("c")]) func whatWasTypedIsThereNextTime(key: Key) {
        var story = Story(opening: Samples.bob)
        story.happen(.connected)
        story.type("Half a sentence")
        #expect(story.daemon.drafts.isEmpty)
        story.press(key)
        #expect(story.hasLeft && story.daemon.drafts == [Samples.bob: "Half a sentence"])
        let drafts = story.daemon.drafts
        story = Story(opening: Samples.bob)
        story.daemon.drafts = drafts
        story.happen(.connected)
        #expect(story.shows("> Half a sentence"))
        story.type(", whole")
        story.press(.enter)
        #expect(story.daemon.drafts.isEmpty, "what is sent is no draft any more")
        story.press(key)
        #expect(story.hasLeft)
    }

    /// Between two keys, and when another conversation is opened.
    @Test func whatIsTypedIsKeptMeanwhile() {
        var story = Story(opening: Samples.bob)
        story.daemon.add("I am Carol", Samples.carol, received: true)
        story.happen(.connected)
        story.type("To Bob")
        #expect(story.daemon.drafts.isEmpty)
        story.happen(.rested)
        #expect(story.daemon.drafts == [Samples.bob: "To Bob"])
        story.type("by")
        story.press(.tab)
        #expect(story.daemon.drafts == [Samples.bob: "To Bobby"])
        story.type("To Carol")
        story.press(.escape)
        #expect(story.daemon.drafts == [Samples.bob: "To Bobby", Samples.carol: "To Carol"])
        story.press(.enter, .control("u"), .escape)
        #expect(story.daemon.drafts == [Samples.bob: "To Bobby"])
        let count = story.asked.count { if case .keepDraft = $0 { true } else { false } }
        story.happen(.rested, .rested)
        #expect(story.asked.count { if case .keepDraft = $0 { true } else { false } } == count, "nothing has changed")
    }

    /// What is written elsewhere is shown, unless something else was typed here.
    @Test func aDraftChangesElsewhere() {
        var story = Story(opening: Samples.bob)
        story.daemon.drafts = [Samples.bob: "one"]
        story.happen(.connected)
        #expect(story.shows("> one"))
        story.daemon.drafts = [Samples.bob: "two"]
        story.happen(.news(.draft(Samples.bob)))
        #expect(story.shows("> two"))
        story.type(" mine")
        story.daemon.drafts = [Samples.bob: "three"]
        story.happen(.news(.draft(Samples.bob)))
        #expect(story.shows("> two mine"))
        // Typed before the daemon said what there is: neither is lost.
        story = Story(opening: Samples.bob)
        story.isAnswering = false
        story.happen(.connected)
        story.type("mine")
        story.daemon.drafts = [Samples.bob: "theirs"]
        story.answerAll()
        #expect(story.shows("> theirs") && story.lines.contains { $0.hasSuffix("  mine") })
    }

    /// Whoever leaves is told once what would be lost.
    @Test(arguments: [Key.control("q"), .control("c")]) func leavingLosesNothingUnheard(key: Key) {
        var story = Story(opening: Samples.bob)
        story.happen(.connected)
        story.type("Half a sent")
        story.happen(.away("Roost is not running: start it. What you type stays here."))
        story.press(key)
        #expect(!story.hasLeft && story.foot.contains("can't be kept while Roost is not running"))
        story.type("e")
        story.press(key)
        #expect(!story.hasLeft)
        story.press(.control("d"))
        #expect(!story.hasLeft)
        story.press(.control("u"), key)
        #expect(story.hasLeft)
        // There is no room for it.
        story = Story(opening: Samples.bob)
        story.happen(.connected)
        story.isAnswering = false
        story.type("No room")
        story.press(key)
        guard let request = story.waiting.last else { return }
        story.happen(.refused(request, sentence: "There are 100 texts."))
        #expect(!story.hasLeft && story.foot.contains("There are 100 texts. Ctrl-Q again leaves"))
        story.press(key)
        #expect(story.hasLeft)
        story = Story(opening: Samples.bob)
        story.happen(.connected)
        story.isAnswering = false
        story.type("Sent")
        story.press(.enter, key)
        #expect(!story.hasLeft && story.foot.contains("A message has not reached Roost on this machine"))
        story.press(key)
        #expect(story.hasLeft)
        story = Story(opening: Samples.bob)
        story.press(.control("d"))
        #expect(story.hasLeft)
    }

    /// The wheel of a mouse scrolls the conversation, and in the list it chooses.
    @Test func theWheelScrolls() {
        var story = Story(opening: Samples.bob)
        story.daemon.add("I am Carol", Samples.carol, received: true)
        for number in 100..<160 { story.daemon.add("Line \(number)", Samples.bob, received: true) }
        story.happen(.connected)
        func shown(_ story: Story) -> [Int] { (100..<160).filter { story.shows("Line \($0)") } }
        let last = shown(story)
        #expect(last.contains(159) && last.first != 100)
        story.type("typed")
        for _ in 0..<6 { story.press(.wheelUp) }
        let earlier = shown(story)
        // The list beside it shows the newest of all.
        #expect(earlier.first.map { $0 < last[0] } == true && !earlier.contains(157))
        #expect(story.shows("> typed"))
        for _ in 0..<6 { story.press(.wheelDown) }
        #expect(shown(story) == last)
        story.press(.escape, .wheelDown, .enter)
        #expect(story.shows("carol  I am Carol") || story.shows("I am Carol"))
    }

    @Test func aTextThatIsTooLongIsNotTaken() {
        var story = Story(opening: Samples.bob)
        story.happen(.connected)
        story.type("Mine: ")
        let large = String(repeating: "x", count: LineEditor.maximumBytes + 1)
        story.press(.paste(large, bytes: large.utf8.count))
        #expect(story.shows("> Mine:") && story.foot.contains("65,536 bytes"))
        story.press(.paste(String(large.dropLast(7)), bytes: large.utf8.count - 7))
        #expect(story.shows("room for 0 bytes"))
        story.type("y")
        #expect(story.foot.contains("at most 65,536 bytes"))
        story.press(.enter)
        #expect(story.daemon.conversations[Samples.bob]?.last?.text.utf8.count == LineEditor.maximumBytes)
        // Lines that were pasted are one message.
        story.press(.paste("one\ntwo\nthree", bytes: 13))
        #expect(story.shows("> one") && story.daemon.conversations[Samples.bob]?.count == 1)
        story.press(.newLine)
        story.type("four")
        story.press(.enter)
        #expect(story.daemon.conversations[Samples.bob]?.last?.text == "one\ntwo\nthree\nfour")
        // Nothing is nothing.
        story.press(.enter, .newLine, .enter)
        #expect(story.daemon.conversations[Samples.bob]?.count == 2 && story.foot.contains("nothing was sent"))
    }

    /// What is written to each stays with them.
    @Test func conversationsAreSwitched() {
        var story = Story()
        story.daemon.add("I am Bob", Samples.bob, received: true)
        story.daemon.add("I am Carol", Samples.carol, received: true)
        story.happen(.connected)
        story.press(.enter)
        story.type("To Carol")
        story.press(.tab)
        #expect(story.shows("I am Bob") && !story.shows("> To Carol"))
        story.type("To Bob")
        story.press(.control("n"))
        #expect(story.shows("> To Carol"))
        story.press(.control("p"))
        #expect(story.shows("> To Bob"))
        story.press(.escape, .up, .enter)
        #expect(story.shows("> To Carol"))
    }

    @Test func keysForTheTerminalAreHandedOn() {
        var story = Story(opening: Samples.bob)
        story.press(.control("z"), .control("l"))
        #expect(story.directives == [.suspend, .redraw])
        story.happen(.resized(columns: 40, rows: 12))
        #expect(story.directives == [.suspend, .redraw, .redraw] && story.lines.count == 12)
        story.press(.up, .down, .left, .right, .home, .end, .backspace, .delete, .deleteWord)
        #expect(story.shows(">"))
    }

    /// A daemon that refuses is asked again when somebody does something, and not without end.
    @Test func whatFailsIsNotAskedForWithoutEnd() {
        var story = Story(opening: Samples.bob)
        story.isAnswering = false
        story.happen(.connected)
        let count = story.asked.count
        for request in story.waiting { story.happen(.refused(request, sentence: "No.")) }
        #expect(story.asked.count == count && story.foot.hasSuffix(" No."))
        story.type("a")
        #expect(story.asked.count == 2 * count)
    }

    /// Thousands of messages are scrolled through, with no more of them here than a window.
    @Test func aLongConversationIsLoadedInParts() {
        var story = Story(rows: 30, opening: Samples.bob)
        for number in 0..<5_000 { story.daemon.add("Number \(number).", Samples.bob, received: false, state: .read) }
        story.happen(.connected)
        #expect(story.shows("Number 4999."))
        for _ in 0..<400 { story.press(.pageUp) }
        #expect(story.shows("Number 0.") && story.lines[2].contains("Saturday, 18 November 2023"))
        for _ in 0..<400 { story.press(.pageDown) }
        #expect(story.shows("Number 4999.") && !story.shows("more below"))
        for _ in 0..<100 { story.press(.pageUp) }
        story.press(.end)
        #expect(story.shows("Number 4999.") && !story.shows("more below"))
    }

    @Test func aLongListIsLoadedInParts() {
        var story = Story()
        for number in 10..<200 { story.daemon.add("I am \(number)", Samples.peer(UInt8(number)).text, received: true) }
        story.happen(.connected)
        #expect(story.shows("I am 199"))
        for _ in 0..<195 { story.press(.down) }
        #expect(story.shows("I am 10"))
        story.receive("Again", Samples.peer(10).text)
        story.press(.home)
        #expect(story.shows("› roost1") && story.lines[3].contains("Again"))
    }
}
