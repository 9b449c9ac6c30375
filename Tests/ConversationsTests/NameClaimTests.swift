import Basics
import Conversations
import Testing

/// The names that people give themselves.
@Suite struct NameClaimTests {
    @Test(arguments: [
        "bob", "Bob Miller", "Åsa", "e\u{301}ve", "李雷", "b👩‍👩‍👧", "❤️", "محمد", String(repeating: "a", count: 48), "",
    ])
    func whatIsSeenCanBeAName(_ text: String) throws {
        let name = try #require(NameClaim(text, version: 7))
        #expect(NameClaim.objection(to: text) == nil)
        #expect(NameClaim(name.encoded) == name)
    }

    @Test(arguments: [
        "a\nb", "a\u{1b}[31m", "\u{202e}bob", "bo\u{200b}b", "\u{200d}", "a\u{301}\u{301}\u{301}\u{301}\u{301}",
        "\u{301}a",
        " bob", "bob ", "Bob  Miller", "Bob\u{a0}Miller", "\t", " ", "\u{2800}", "\u{1d159}", "a\u{13441}", "\u{13442}",
        "\u{e0041}", "\u{fff9}",
        String(repeating: "a", count: 49), String(repeating: "é", count: 25),
    ])
    func whatIsNotSeenCannot(_ text: String) {
        #expect(NameClaim(text, version: 7) == nil)
        #expect(NameClaim.objection(to: text)?.hasSuffix(".") == true)
    }

    /// A text isn't lost for a name that can't be one.
    @Test func aNameThatCannotBeOneIsLeftOut() throws {
        let text = Samples.text("hi").encoded
        let good = UInt64(7).bigEndianBytes + Array("bob".utf8)
        #expect(try Content((text + Self.field(good)).span.bytes).name == NameClaim("bob", version: 7))
        let bad: [[UInt8]] = [
            [], [1, 2, 3], UInt64(0).bigEndianBytes + Array("bob".utf8), UInt64(7).bigEndianBytes + [0xff],
            UInt64(7).bigEndianBytes + Array("\u{202e}bob".utf8),
            UInt64(7).bigEndianBytes + [UInt8](repeating: 97, count: 49),
        ]
        for value in bad {
            let content = try Content((text + Self.field(value)).span.bytes)
            #expect(content == Samples.text("hi"), "\(value)")
        }
        #expect(throws: (any Error).self) { try Content((text + Self.field(good) + Self.field(good)).span.bytes) }
    }

    private static func field(_ value: [UInt8]) -> [UInt8] { [10] + UInt32(value.count).bigEndianBytes + value }
}
