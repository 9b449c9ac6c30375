extension Bytes32 {
    /// A point that shares the first `count` bits with `prefix`, has the next one flipped if `differingNext`, and
    /// random bits after.
    package static func random(
        sharing count: Int, with prefix: Bytes32, differingNext: Bool, _ randomness: Bytes32
    ) -> Bytes32 {
        func word(_ index: Int, _ prefix: UInt64, _ random: UInt64) -> UInt64 {
            // Shifts by 64 or more give 0: `kept` covers the shared bits of this word, `next` the bit that follows
            // them.
            let shared = max(0, count - index * 64)
            let kept = ~(UInt64.max >> UInt64(shared))
            let next: UInt64 = differingNext && count / 64 == index ? 1 << UInt64(63 - count % 64) : 0
            return prefix & kept | ~prefix & next | random & ~(kept | next)
        }
        let (own, random) = (prefix.words, randomness.words)
        return Bytes32(
            words: (
                word(0, own.0, random.0), word(1, own.1, random.1), word(2, own.2, random.2), word(3, own.3, random.3)
            ))
    }
}
