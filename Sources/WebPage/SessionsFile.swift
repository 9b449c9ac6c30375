import Platform
import Synchronization

/// Keeps sessions on disk. Requests are answered at the same time, and their writes may come in any order: what was noted earlier is
/// never written over what was noted later. Otherwise a session that has ended could be back after a restart.
final class SessionsFile: Sendable {
    /// Where a state of the sessions stands among all.
    struct Version: Sendable, Comparable {
        fileprivate let number: UInt64

        static func < (left: Version, right: Version) -> Bool { left.number < right.number }
    }

    private let memory: WebServer.Memory
    private let versions = Atomic<UInt64>(0)
    private let written = Mutex(Version(number: 0))

    init(_ memory: WebServer.Memory) { self.memory = memory }

    /// To be asked for while nobody else can change what is to be written.
    func nextVersion() -> Version { Version(number: versions.wrappingAdd(1, ordering: .relaxed).newValue) }

    /// Returns when this state, or a later one, is written.
    func write(_ state: WebDoor.Memory, _ version: Version) {
        guard let data = try? JSONEncoder().encode(state) else { return }
        written.withLock { written in
            guard version > written else { return }
            written = version
            memory.write(Array(data))
        }
    }

    /// Nil where nothing is kept that can be read.
    func read() -> WebDoor.Memory? {
        memory.read().flatMap { try? JSONDecoder().decode(WebDoor.Memory.self, from: Data($0)) }
            .flatMap { (1...65_535).contains($0.port) ? $0 : nil }
    }
}
