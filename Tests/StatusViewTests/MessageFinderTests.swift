import StatusView
import Testing

/// Messages named by the beginnings of their IDs.
@Suite struct MessageFinderTests {
    private let ids = [
        "0123456789abcdef0123456789abcdef", "0123456789ffffff0123456789abcdef", "abcd456789abcdef0123456789abcdef",
    ]

    private func outcome(_ text: String) throws -> MessageFinder.Outcome {
        let reference = try #require(MessageFinder.reference(text))
        var finder = MessageFinder([reference])
        // Twice: a message is not another for having been seen again.
        for id in ids + ids { finder.look(at: id) }
        return finder.outcome(of: reference)
    }

    @Test func aBeginningOfOneIsFound() throws {
        #expect(try outcome("abcd") == .found(ids[2]))
        #expect(try outcome("ABCD45") == .found(ids[2]))
        #expect(try outcome("0123456789f") == .found(ids[1]))
        #expect(try outcome("9999") == .unknown)
    }

    @Test func aBeginningOfSeveralIsNone() throws {
        #expect(try outcome(MessageFinder.short(ids[0])) == .ambiguous(count: 2, example: ids[0]))
    }

    @Test func aWholeIDIsWhatItSays() throws {
        let other = String(repeating: "9", count: 32)
        #expect(!MessageFinder([other]).isToLook && MessageFinder([other, "abcd"]).isToLook)
        #expect(try outcome(other) == .found(other))
    }

    @Test(arguments: ["", "abc", "abcg", "abcd ", "-abcd", "ａｂｃｄ", String(repeating: "a", count: 33)])
    func othersAreNoReferences(text: String) { #expect(MessageFinder.reference(text) == nil) }
}
