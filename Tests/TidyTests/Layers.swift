/// Which module may import which: the layers that Package.swift draws, spelled out.
enum Layers {
    /// The bytes that nodes send each other, and what these are made of.
    private static let wire = ["Basics", "Cryptography", "Wire"]
    private static let foundation = wire + ["Exchange", "Storage"]
    /// The C library by itself, and with Foundation.
    private static let system = ["CLibrary", "Platform"]

    /// For each directory under `Sources`, all that its files may import.
    static let allowedImports: [String: [String]] = [
        // System. They hold no Swift.
        "CDatagrams": [],
        "CLMDB": [],
        "CQRencode": [],
        "CResolver": [],
        "CSodium": [],
        // System, under names that are the same everywhere.
        "CLibrary": ["Darwin", "Glibc", "Musl"],
        "Platform": ["CLibrary", "Foundation", "FoundationEssentials", "Synchronization"],
        // Foundation.
        "Basics": [],
        "Cryptography": ["Basics", "CSodium", "Crypto"],
        "Storage": ["Basics"],
        "Wire": ["Basics", "Cryptography"],
        "Exchange": ["Basics", "Wire"],
        "Reports": ["Basics", "Cryptography"],
        // Core: siblings never.
        "Conversations": wire,
        "Kademlia": ["Basics"],
        "Mailboxes": wire + ["Storage"],
        "PortMapping": ["Basics"],
        "Discovery": ["Basics"],
        "Sessions": wire,
        // Composition: a node can't see what a person can.
        "NodeCore": foundation + ["Kademlia", "Mailboxes", "Sessions"],
        "PeerCore": foundation + ["Conversations", "Reports"],
        // Station: only here do the two meet.
        "Station": foundation + ["NodeCore", "PeerCore"],
        // Store.
        "LMDBStore": ["Basics", "CLMDB", "Storage", "Synchronization"],
        "Prometheus": ["CoreMetrics", "Synchronization"],
        "HTTPTransport": ["NIOCore", "NIOHTTP1", "NIOPosix", "Synchronization"],
        // Shells.
        "ControlAPI": ["Basics", "HTTPTransport", "Reports", "Synchronization"] + system,
        "RoostService": foundation + [
            "CDatagrams", "CLibrary", "CResolver", "CoreMetrics", "Discovery", "Dispatch", "HTTPTransport", "LMDBStore",
            "Logging", "NIOConcurrencyHelpers", "NIOCore", "NIOPosix", "Mailboxes", "NodeCore", "PeerCore",
            "PortMapping", "Prometheus", "Reports", "Sessions",
            "Station",
            "Synchronization",
        ],
        "Simulation": foundation + ["NodeCore", "PeerCore", "Sessions", "Station"],
        // Report.
        "SimulationReport": ["Basics", "Cryptography", "Simulation"] + system,
        "StatusView": ["ControlAPI", "CQRencode", "Cryptography"] + system,
        // Operations: how the program is run, without its commands.
        "Operations": ["Basics", "Logging", "RoostService", "Synchronization"] + system,
        // Testbed.
        "Testbed": [
            "Basics", "ControlAPI", "Cryptography", "HTTPTransport", "Simulation", "SimulationReport",
            "Synchronization",
        ]
            + system,
        // Chat.
        "ChatView": ["Basics", "ControlAPI", "StatusView"] + system,
        // Page: what a daemon serves to browsers.
        "WebPage": ["Basics", "ControlAPI", "Crypto", "HTTPTransport", "Synchronization"] + system,
        // Executable.
        "roost": [
            "ArgumentParser", "Basics", "ChatView", "ControlAPI", "CoreMetrics", "Cryptography", "Dispatch",
            "Logging", "Operations", "Prometheus", "RoostService", "Simulation", "SimulationReport", "StatusView",
            "Synchronization", "Testbed", "WebPage",
        ] + system,
    ]

    /// Modules that never do but only say: no clock, no socket, no thread, no randomness of their own. The simulation
    /// is no core, but must be reproducible all the same.
    static let pureModules =
        foundation + [
            "Conversations", "Discovery", "Kademlia", "Mailboxes", "NodeCore", "PeerCore", "PortMapping", "Reports",
            "Sessions",
            "Simulation", "Station",
        ]
}
