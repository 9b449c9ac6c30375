import Basics
import Testing

/// What fuzzers have found and reached, once more: `Scripts/fuzz.sh` looks for more.
@Suite struct CorpusTests {
    @Test(arguments: FuzzTarget.allCases)
    func everyInputThatWasKeptBreaksNothing(_ target: FuzzTarget) throws {
        let inputs = try Corpus(of: target).inputs
        #expect(!inputs.isEmpty)
        for input in inputs {
            do {
                try target.run(input)
            } catch {
                Issue.record("\(target.rawValue) \(Hexadecimal.encode(input)): \(error)")
            }
        }
    }

    /// The corpus is what one machine reached; this is a little of what others would try.
    @Test(arguments: FuzzTarget.allCases)
    func inputsLikeThoseBreakNothingEither(_ target: FuzzTarget) throws {
        let inputs = try Corpus(of: target).inputs
        var generator = SeededGenerator(seed: 1)
        for round in 0..<200 {
            var input = inputs[Int(generator.next() % UInt64(inputs.count))]
            for _ in 0..<(1 + round % 4) where !input.isEmpty {
                input[Int(generator.next() % UInt64(input.count))] = UInt8(truncatingIfNeeded: generator.next())
            }
            do {
                try target.run(input)
            } catch {
                Issue.record("\(target.rawValue) \(Hexadecimal.encode(input)): \(error)")
            }
        }
    }
}
