import Basics
import RoostService
import Station
import Storage
import Synchronization
import Testing

@Suite struct CommitThreadTests {
    /// A disk that records its commits and waits for permission for each.
    final class Disk: Sendable {
        let commits = Mutex<[[UInt8]]>([])
        let reports = Mutex<[[CommitReport]]>([])
        private let gate = Mutex(0)
        private let answer: @Sendable ([StoreWrite]) -> CommitResult

        init(answer: @escaping @Sendable ([StoreWrite]) -> CommitResult = { _ in .committed }) { self.answer = answer }

        func commit(_ writes: [StoreWrite]) -> CommitResult {
            commits.withLock { $0.append(writes.map { $0.key[0] }) }
            while !gate.withLock({ permits in
                guard permits > 0 else { return false }
                permits -= 1
                return true
            }) {}
            return answer(writes)
        }

        func permit(_ count: Int) { gate.withLock { $0 += count } }

        func thread() -> CommitThread {
            CommitThread(
                commit: { self.commit($0) }, report: { reports in self.reports.withLock { $0.append(reports) } })
        }
    }

    static func submission(
        _ number: UInt8, _ owner: WriteBatch.Owner = .node, count: Int = 1
    ) -> [WriteBatch] {
        [
            WriteBatch(
                owner: owner, writes: Array(repeating: StoreWrite(.records, [number], []), count: count),
                through: Ticket(number: UInt64(number)))
        ]
    }

    static func finish(_ thread: CommitThread) async {
        await withCheckedContinuation { done in thread.finish { done.resume() } }
    }

    /// Waits for the disk to have been given so many commits.
    static func wait(_ disk: Disk, commits: Int) async {
        while disk.commits.withLock({ $0.count }) < commits { await Task.yield() }
    }

    @Test func whatCollectsDuringACommitIsTheNext() async {
        let disk = Disk()
        let thread = disk.thread()
        thread.submit(Self.submission(1))
        await Self.wait(disk, commits: 1)
        thread.submit(Self.submission(2))
        thread.submit(Self.submission(3, .person))
        thread.submit(Self.submission(4))
        disk.permit(16)
        await Self.finish(thread)
        #expect(disk.commits.withLock { $0 } == [[1], [2, 3, 4]])
        let reports = disk.reports.withLock { $0 }
        #expect(reports.map { $0.map(\.through.number) } == [[1], [2, 3, 4]])
        #expect(reports.joined().map(\.owner) == [.node, .node, .person, .node])
        #expect(reports.joined().allSatisfy { $0.result == .committed })
    }

    @Test func everythingIsReportedInOrder() async {
        let disk = Disk()
        disk.permit(.max)
        let thread = disk.thread()
        for number in 0..<200 { thread.submit(Self.submission(UInt8(number))) }
        await Self.finish(thread)
        #expect(disk.commits.withLock { $0 }.joined().elementsEqual(0..<200))
        #expect(disk.reports.withLock { $0 }.joined().map { Int($0.through.number) } == Array(0..<200))
    }

    @Test func aGroupHasALimit() async {
        let disk = Disk()
        let thread = disk.thread()
        thread.submit(Self.submission(1))
        await Self.wait(disk, commits: 1)
        for number in 2...4 { thread.submit(Self.submission(UInt8(number), count: CommitQueue.groupSize / 2)) }
        disk.permit(16)
        await Self.finish(thread)
        #expect(disk.reports.withLock { $0.map(\.count) } == [1, 2, 1])
    }

    @Test func whatFitsIsKeptWhenTheGroupDoesNot() async {
        let disk = Disk { writes in writes.contains { $0.key == [3] } ? .full : .committed }
        let thread = disk.thread()
        thread.submit(Self.submission(1))
        await Self.wait(disk, commits: 1)
        for number in 2...4 { thread.submit(Self.submission(UInt8(number))) }
        disk.permit(16)
        await Self.finish(thread)
        #expect(disk.commits.withLock { $0 } == [[1], [2, 3, 4], [2], [3], [4]])
        let results = disk.reports.withLock { $0 }.joined().map(\.result)
        #expect(results == [.committed, .committed, .full, .committed])
    }

    @Test func aFailureIsEverybodys() async {
        let disk = Disk { writes in writes.count > 1 ? .failed : .committed }
        let thread = disk.thread()
        thread.submit(Self.submission(1))
        await Self.wait(disk, commits: 1)
        for number in 2...3 { thread.submit(Self.submission(UInt8(number))) }
        disk.permit(16)
        await Self.finish(thread)
        #expect(disk.reports.withLock { $0 }.joined().map(\.result) == [.committed, .failed, .failed])
    }

    @Test func afterTheEndNothingIsCommitted() async {
        let disk = Disk()
        disk.permit(.max)
        let thread = disk.thread()
        await Self.finish(thread)
        thread.submit(Self.submission(1))
        #expect(disk.commits.withLock { $0 }.isEmpty)
    }
}
