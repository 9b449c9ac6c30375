/// Pieces of work that are done several at a time, on the threads of the machine.
enum Parallel {
    /// Does the work of each number from 0, so many at the same time, and begins with no further one once `goesOn` says no.
    /// `done` hears of each result as it comes: what is begun together may end in any order.
    static func run<Result: Sendable>(
        _ count: Int, threads: Int, while goesOn: () -> Bool, _ work: @escaping @Sendable (Int) -> Result,
        done: (Result) -> Void
    ) async {
        await withTaskGroup(of: Result.self) { group in
            var next = 0
            func begin() {
                guard next < count, goesOn() else { return }
                let number = next
                next += 1
                group.addTask { work(number) }
            }
            for _ in 0..<min(threads, count) { begin() }
            for await result in group {
                done(result)
                begin()
            }
        }
    }
}
