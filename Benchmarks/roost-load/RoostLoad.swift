import Basics
import CLibrary

/// Asks a node or another program the same thing over and over, and says what an answer costs: docs/measurements.md.
///
///     ROOST_BENCHMARKS=1 swift run -c release roost-load findNode --target 127.0.0.1:7337 --pid 4711
@main enum RoostLoad {
    static func main() {
        do throws(LoadError) {
            let arguments = Array(CommandLine.arguments.dropFirst())
            if arguments.first == "floor-server" {
                try Floor.serve(Options([Options.Kind.floor.rawValue] + arguments.dropFirst()))
            } else {
                try run(Options(arguments))
            }
        } catch {
            let line = "roost-load: \(error.sentence)\n"
            _ = write(STDERR_FILENO, line, line.utf8.count)
            exit(1)
        }
    }

    private static func run(_ options: Options) throws(LoadError) {
        switch options.kind {
        case .ping, .findNode, .getRecord, .list, .fetch, .deposit: try run(SessionLoad(options), options)
        case .handshake: try run(HandshakeLoad(options), options)
        case .opendht, .bittorrent: try run(PlainLoad(options), options)
        case .floor: try run(FloorLoad(options), options)
        }
    }

    private static func run(_ load: some Load, _ options: Options) throws(LoadError) {
        var load = load
        try load.prepare()
        var course = Course(options, sockets: load.sockets.count)
        try course.run(&load)
        print(options.isJSON ? course.result.json(options) : course.result.text(options))
        guard course.result.answered > 0 else {
            throw LoadError("Nothing was answered: is it running, and not too busy?")
        }
    }
}

/// So that whoever waits for a line gets it.
func flushOutput() { fflush(nil) }
