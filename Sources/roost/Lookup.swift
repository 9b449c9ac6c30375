import ArgumentParser
import Basics
import ControlAPI

/// `roost lookup`: an iterative lookup, as it goes.
struct Lookup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lookup",
        abstract: "Find the nodes closest to a peer's mailbox, or to any point, and show how.",
        discussion: """
            EXAMPLES
              roost lookup "$(roost id)"
              roost lookup 0000000000000000000000000000000000000000000000000000000000000000 --json

            \(ExitStatus.help([:], .badInput, .unknownName, .unavailable, .notPermitted))
            """)

    @Argument(
        help: "A peer ID, a name of your address book, or a point of the keyspace as 64 hexadecimal digits.",
        completion: PeerCompletion.kind)
    var target: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    func run() async throws {
        let point = try Bytes32(hex: target)?.hex ?? Peer.read(target, in: data)
        let asJSON = output.json
        try await data.daemon().follow { client, progress in
            var shown = 0
            try await client.lookup(point) { step in
                progress.advance()
                switch step {
                case .round(let result):
                    guard !asJSON, result.rounds > shown else { return }
                    shown = result.rounds
                    try Lookup.showRound(result)
                case .finished(let result):
                    if asJSON {
                        try Terminal.write(json: result)
                    } else {
                        try Lookup.showEnd(result)
                    }
                case .failed(let error): throw error
                }
            }
        }
    }

    private static func showRound(_ result: LookupResult) throws {
        let closest = result.closest.first.map { ", the closest \($0.node.prefix(16))… at \($0.endpoint)" } ?? ""
        try Terminal.writeLine(
            "round \(result.rounds)  \(Describe.milliseconds(result.milliseconds))  \(result.closest.count) answered of "
                + "\(result.rpcs) asked\(closest)")
    }

    private static func showEnd(_ result: LookupResult) throws {
        let rows = result.closest.map { [$0.node, $0.endpoint, Describe.milliseconds($0.rttMilliseconds)] }
        try Terminal.write(
            "The \(result.closest.count) closest to \(result.target), after \(result.rounds) rounds, \(result.rpcs) requests "
                + "and \(Describe.milliseconds(result.milliseconds)):\n" + Terminal.table(rows))
    }
}
