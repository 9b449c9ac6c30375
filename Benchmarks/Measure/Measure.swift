/// Prints the figures of docs/measurements.md. Built only on demand:
///
///     ROOST_BENCHMARKS=1 swift run -c release --scratch-path .build-benchmarks Measure idle 1000
@main enum Measure {
    static func main() {
        let arguments = CommandLine.arguments.dropFirst()
        switch (arguments.first, arguments.dropFirst().first.flatMap { Int($0) }) {
        case ("idle", let nodes): IdleTraffic.measure(nodes: max(2, nodes ?? 100))
        case ("person", let nodes): IdleTraffic.measurePeople(nodes: max(20, nodes ?? 100))
        case ("records", let nodes): RecordRepair.measure(nodes: max(20, nodes ?? 100))
        case ("roundtrip", let count): RoundTrip.measure(count: max(1, count ?? 200_000))
        case ("mail", let messages): MailLatency.measure(messages: max(1, messages ?? 50))
        case ("transfer", let seeds): Transfers.measure(seeds: max(1, seeds ?? 5))
        default:
            print(
                "usage: Measure idle [NODES] | person [NODES] | records [NODES] | roundtrip [COUNT] | mail [MESSAGES]"
                    + " | transfer [SEEDS]")
        }
    }
}

/// Processor time that a piece of work takes, as nanoseconds for each of `count`.
func nanosecondsEach(_ count: Int, _ work: () -> Void) -> Double {
    let elapsed = ContinuousClock().measure(work).components
    return (Double(elapsed.seconds) * 1e9 + Double(elapsed.attoseconds) / 1e9) / Double(count)
}
