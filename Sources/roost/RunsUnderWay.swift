import Platform
import Synchronization

/// Which runs of a swarm are under way, so that one which ends the program leaves its seed behind.
///
/// A signal handler writes the commands that repeat them where the program ends by a trap. A file has them as well, for an
/// end of which a program hears nothing: by SIGKILL, or for want of memory or of stack.
final class RunsUnderWay: Sendable {
    private struct State {
        /// By the places of `RunsUnderWay.places`.
        var seeds: [UInt64?]
    }

    private let state = Mutex(State(seeds: []))
    /// Has the commands while runs are under way; nil: no file has.
    private let file: String?

    init(file: String?) {
        self.file = file
        RunsUnderWay.listen()
    }

    /// Does some work under the name of a seed.
    func run<Result>(_ seed: UInt64, _ work: () -> Result) -> Result {
        let place = begin(seed)
        defer { end(place) }
        return work()
    }

    private func begin(_ seed: UInt64) -> Int {
        state.withLock { state in
            let place = state.seeds.firstIndex(of: nil) ?? state.seeds.count
            if place == state.seeds.count { state.seeds.append(seed) } else { state.seeds[place] = seed }
            RunsUnderWay.show(seed, at: place)
            save(state)
            return place
        }
    }

    private func end(_ place: Int) {
        state.withLock { state in
            state.seeds[place] = nil
            RunsUnderWay.show(nil, at: place)
            save(state)
        }
    }

    /// That it can't be written was found out before the first run; it is no reason to end a swarm.
    private func save(_ state: State) {
        guard let file else { return }
        let commands = state.seeds.compactMap(\.self).map { "roost sim --swarm 1 --seed \($0)\n" }
        try? SimFiles.write(commands.joined(), to: file, otherwise: .inputOutput)
    }
}

// MARK: What the handler reads

extension RunsUnderWay {
    /// As many as there are threads at most.
    private static let places = 1_024
    /// Room for one command, ready to be written: its length, and its bytes.
    private static let room = 64

    // Allocated once, before the handler is installed, and never freed. Each place is written under the lock of `state`; the
    // handler only reads it, and at worst writes a command of which a part is that of the next run.
    nonisolated(unsafe) private static let commands = {
        let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: places * room)
        bytes.initialize(repeating: 0, count: places * room)
        return bytes
    }()

    // Bytes of a literal, which lie in the program itself.
    private static let lead: StaticString = "\nroost: the program was ended within these runs. The same again:\n"

    /// Makes the command of a run ready at a place; nil: none is under way there.
    private static func show(_ seed: UInt64?, at place: Int) {
        guard place < places else { return }
        let bytes = commands + place * room
        bytes[0] = 0
        guard let seed else { return }
        let command = "  roost sim --swarm 1 --seed \(seed)\n".utf8
        for (index, byte) in command.enumerated() { bytes[1 + index] = byte }
        bytes[0] = UInt8(command.count)
    }

    /// From now on the commands are written to standard error where a trap ends the program.
    private static func listen() {
        show(nil, at: 0)
        _ = lead.utf8CodeUnitCount
        for number in [SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS, SIGFPE] {
            signal(number) { number in
                // Nothing is called here that may not be within a signal handler.
                _ = write(2, RunsUnderWay.lead.utf8Start, RunsUnderWay.lead.utf8CodeUnitCount)
                for place in 0..<RunsUnderWay.places {
                    let bytes = RunsUnderWay.commands + place * RunsUnderWay.room
                    if bytes[0] > 0 { _ = write(2, bytes + 1, Int(bytes[0])) }
                }
                // It is held back until this ends, and then ends the program as it would have.
                signal(number, SIG_DFL)
                raise(number)
            }
        }
    }
}
