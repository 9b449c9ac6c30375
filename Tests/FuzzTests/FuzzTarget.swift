/// What can be fuzzed. Each case has one function that reads an input of any bytes: a fuzzer calls it with inputs that it
/// makes up, and the tests with those that were kept. The raw value names the corpus.
enum FuzzTarget: String, CaseIterable, Sendable {
    /// Datagrams, handshake payloads, requests and responses.
    case datagram
    /// Signed records and what is sealed in them.
    case record
    /// Envelopes and what is sealed in them.
    case envelope
    /// Everything that is read from text: keys, peer IDs, addresses.
    case text
    /// What a router answers that is asked to open a port.
    case router
    /// What a machine of the local network says to all.
    case neighbour
    /// What lies in a data directory, which others may have written: conversations, and whole stores.
    case stored
    /// What an export has sealed.
    case archive
    /// Files of scenarios.
    case scenario
    /// Scripts of what happens to a node.
    case node
    /// Scripts of what a node tells a person's agent.
    case peer

    /// Reads an input; nothing may trap. Throws where what came of it breaks a promise.
    func run(_ input: [UInt8]) throws(Finding) {
        switch self {
        case .datagram: try readDatagram(input)
        case .record: try readRecord(input)
        case .envelope: try readEnvelope(input)
        case .text: try readText(input)
        case .router: try readRouter(input)
        case .neighbour: try readNeighbour(input)
        case .stored: try readStored(input)
        case .archive: try readArchive(input)
        case .scenario: try readScenario(input)
        case .node: try playNodeScript(input)
        case .peer: try playPeerScript(input)
        }
    }
}

/// A promise that an input has broken.
struct Finding: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Throws unless a promise is kept.
func expect(_ isKept: Bool, _ promise: @autoclosure () -> String) throws(Finding) {
    if !isKept { throw Finding(promise()) }
}
