import Basics

/// Finding the first contacts: asks the given peers, and those remembered from before, until one answers.
struct Bootstrap: Sendable {
    /// The first pause between attempts; it doubles up to the longest.
    private static let firstPause = Duration.seconds(1)
    private static let longestPause = Duration.seconds(30)
    /// Peers remembered: a few from the command line, or an embedding app.
    private static let peers = 64

    private(set) var peers: [BootstrapPeer] = []
    /// The question to each peer whose key is unknown: only an answer that repeats it is believed.
    private var questions: [(nonce: UInt64, endpoint: Endpoint)] = []
    private var pause = Bootstrap.firstPause
    /// When to ask again, or nil while there is no need.
    private(set) var nextAttempt: Instant?

    mutating func add(_ more: [BootstrapPeer], now: Instant) {
        for peer in more where !peers.contains(peer) && peers.count < Bootstrap.peers { peers.append(peer) }
        if !peers.isEmpty { nextAttempt = now }
    }

    /// Begins an attempt, and sets when the next is due should it fail.
    mutating func beginAttempt(now: Instant) {
        questions.removeAll()
        nextAttempt = now + pause
        pause = min(pause * 2, Bootstrap.longestPause)
    }

    /// Notes the question that goes to a peer known only by address.
    mutating func ask(_ endpoint: Endpoint, nonce: UInt64) { questions.append((nonce, endpoint)) }

    /// The endpoint that was asked, if the answer came from there.
    mutating func takeQuestion(_ nonce: UInt64, from endpoint: Endpoint) -> Bool {
        guard let index = questions.firstIndex(where: { $0.nonce == nonce && $0.endpoint == endpoint }) else {
            return false
        }
        questions.remove(at: index)
        return true
    }

    /// The node knows others: nobody need be asked until it loses them all.
    mutating func succeed() {
        nextAttempt = nil
        pause = Bootstrap.firstPause
    }

    /// The node has lost all its contacts.
    mutating func restart(now: Instant) {
        if nextAttempt == nil { nextAttempt = now + pause }
    }
}
