// swift-tools-version: 6.2
import PackageDescription

// Modules in layers; a module imports only from layers below it (docs/architecture.md, enforced by TidyTests).
//
//   executable   roost
//   chat         ChatView   WebPage
//   testbed      Testbed
//   report       SimulationReport   StatusView
//   operations   Operations
//   shells       RoostService   ControlAPI   Simulation
//   store        LMDBStore   Prometheus   HTTPTransport
//   station      Station
//   composition  NodeCore   PeerCore
//   core         Kademlia   Sessions   Mailboxes   Conversations   PortMapping   Discovery
//   foundation   Exchange > Wire > Cryptography > Basics, Storage > Basics, Reports > Cryptography
//   system       CSodium   CLMDB   CQRencode   CDatagrams   CResolver   CLibrary   Platform

let wire: [Target.Dependency] = ["Basics", "Cryptography", "Wire"]
let foundation = wire + ["Storage", "Exchange"]

let crypto = Package.Dependency.package(url: "https://github.com/apple/swift-crypto", from: "4.5.2")

let package = Package(
    name: "roost",
    platforms: [.macOS(.v15), .iOS(.v18)],
    products: [
        .executable(name: "roost", targets: ["roost"]),
        .library(name: "RoostService", targets: ["RoostService"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.12.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        crypto,
    ],
    targets: [
        .systemLibrary(
            name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"]), .brew(["libsodium"])]),
        .systemLibrary(name: "CLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"]), .brew(["lmdb"])]),
        .systemLibrary(
            name: "CQRencode", pkgConfig: "libqrencode", providers: [.apt(["libqrencode-dev"]), .brew(["qrencode"])]),

        .target(name: "CDatagrams"),
        .systemLibrary(name: "CResolver"),

        .target(name: "CLibrary"),
        .target(name: "Platform", dependencies: ["CLibrary"]),

        .target(name: "Basics"),
        .target(
            name: "Cryptography",
            dependencies: ["Basics", "CSodium", .product(name: "Crypto", package: "swift-crypto")]),
        .target(name: "Storage", dependencies: ["Basics"]),
        .target(name: "Wire", dependencies: ["Basics", "Cryptography"]),
        .target(name: "Exchange", dependencies: ["Basics", "Wire"]),

        .target(name: "Reports", dependencies: ["Basics", "Cryptography"]),

        .target(name: "Kademlia", dependencies: ["Basics"]),
        .target(name: "Sessions", dependencies: wire),
        .target(name: "Mailboxes", dependencies: wire + ["Storage"]),
        .target(name: "Conversations", dependencies: wire),
        .target(name: "PortMapping", dependencies: ["Basics"]),
        .target(name: "Discovery", dependencies: ["Basics"]),

        .target(name: "NodeCore", dependencies: foundation + ["Kademlia", "Sessions", "Mailboxes"]),
        .target(name: "PeerCore", dependencies: foundation + ["Conversations", "Reports"]),

        .target(name: "Station", dependencies: foundation + ["NodeCore", "PeerCore"]),

        .target(name: "LMDBStore", dependencies: ["Basics", "Storage", "CLMDB"]),

        .target(name: "Prometheus", dependencies: [.product(name: "CoreMetrics", package: "swift-metrics")]),

        .target(name: "Simulation", dependencies: foundation + ["Sessions", "NodeCore", "PeerCore", "Station"]),
        .target(name: "SimulationReport", dependencies: ["Basics", "Cryptography", "Platform", "Simulation"]),
        .target(
            name: "RoostService",
            dependencies: foundation + [
                "CDatagrams", "CLibrary", "CResolver", "Sessions", "Mailboxes", "PortMapping", "Discovery", "NodeCore",
                "PeerCore",
                "Station",
                "Reports",
                "LMDBStore",
                "Prometheus",
                "HTTPTransport",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        .target(
            name: "HTTPTransport",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .target(name: "ControlAPI", dependencies: ["Basics", "CLibrary", "HTTPTransport", "Platform", "Reports"]),

        .target(
            name: "Operations",
            dependencies: [
                "Basics", "Platform", "RoostService",
                .product(name: "Logging", package: "swift-log"),
            ]),
        .target(
            name: "Testbed",
            dependencies: [
                "Basics", "ControlAPI", "Cryptography", "HTTPTransport", "Platform", "Simulation", "SimulationReport",
            ]),
        .target(
            name: "WebPage",
            dependencies: [
                "Basics", "ControlAPI", "HTTPTransport", "Platform", .product(name: "Crypto", package: "swift-crypto"),
            ],
            resources: [.embedInCode("Page")]),
        .target(name: "StatusView", dependencies: ["ControlAPI", "CQRencode", "Cryptography", "Platform"]),

        .target(name: "ChatView", dependencies: ["Basics", "ControlAPI", "Platform", "StatusView"]),

        .executableTarget(
            name: "roost",
            dependencies: [
                "Basics", "ChatView", "CLibrary", "Cryptography", "Platform", "RoostService", "ControlAPI",
                "Operations",
                "Simulation", "SimulationReport",
                "StatusView", "Testbed", "Prometheus", "WebPage",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ]),

        .testTarget(name: "BasicsTests", dependencies: ["Basics"]),
        .testTarget(
            name: "CryptographyTests", dependencies: ["Basics", "Cryptography"]),
        .testTarget(name: "WireTests", dependencies: wire),
        .testTarget(name: "SessionsTests", dependencies: wire + ["Sessions"]),
        .testTarget(name: "KademliaTests", dependencies: ["Basics", "Kademlia"]),
        .testTarget(name: "MailboxesTests", dependencies: wire + ["Storage", "Mailboxes", "LMDBStore"]),
        .testTarget(name: "ConversationsTests", dependencies: wire + ["Conversations"]),
        .testTarget(name: "PortMappingTests", dependencies: ["Basics", "PortMapping"]),
        .testTarget(name: "DiscoveryTests", dependencies: ["Basics", "Discovery"]),
        .testTarget(name: "PeerCoreTests", dependencies: foundation + ["Conversations", "PeerCore"]),
        .testTarget(name: "StationTests", dependencies: foundation + ["NodeCore", "PeerCore", "Station"]),
        .testTarget(
            name: "StoryTests",
            dependencies: foundation + [
                "Kademlia", "Sessions", "Mailboxes", "Conversations", "NodeCore", "PeerCore", "Station", "Simulation",
            ]),
        .testTarget(
            name: "SimulationTests",
            dependencies: foundation + ["Sessions", "NodeCore", "PeerCore", "Platform", "Simulation"]),
        .testTarget(
            name: "SimulationReportTests", dependencies: ["Basics", "Cryptography", "Simulation", "SimulationReport"]),
        .testTarget(
            name: "FuzzTests",
            dependencies: foundation + [
                "Sessions", "Conversations", "PortMapping", "Discovery", "NodeCore", "PeerCore", "Station", "Platform",
                "Simulation", "SimulationReport",
            ],
            exclude: ["Fuzzer"]),
        .testTarget(
            name: "PrometheusTests",
            dependencies: ["Prometheus", .product(name: "CoreMetrics", package: "swift-metrics")]),
        .testTarget(name: "StatusViewTests", dependencies: ["Basics", "ControlAPI", "Cryptography", "StatusView"]),
        .testTarget(
            name: "ChatViewTests", dependencies: ["Basics", "ChatView", "ControlAPI", "Cryptography", "StatusView"]),
        .testTarget(
            name: "ControlAPITests", dependencies: ["Basics", "ControlAPI", "Cryptography", "HTTPTransport", "Reports"]),
        .testTarget(
            name: "WebPageTests", dependencies: ["Basics", "ControlAPI", "HTTPTransport", "Reports", "WebPage"]),
        .testTarget(
            name: "TestbedTests", dependencies: ["Basics", "ControlAPI", "Simulation", "SimulationReport", "Testbed"]),
        .testTarget(
            name: "RoostServiceTests",
            dependencies: foundation + [
                "RoostService", "LMDBStore", "PortMapping", "Discovery", "Station", "Prometheus",
                .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(
            name: "EmbeddingTests", dependencies: ["RoostService", .product(name: "Logging", package: "swift-log")]),
        .testTarget(
            name: "OperationsTests",
            dependencies: ["Basics", "Operations", "RoostService", .product(name: "Logging", package: "swift-log")]),
        .testTarget(name: "EndToEndTests"),
        .testTarget(name: "TidyTests"),
    ],
    swiftLanguageModes: [.v6]
)

// Measurements, built only on demand: docs/measurements.md has the commands.
if Context.environment["ROOST_BENCHMARKS"] != nil {
    package.targets.append(
        .executableTarget(
            name: "Measure",
            dependencies: foundation + [
                "Kademlia", "Sessions", "Mailboxes", "Conversations", "NodeCore", "PeerCore", "Simulation", "LMDBStore",
            ],
            path: "Benchmarks/Measure"))
    package.targets.append(
        .executableTarget(
            name: "roost-load", dependencies: wire + ["CDatagrams", "Platform", "Sessions"],
            path: "Benchmarks/roost-load"))
}

// The fuzzer: only the pure modules, instrumented, and what FuzzTests replays, without the tests. Scripts/fuzz.sh builds it.
// "fast" leaves out the address sanitizer and the tracing of comparisons, and tries several times as many inputs.
if let fuzz = Context.environment["ROOST_FUZZ"] {
    let sanitizers = fuzz == "fast" ? "-sanitize=fuzzer" : "-sanitize=fuzzer,address"
    let traced = fuzz == "fast" ? "edge" : "edge,trace-cmp"
    let instrumented: [SwiftSetting] = [
        .unsafeFlags([sanitizers, "-sanitize-coverage=\(traced),inline-8bit-counters,pc-table"])
    ]
    let pure = [
        "CSodium", "Basics", "Cryptography", "Storage", "Wire", "Exchange", "Reports", "Kademlia", "Sessions",
        "Mailboxes", "Conversations", "PortMapping", "Discovery", "NodeCore", "PeerCore", "Station", "CLibrary",
        "Platform", "Simulation", "SimulationReport",
    ]
    package.products = []
    package.dependencies = [crypto]
    package.targets.removeAll { !pure.contains($0.name) }
    for target in package.targets where target.type == .regular { target.swiftSettings = instrumented }
    package.targets.append(
        .executableTarget(
            name: "Fuzzer",
            dependencies: foundation + [
                "Sessions", "Conversations", "PortMapping", "Discovery", "NodeCore", "PeerCore", "Station", "Platform",
                "Simulation", "SimulationReport",
            ],
            path: "Tests/FuzzTests", exclude: ["CorpusTests.swift"],
            swiftSettings: instrumented + [.unsafeFlags(["-parse-as-library"])],
            linkerSettings: [.unsafeFlags([sanitizers])]))
}
