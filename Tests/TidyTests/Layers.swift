/// Which module may import which: the layers that Package.swift draws, spelled out.
enum Layers {
    private static let foundation = ["Basics", "Cryptography", "Exchange", "Wire"]
    /// The C library, and Foundation: on Linux only its essentials, as the rest would bring its own tables of all languages and
    /// an HTTP client with all that those need, three times as large as Roost.
    private static let system = ["Darwin", "Foundation", "FoundationEssentials", "Glibc", "Musl"]

    /// For each directory under `Sources`, all that its files may import.
    static let allowedImports: [String: [String]] = [
        // System. They hold no Swift.
        "CLMDB": [],
        "CSodium": [],
        // Foundation.
        "Basics": [],
        "Cryptography": ["Basics", "CSodium"],
        "Exchange": ["Basics"],
        "Wire": ["Basics", "Cryptography", "Exchange"],
        // Core: siblings never.
        "Conversations": foundation,
        "Kademlia": foundation,
        "Mailboxes": foundation,
        "Sessions": foundation,
        // Composition: a node can't see what a person can.
        "NodeCore": foundation + ["Kademlia", "Mailboxes", "Sessions"],
        "PeerCore": foundation + ["Conversations"],
        // Station: only here do the two meet.
        "Station": foundation + ["NodeCore", "PeerCore"],
        // Store.
        "LMDBStore": ["Basics", "CLMDB", "Exchange", "Synchronization"],
        "Prometheus": ["CoreMetrics", "Synchronization"],
        "HTTPTransport": ["NIOCore", "NIOHTTP1", "NIOPosix", "Synchronization"],
        // Shells.
        "ControlAPI": [
            "Darwin", "Foundation", "FoundationEssentials", "Glibc", "HTTPTransport", "Musl", "Synchronization",
        ],
        "RoostService": foundation + [
            "CoreMetrics", "Darwin", "Glibc", "HTTPTransport", "LMDBStore", "Logging", "Musl", "NIOConcurrencyHelpers",
            "NIOCore",
            "NIOPosix",
            "NodeCore",
            "PeerCore", "Prometheus", "Station", "Synchronization",
        ],
        "Simulation": foundation + ["NodeCore", "PeerCore", "Station"],
        // Report.
        "SimulationReport": ["Basics", "Cryptography", "Simulation"] + system,
        "StatusView": ["ControlAPI"] + system,
        // Operations: how the program is run, without its commands.
        "Operations": ["Basics", "Logging", "RoostService", "Synchronization"] + system,
        // Testbed.
        "Testbed": ["Basics", "ControlAPI", "HTTPTransport", "Simulation", "SimulationReport", "Synchronization"]
            + system,
        // Executable.
        "roost": [
            "ArgumentParser", "Basics", "ControlAPI", "CoreMetrics", "Cryptography", "Dispatch", "Logging",
            "Operations", "Prometheus", "RoostService", "Simulation", "SimulationReport", "StatusView",
            "Synchronization", "Testbed",
        ] + system,
    ]

    /// Modules that never do but only say: no clock, no socket, no thread, no randomness of their own. The simulation
    /// is no core, but must be reproducible all the same.
    static let pureModules =
        foundation + [
            "Conversations", "Kademlia", "Mailboxes", "NodeCore", "PeerCore", "Sessions", "Simulation", "Station",
        ]
}
