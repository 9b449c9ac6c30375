/// Which module may import which: the layers that Package.swift draws, spelled out.
enum Layers {
    private static let foundation = ["Basics", "Cryptography", "Exchange", "Wire"]

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
        // Store.
        "LMDBStore": ["Basics", "CLMDB", "Exchange", "Synchronization"],
        "Prometheus": ["CoreMetrics", "Synchronization"],
        // Shells.
        "ControlAPI": ["FlyingFox", "FlyingSocks", "Foundation", "Synchronization"],
        "RoostService": foundation + [
            "CoreMetrics", "Darwin", "Glibc", "LMDBStore", "Logging", "Musl", "NIOConcurrencyHelpers", "NIOCore",
            "NIOPosix",
            "NodeCore",
            "PeerCore", "Prometheus", "Synchronization",
        ],
        "Simulation": foundation + ["NodeCore", "PeerCore"],
        // Report.
        "SimulationReport": ["Basics", "Cryptography", "Foundation", "Simulation"],
        "StatusView": ["ControlAPI", "Foundation"],
        // Operations: how the program is run, without its commands.
        "Operations": [
            "Basics", "Configuration", "Foundation", "Logging", "RoostService", "Synchronization",
        ],
        // Testbed.
        "Testbed": ["Basics", "ControlAPI", "Foundation", "Simulation", "SimulationReport", "Synchronization"],
        // Executable.
        "roost": [
            "ArgumentParser", "Basics", "ControlAPI", "CoreMetrics", "Cryptography", "Dispatch", "Foundation",
            "Logging", "Operations", "Prometheus", "RoostService", "Simulation", "SimulationReport", "StatusView",
            "Synchronization", "Testbed",
        ],
    ]

    /// Modules that never do but only say: no clock, no socket, no thread, no randomness of their own. The simulation
    /// is no core, but must be reproducible all the same.
    static let pureModules =
        foundation + [
            "Conversations", "Kademlia", "Mailboxes", "NodeCore", "PeerCore", "Sessions", "Simulation",
        ]
}
