import Simulation

/// A message of a run: its text names it among all messages of all runs, so that it is recognized wherever it is found.
package struct Letter: Hashable, Sendable {
    package let number: Int
    /// People, by number.
    package let sender: Int
    package let recipient: Int
    package let text: String
    /// Names the message to the sender's daemon: asked again, it knows that it is the same.
    package let key: String

    private static let mark = "roost-scenario"

    /// `length` is how much stands beside the name.
    package init(number: Int, run: String, from sender: Int, to recipient: Int, length: Int) {
        self.number = number
        self.sender = sender
        self.recipient = recipient
        key = "\(Letter.mark) \(run) \(number)"
        text = "\(key) \(String(repeating: "x", count: length))"
    }

    /// The number of a letter of this run by its text; nil for anything else.
    package static func number(in text: String, run: String) -> Int? {
        let words = text.prefix(200).split(separator: " ", maxSplits: 3)
        guard words.count >= 3, words[0] == mark, words[1] == run else { return nil }
        return Int(words[2])
    }

    /// Lengths as people write: mostly a line, sometimes a page.
    static func length(_ chance: inout Chance) -> Int {
        switch chance.below(100) {
        case 0: chance.below(30_000)
        case 1..<6: chance.below(4_000)
        default: chance.below(400)
        }
    }
}
