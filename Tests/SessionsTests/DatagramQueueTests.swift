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
            for bytes in expected { queue.append(over: path, as: .hello, bytes.span.bytes) }
            queue.append(over: path, as: .other, count: 2) { $0.copyBytes(from: [8, 9]) }
            #expect(queue.count == 6)
            #expect(contents() == expected + [[8, 9]])
            queue.removeAll()
            #expect(contents().isEmpty)
        }
    }

    @Test func countsWhatLeavesWhenItIsDrained() throws {
        var (queue, traffic) = (DatagramQueue(capacity: 1), Traffic())
        let path = Path.direct(try #require(Endpoint("192.0.2.1:7")))
        let kinds: [Traffic.Kind] = [.initiation, .request(.ping), .answer(.findNode), .hello, .other]
        for (index, kind) in kinds.enumerated() {
            queue.append(over: path, as: kind, count: 10 + index) { $0.initializeMemory(as: UInt8.self, repeating: 0) }
        }
        var sizes: [Int] = []
        #expect(traffic.total == Traffic.Count(), "nothing counts before it is drained")
        queue.drain(counting: &traffic) { _, bytes in
            sizes.append(bytes.count)
            return bytes.count != 12
        }
        #expect(sizes == [10, 11, 12, 13, 14] && queue.isEmpty)
        for (index, kind) in kinds.enumerated() where kind != .answer(.findNode) {
            #expect(traffic[kind] == Traffic.Count(datagrams: 1, bytes: 10 + index))
        }
        #expect(traffic[.answer(.findNode)] == Traffic.Count(), "it was refused")
        #expect(traffic.total == Traffic.Count(datagrams: 4, bytes: 48))
    }
}
