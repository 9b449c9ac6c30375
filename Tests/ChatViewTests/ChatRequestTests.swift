import ChatView
import ControlAPI
import Testing

/// What is asked, and which answers count.
@Suite struct ChatRequestTests {
    private func pages(of peer: String, _ story: Story) -> [ChatRequest.PageRequest] {
        story.waiting.compactMap { if case .page(let request) = $0, request.peer == peer { request } else { nil } }
    }

    /// An answer about a conversation that was left says nothing of the one that is open.
    @Test func anAnswerOfBeforeIsNotTakenForOneOfNow() throws {
        var story = Story(opening: Samples.bob)
        story.daemon.add("Hello", Samples.bob, received: true)
        let message = story.daemon.add("How are you?", Samples.carol, received: false)
        story.happen(.connected)
        story.isAnswering = false
        story.receive("Are you there?", Samples.bob)
        story.press(.escape, .up, .enter)
        let bobs = try #require(pages(of: Samples.bob, story).first)
        let carols = try #require(pages(of: Samples.carol, story).first)
        let older = story.daemon.page(carols)
        story.happen(.paged(story.daemon.page(bobs), bobs))
        let read = story.daemon.change(message.message, Samples.carol, to: .read)
        story.happen(.news(.changed(try #require(read))))
        story.happen(.paged(older, carols))
        #expect(story.shows("How are you?  read"))
    }

    /// The same conversation is opened again: the answer of the first time may be older than what has come since.
    @Test func anAnswerOfAnEarlierTimeIsDropped() throws {
        var story = Story(opening: Samples.bob)
        story.daemon.add("Salut", Samples.carol, received: true)
        story.daemon.add("Hello", Samples.bob, received: true)
        story.happen(.connected)
        story.isAnswering = false
        story.receive("First", Samples.bob)
        let first = try #require(pages(of: Samples.bob, story).first)
        let older = story.daemon.page(first)
        story.press(.escape, .enter)
        story.receive("Second", Samples.bob)
        let second = try #require(pages(of: Samples.bob, story).last)
        #expect(first != second)
        story.happen(.paged(story.daemon.page(second), second))
        story.happen(.paged(older, first))
        #expect(story.shows("Second"))
    }

    /// Somebody who only watches sees what comes after the daemon was too busy to answer.
    @Test func newsIsAskedForThoughTheRequestBeforeFailed() {
        var story = Story(opening: Samples.bob)
        story.daemon.add("Hello", Samples.bob, received: true)
        story.happen(.connected)
        story.isAnswering = false
        story.receive("First", Samples.bob)
        for request in story.waiting { story.happen(.unanswered(request, sentence: "It took too long.")) }
        story.isAnswering = true
        story.receive("Second", Samples.bob)
        #expect(story.shows("First") && story.shows("Second"))
    }
}
