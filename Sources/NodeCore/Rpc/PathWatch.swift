import Sessions

/// Notices that large datagrams get lost on the way while small ones arrive: some tunnel on the path carries less than
/// IPv6 demands, and doesn't report it (RFC 8899 §1 calls it a black hole).
///
/// The sign: a node answers something small after it left an initiation or a chunk unanswered through all repetitions. One
/// node proves nothing. Two in a row, with no large answer in between, share the path.
package struct PathWatch: Sendable {
    private struct Loss {
        let path: Path
        /// Whether its node has answered something small since.
        var isConfirmed = false
    }

    /// Losses remembered. They hold until something large is answered: a node tries that all the time.
    private static let memory = 16
    /// So many nodes are a sign, where that many are known.
    private static let sign = 2

    /// Oldest first.
    private var losses: [Loss] = []

    package init() {}

    /// Something large was given up that went over a path.
    package mutating func observeLoss(over path: Path) {
        guard !losses.contains(where: { $0.path == path }) else { return }
        if losses.count == PathWatch.memory { losses.removeFirst() }
        losses.append(Loss(path: path))
    }

    /// Something small was answered over a path.
    package mutating func observeSmallAnswer(over path: Path) {
        // Nearly always there is nothing to be confirmed.
        guard !losses.isEmpty, let index = losses.firstIndex(where: { $0.path == path }) else { return }
        losses[index].isConfirmed = true
    }

    /// Something large was answered, by any node.
    package mutating func observeLargeAnswer() { if !losses.isEmpty { losses.removeAll() } }

    /// Whether the path carries nothing large, as far as can be told. `known`: contacts that the node has.
    package func losesLargeDatagrams(known: Int) -> Bool {
        let confirmed = losses.count { $0.isConfirmed }
        return confirmed >= min(PathWatch.sign, max(1, known))
    }
}
