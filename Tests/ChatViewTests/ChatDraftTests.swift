import ChatView
import ControlAPI
import Testing

/// The last text wins, whatever was under way when it came.
struct ChatDraftTests {
    /// Somebody who rested after typing, while the daemon hasn't answered yet.
    private func keeping(_ text: String) -> Story {
        var story = Story(opening: Samples.bob)
        story.happen(.connected)
        story.type(text)
        story.isAnswering = false
        story.happen(.rested)
        return story
    }

    @Test(arguments: [Key.control("q"), .control("c"), .control("d")])
    func whatIsErasedWhileItIsBeingKeptStaysErased(key: Key) {
        var story = keeping("race")
        #expect(story.waiting == [.keepDraft(to: Samples.bob, text: "race")])
        story.press(.control("u"), key)
        #expect(!story.hasLeft && story.waiting.count == 1, "one text at a time")
        story.answerAll()
        #expect(story.hasLeft && story.daemon.drafts.isEmpty)
    }

    /// A signal ends it: then, too, the newest text is asked for after the one under way.
    @Test func whoeverIsEndedKeepsTheNewestText() {
        var story = keeping("race")
        story.press(.control("u"))
        #expect(story.chat.unkept == [.keepDraft(to: Samples.bob, text: "")])
        story.type("again")
        #expect(story.chat.unkept == [.keepDraft(to: Samples.bob, text: "again")])
        story.answerAll()
        #expect(story.chat.unkept.isEmpty && story.daemon.drafts == [Samples.bob: "again"])
    }

    @Test func theNewestTextFollowsWhereverOneGoes() {
        var story = keeping("race")
        story.press(.control("u"), .escape)
        story.answerAll()
        #expect(story.daemon.drafts.isEmpty)
        story = keeping("race")
        story.type(", lost")
        story.press(.escape, .control("q"))
        #expect(!story.hasLeft)
        story.answerAll()
        #expect(story.hasLeft && story.daemon.drafts == [Samples.bob: "race, lost"])
        story = keeping("race")
        story.press(.enter)
        story.answerAll()
        #expect(story.daemon.conversations[Samples.bob]?.map(\.text) == ["race"] && story.daemon.drafts.isEmpty)
        story.press(.control("q"))
        #expect(story.hasLeft)
    }

    /// What was refused is gone by then: nothing holds up who leaves.
    @Test func theRefusalOfAnOlderTextIsNoMatter() {
        var story = keeping("race")
        story.press(.control("u"), .control("q"))
        guard let request = story.waiting.first else { return }
        story.happen(.refused(request, sentence: "There are 100 texts."))
        #expect(story.hasLeft)
    }

    /// The answer was lost on the way: the daemon may have the text all the same.
    @Test func whatIsErasedWhileTheDaemonIsAwayStaysErased() {
        var story = keeping("race")
        story.daemon.drafts = [Samples.bob: "race"]
        story.happen(.away("Roost is not running: start it."))
        story.happen(.unanswered(.keepDraft(to: Samples.bob, text: "race"), sentence: nil))
        story.press(.control("u"))
        story.isAnswering = true
        story.happen(.connected)
        #expect(story.daemon.drafts.isEmpty && !story.shows("> race"))
    }

    /// A conversation that is left before the daemon has said what there is: neither text is lost.
    @Test func whatWasBegunElsewhereIsReadBeforeAnotherTextIsKept() {
        var story = Story(opening: Samples.bob)
        story.daemon.drafts = [Samples.bob: "theirs"]
        story.isAnswering = false
        story.happen(.connected)
        story.type("mine")
        story.press(.escape)
        story.answerAll()
        #expect(story.daemon.drafts == [Samples.bob: "theirs\nmine"])
        // Typed before there was a daemon.
        story = Story(opening: Samples.bob)
        story.daemon.drafts = [Samples.bob: "theirs"]
        story.happen(.away("Roost is not running: start it."))
        story.type("mine")
        story.happen(.connected)
        #expect(story.daemon.drafts == [Samples.bob: "theirs\nmine"])
    }
}
