import Basics
import Sessions
import Testing

@Suite struct DatagramQueueTests {
    @Test func queuesDatagramsInOrderAndGrows() throws {
        var queue = DatagramQueue(capacity: 1)
        let path = Path.direct(try #require(Endpoint("192.0.2.1:7")))
        func contents() -> [[UInt8]] {
            var all: [[UInt8]] = []
            func append(_ over: Path, _ bytes: UnsafeRawBufferPointer) {
                #expect(over == path)
                all.append([UInt8](bytes))
            }
            queue.forEach(append)
            return all
        }
        for round in 0..<3 as Range<UInt8> {
            #expect(queue.isEmpty)
            let expected = (0..<5).map { [UInt8](repeating: $0 &* 40 &+ round, count: 1_200 - Int($0)) }
            for bytes in expected { queue.append(over: path, bytes.span.bytes) }
            queue.append(over: path, count: 2) { $0.copyBytes(from: [8, 9]) }
            #expect(queue.count == 6)
            #expect(contents() == expected + [[8, 9]])
            queue.removeAll()
            #expect(contents().isEmpty)
        }
    }
}
