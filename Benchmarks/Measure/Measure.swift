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
        case ("size", let nodes?): SizeEstimate.measureLive(nodes: max(2, nodes))
        case ("size", nil): for nodes in [100, 1_000, 10_000] { SizeEstimate.measure(nodes: nodes) }
        case ("simulator", let nodes): SimulatorSpeed.measure(nodes: max(1, nodes ?? 1_000))
        case ("settled", let nodes):
            let seconds = arguments.dropFirst(2).first.flatMap { Int($0) }
            SimulatorSpeed.measureSettled(nodes: max(1, nodes ?? 1_000), seconds: max(1, seconds ?? 60))
        case ("mail", let messages): MailLatency.measure(messages: max(1, messages ?? 50))
        case ("transfer", let seeds): Transfers.measure(seeds: max(1, seeds ?? 5))
        case ("micro", nil): Micro.measure(arguments.dropFirst().first ?? "")
        case ("requests", let count): Requests.measure(count: max(64, count ?? 20_000))
        case ("costs", let count): Requests.count(max(64, count ?? 640))
        case ("messages", let count): Messages.measure(count: max(32, count ?? 640))
        case ("message-costs", let count): Messages.count(max(32, count ?? 320))
        case ("deposits", let count): Deposits.measure(count: max(64, count ?? 2_000))
        case ("reading", let count): Reading.measure(count: max(100, count ?? 20_000))
        case ("cold", let count): Reading.measureCold(mailboxes: max(1, count ?? 100))
        case ("crowd", let count): Crowd.measure(count: max(16, count ?? 1_000))
        case ("history", let messages): Histories.measure(messages: max(1_000, messages ?? 100_000))
        case ("comparing", nil): Comparing.measure()
        case ("repeat", nil): repeatStep(Array(arguments.dropFirst()))
        default:
            print(
                "usage: Measure simulator [NODES] | settled [NODES [SECONDS]] | idle [NODES] | person [NODES] | records [NODES] | roundtrip [COUNT] | mail [MESSAGES]"
                    + " | transfer [SEEDS] | size [NODES] | micro [NAME] | requests [COUNT] | costs [COUNT] | messages [COUNT] | message-costs [COUNT] | deposits [COUNT] | reading [COUNT] | cold [MAILBOXES] | crowd [COUNT] | history [MESSAGES] | comparing | repeat NAME COUNT"
            )
        }
    }

    /// One request of `requests`, or one step of `micro`, so many times and without a word: for valgrind.
    private static func repeatStep(_ arguments: [String]) {
        guard arguments.count == 2, let count = Int(arguments[1]) else {
            return print("usage: Measure repeat NAME COUNT")
        }
        if let kind = Requests.Kind(rawValue: arguments[0]) {
            Requests().run(kind, count: count)
        } else {
            Micro.run(arguments[0], count: count)
        }
    }
}

/// Processor time that a piece of work takes, as nanoseconds for each of `count`.
func nanosecondsEach(_ count: Int, _ work: () -> Void) -> Double {
    let elapsed = ContinuousClock().measure(work).components
    return (Double(elapsed.seconds) * 1e9 + Double(elapsed.attoseconds) / 1e9) / Double(count)
}
