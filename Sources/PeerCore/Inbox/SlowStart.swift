/// How many messages are taken in at once after the disk was full.
///
/// A batch is committed whole or not at all. So one that is larger than what is left of the disk would bring in nothing,
/// though part of it had room. After a full disk one message is taken in, and with each that is durable one more at once, as
/// TCP probes a path after a loss (slow start, RFC 5681, §3.1).
struct SlowStart {
    /// Messages that may be under way at once; nil for as many as come.
    private var limit: Int?

    /// As many under way find room wherever there is any to speak of.
    private static let longest = 64

    /// A batch found the disk full.
    mutating func observeFullDisk() { limit = 1 }

    /// A message is durable.
    mutating func observeDurable() {
        guard let limit else { return }
        self.limit = limit < SlowStart.longest ? limit + 1 : nil
    }

    /// How many more may be taken in while so many are under way.
    func room(underWay: Int) -> Int { limit.map { max(0, $0 - underWay) } ?? Int.max }
}
