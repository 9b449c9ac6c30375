import Basics
import Simulation
import Testing

/// The heap against a sorted array.
@Suite struct EventQueueTests {
    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func eventsComeInTheOrderOfTheirKeys(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var queue = EventQueue()
        var reference: [EventQueue.Key] = []
        for sequence in 0..<5_000 as Range<UInt64> {
            if generator.next() % 3 != 0 || reference.isEmpty {
                let key = EventQueue.Key(
                    at: .origin + .milliseconds(Int(generator.next() % 50)),
                    destination: UInt32(generator.next() % 4), source: UInt32(generator.next() % 4), sequence: sequence)
                queue.push(.wakeUp, key)
                reference.append(key)
                reference.sort()
            } else {
                #expect(queue.nextTime == reference[0].at)
                let popped = queue.pop()
                #expect(popped?.key == reference.removeFirst())
            }
            #expect(queue.count == reference.count)
        }
        while let key = queue.pop()?.key { #expect(key == reference.removeFirst()) }
        #expect(reference.isEmpty)
    }
}
